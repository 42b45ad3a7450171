"""The parser: bytes become the same requests or faults, wherever they are cut."""

import random
import tracemalloc
from typing import NamedTuple

import pytest

from app.serving.environ import base_environ
from app.serving.limits import Limits
from app.serving.parser import Parser
from tests.cases import each

HOST = b"Host: a\r\n"
LENGTH = b"Content-Length: %d\r\n\r\n%b"
CHUNKED = b"Transfer-Encoding: chunked\r\n\r\n"
UPGRADE = b"Connection: Upgrade\r\nUpgrade: h2c\r\n"


def parser() -> Parser:
    base = base_environ(("127.0.0.1", 80), ("127.0.0.1", 5000), multiprocess=False)
    return Parser(base, Limits(), lambda path: path == "/ignored", {})


class Seen(NamedTuple):
    method: str
    path: str
    body: bytes


def seen(judged: Parser) -> list[Seen]:
    return [
        Seen(
            request.environ["REQUEST_METHOD"],
            request.environ["PATH_INFO"],
            request.environ["wsgi.input"].read(),
        )
        for request in judged.ready
    ]


def feed(judged: Parser, data: bytes) -> None:
    """As the worker does, save that what is ready stays: all of it."""
    taken = []
    judged.feed(memoryview(data))
    while judged.unread:
        taken += judged.ready
        judged.ready.clear()
        judged.feed(memoryview(b""))
    judged.ready.extendleft(reversed(taken))


def fed(data: bytes, *, step: int = 0) -> Parser:
    judged = parser()
    for at in range(0, len(data), step or len(data)):
        feed(judged, data[at : at + (step or len(data))])
    return judged


@each("step", [0, 1, 3])
@each(
    "line",
    ["SOURCE /x ICE/1.0", "DESCRIBE /x RTSP/1.0", "SETUP /x RTSP/1.0", "GET /x RTSP/1.0",
     "POST /x RTSP/1.0", "OPTIONS * RTSP/1.0", "GET /x ICE/1.0", "CONNECT a:80 HTTP/1.1",
     "CONNECT /x HTTP/1.1", "PRI * HTTP/2.0"],
)  # fmt: skip
def test_other_protocols_are_not_answered_as_http(line: str, step: int) -> None:
    judged = fed(f"{line}\r\nHost: a\r\n\r\n".encode(), step=step)
    assert not judged.ready
    assert judged.fault is not None
    assert judged.fault.status == (501 if "CONNECT" in line else 400)


@each("step", [0, 1, 3])
@each(
    "method",
    ["GET", "BREW", "FOO", "P", "PUTT", "PU", "PRINT", "CONNECTED", "get", "Get", "M-SEARCH", "SOURCE",
     "PLAY", "SETUP", "QUERY", "!#$%&'*+-.^_`|~09", "X" * 32],
)  # fmt: skip
def test_any_token_is_a_method_and_its_body_ends_as_any_does(method: str, step: int) -> None:
    """RFC 9110 sections 5.6.2 and 9.1."""
    line = f"{method} /a HTTP/1.1\r\n".encode() + HOST
    hidden = b"GET /hidden HTTP/1.1\r\n" + HOST + b"\r\n"
    judged = fed(
        line + b"\r\n"
        + line + LENGTH % (len(hidden), hidden)
        + line + CHUNKED + b"%x\r\n%b\r\n0\r\n\r\n" % (len(hidden), hidden)
        + line + UPGRADE + LENGTH % (len(hidden), hidden)
        + line + b"\r\n",
        step=step,
    )  # fmt: skip
    assert judged.fault is None
    assert seen(judged) == [Seen(method, "/a", body) for body in (b"", hidden, hidden, hidden, b"")]


@each("step", [0, 1])
@each(
    ("line", "status"),
    [
        ("X" * 33 + " /a HTTP/1.1", 501),
        ("X" * 33, 501),
        ("F(O /a HTTP/1.1", 400),
        ("F\x7fO /a HTTP/1.1", 400),
        ("FÖO /a HTTP/1.1", 400),
        (" /a HTTP/1.1", 400),
        ("\nGET /a HTTP/1.1", 400),
        ("\rGET /a HTTP/1.1", 400),
        ("GET\r\n", 400),
        ("FOO\t/a HTTP/1.1", 400),
    ],
)
def test_what_is_no_method_is_refused_at_once(line: str, status: int, step: int) -> None:
    judged = fed(line.encode(), step=step)
    assert not judged.ready
    assert judged.fault is not None
    assert judged.fault.status == status


@each("step", [0, 1, 7])
@each("before", [b"", b"GET /a HTTP/1.1\r\nHost: a\r\n\r\n"])
@each("line", [b"GET /a\r\n", b"FOO /a\r\n", b"GET /a\n"])
def test_a_line_without_a_version_is_refused_at_its_end(
    line: bytes, before: bytes, step: int
) -> None:
    judged = fed(before + line, step=step)
    assert len(judged.ready) == bool(before)
    assert judged.fault is not None
    assert judged.fault.status in (400, 505)


@each("step", [0, 1, 2, 5])
@each(
    ("request_", "path"),
    [
        (b"GET /owner/\xff HTTP/1.1\r\n", "/owner/"),
        (b"FOO /owner/a\x01b HTTP/1.1\r\n", "/owner/a"),
        (b"GET /owner\x00 HTTP/1.1\r\n", "/owner"),
        (b"GET http://x/owner/\x7f HTTP/1.1\r\n", "/owner/"),
        (b"GET /%6fwner?a=\xff HTTP/1.1\r\n", "/owner"),
        (b"GET /owner?a=b HTTP/1.2\r\n", "/owner"),
        (b"GET http://x/owner?a=b HTTP/1.1\r\nHost\r\n", "/owner"),
        (b"GET /owner\ra?b HTTP/1.1\r\n", "/owner"),
        (b"GET owner/\xff HTTP/1.1\r\n", ""),
        (b"CONNECT /owner HTTP/1.1\r\n", ""),
        (b"GET \xff/owner HTTP/1.1\r\n", ""),
    ],
)
def test_of_a_malformed_line_the_path_before_the_fault_is_known(
    request_: bytes, path: str, step: int
) -> None:
    judged = fed(request_, step=step)
    assert judged.fault is not None
    assert judged.target[1] == path


def test_a_cut_may_stand_anywhere() -> None:
    """All of them, and with a piece of up to five bytes behind: the rest of an empty line, or of a size."""
    hidden = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
    line = b"BREW /a HTTP/1.1\r\nHost: a\r\n"
    data = (
        line + LENGTH % (len(hidden), hidden)
        + line + CHUNKED + b"%x\r\n" % len(hidden) + hidden + b"\r\n0\r\nX: y\r\n\r\n"
        + line + CHUNKED + b"2\r\n\r\n\r\n0\r\n\r\n"
        + line + b"\r\n"
    )  # fmt: skip
    expected = [Seen("BREW", "/a", body) for body in (hidden, hidden, b"\r\n", b"")]
    for at in range(len(data)):
        for more in range(6):
            judged = parser()
            for piece in (data[:at], data[at : at + more], data[at + more :]):
                judged.feed(memoryview(piece))
            assert judged.fault is None, (at, more)
            assert seen(judged) == expected, (at, more)


def test_a_mistake_in_a_hook_is_nothing_that_the_client_did() -> None:
    base = base_environ(("127.0.0.1", 80), ("127.0.0.1", 5000), multiprocess=False)
    judged = Parser(base, Limits(), lambda path: path[99] == "a", {})
    with pytest.raises(IndexError):
        judged.feed(memoryview(b"POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n"))
    assert judged.fault is None


def request_of(chance: random.Random, number: int) -> tuple[bytes, Seen]:
    """Any request whose body may look like another, and what it is."""
    method = chance.choice(["GET", "POST", "PUT", "BREW", "HEAD", "get"])
    body = chance.choice(
        [b"", b"\r\n", b"x", b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", b"\n\n0\r\n\r\nPOST"]
    )
    head = b"\r\n" * chance.choice([0, 0, 1, 3])
    head += f"{method} /{number} HTTP/1.1\r\nHost: a\r\n".encode() + chance.choice([b"", UPGRADE])
    if not body and chance.random() < 0.5:
        return head + b"\r\n", Seen(method, f"/{number}", b"")
    if chance.random() < 0.5:
        return head + LENGTH % (len(body), body), Seen(method, f"/{number}", body)
    chunks = b"".join(b"1\r\n%c\r\n" % byte for byte in body)
    chunked = CHUNKED + chunks + b"0\r\n" + chance.choice([b"", b"X-Trailer: y\r\n"]) + b"\r\n"
    return head + chunked, Seen(method, f"/{number}", body)


@each("seed", range(40))
def test_the_same_bytes_are_the_same_requests_however_they_are_cut(seed: int) -> None:
    chance = random.Random(seed)
    requests = [request_of(chance, number) for number in range(12)]
    data = b"".join(request for request, _ in requests)
    whole, cut = fed(data), parser()
    at = 0
    while at < len(data):
        size = chance.choice([1, 1, 2, 5, 40, 300])
        feed(cut, data[at : at + size])
        at += size
    for judged in (whole, cut):
        assert judged.fault is None
        assert not judged.begun
        assert seen(judged) == [expected for _, expected in requests]


@each("step", [0, 100, 4_000])
@each(
    ("endless", "status"),
    {
        "line": (b"GET /" + b"a" * 17_000, 414),
        "value": (b"GET / HTTP/1.1\r\nX: " + b"a" * 18_000, 431),
        "name": (b"GET / HTTP/1.1\r\nHost: a\r\n" + b"X" * 18_000, 431),
        "extension": (b"POST / HTTP/1.1\r\nHost: a\r\n" + CHUNKED + b"5;" + b"a" * 18_000, 400),
        "trailer": (b"POST / HTTP/1.1\r\nHost: a\r\n" + CHUNKED + b"0\r\nX:" + b"a" * 18_000, 400),
    },
)
def test_a_line_that_never_ends_is_refused_when_it_is_too_long(
    endless: bytes, status: int, step: int
) -> None:
    before = b"POST /a HTTP/1.1\r\nHost: a\r\n" + LENGTH % (20_000, b"b" * 20_000)
    judged = fed(before + endless, step=step)
    assert len(judged.ready) == 1
    assert judged.fault is not None
    assert judged.fault.status == status


def test_limits_are_counted_to_the_byte() -> None:
    """Those of the line, of fields and of their number; a body before takes nothing of them."""
    before = b"POST /a HTTP/1.1\r\nHost: a\r\n" + LENGTH % (20_000, b"b" * 20_000)
    limits = Limits()
    url = b"/" + b"a" * (limits.line - len("GET  HTTP/1.1\r\n") - 1)
    value = b"a" * (limits.field_size - len("X: \r\n"))
    fields = b"X: b\r\n" * (limits.fields - 1)
    for more in (b"", b"a"):
        for request in (
            b"GET " + url + more + b" HTTP/1.1\r\nHost: a\r\n\r\n",
            b"GET / HTTP/1.1\r\nHost: a\r\nX: " + value + more + b"\r\n\r\n",
            b"GET / HTTP/1.1\r\nHost: a\r\n" + fields + (b"Y: b\r\n" if more else b"") + b"\r\n",
        ):
            for step in (0, 999):
                judged = fed(before + request, step=step)
                assert len(judged.ready) == (1 if more else 2), request[:30]
                assert (judged.fault is not None) is bool(more)


def test_a_trailer_is_no_header() -> None:
    head = b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
    judged = fed(head + b"0\r\nAuthorization: Bearer x\r\n\r\n")
    assert "HTTP_AUTHORIZATION" not in judged.ready[0].environ


def test_a_body_that_nobody_looks_at_is_not_waited_for() -> None:
    judged = fed(b"POST /ignored HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n")
    assert len(judged.ready) == 1
    assert not judged.ready[0].keep_alive


def test_a_body_that_nobody_looks_at_and_came_along_ends_where_it_says() -> None:
    head = b"POST /ignored HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n"
    judged = fed(head + b"GE" + b"GET /next HTTP/1.1\r\nHost: a\r\n\r\n")
    assert [request.path for request in seen(judged)] == ["/ignored", "/next"]
    assert judged.ready[0].keep_alive


def test_requests_behind_a_few_stay_bytes_and_all_that_waits_counts_with_its_fields() -> None:
    """Parsed, each takes a hundred times what it has on the wire."""
    small = b"GET / HTTP/1.1\r\nHost: a\r\n" + b"A:\r\n" * 40 + b"\r\n"
    judged = parser()
    judged.feed(memoryview(small * 200))
    few = len(judged.ready)
    assert few < 10
    assert judged.unread
    assert judged.held > len(small) * (200 - few) + few * (2_000 + 40 * 100)


def test_a_body_in_tiny_chunks_takes_no_more_than_its_bytes() -> None:
    judged = parser()
    tracemalloc.start()
    judged.feed(memoryview(b"POST / HTTP/1.1\r\nHost: a\r\n" + CHUNKED + b"2\r\nab\r\n" * 30_000))
    taken, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert taken < 200_000
