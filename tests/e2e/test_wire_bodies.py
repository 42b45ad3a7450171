"""Where a request ends (RFC 9112 sections 6 and 7), on a real worker, byte for byte.

An attack carries what a lenient parser would take for a second request; its answer must never come. What
is right must be understood however it arrives: the body is a login that only its exact bytes open.
"""

import json
from collections.abc import Callable

import psutil
import pytest

from .conftest import Server
from .wire import MANNERS, Exchange, Stopwatch, Wire, exchange, let_it_look

pytestmark = pytest.mark.e2e

LINE = b"POST /login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n\r\n"
HIDDEN = b"GET /healthz HTTP/1.1\r\nHost: x\r\nX-Request-ID: hidden\r\n\r\n"


@pytest.fixture(scope="module")
def login(wired: Server) -> bytes:
    user = wired.identities.add("wire.bodies")
    return json.dumps({"UserLogin": user.email, "ApiKey": user.api_key}).encode()


@pytest.fixture(scope="module")
def sessid(wired: Server) -> str:
    user = wired.identities.add("wire.trailers")
    body = {"username": user.username, "password": user.password}
    return wired.ask("POST", "/api/common/1.0/login", body=body).json["session_id"]


def with_length(length: bytes) -> Callable[[bytes], bytes]:
    """A request whose Content-Length says ``length``, in which %d stands for the true one."""

    def request(body: bytes) -> bytes:
        text = length % len(body) if b"%" in length else length
        return LINE + b"Content-Length:" + text + b"\r\n\r\n" + body

    return request


def with_lines(*lines: bytes) -> Callable[[bytes], bytes]:
    return lambda body: (
        LINE
        + b"".join(line + b"\r\n" for line in lines)
        + b"Content-Length: %d\r\n\r\n" % len(body)
        + body
    )


def in_chunks(
    size: bytes = b"%x", *, extension: bytes = b"", last: bytes = b"0", trailer: bytes = b""
) -> Callable[[bytes], bytes]:
    def request(body: bytes) -> bytes:
        first, second = body[:7], body[7:]
        chunks = b"".join(
            size % len(part) + extension + b"\r\n" + part + b"\r\n" for part in (first, second)
        )
        return LINE + CHUNKED + chunks + last + b"\r\n" + trailer + b"\r\n"

    return request


def byte_by_byte_chunks(body: bytes) -> bytes:
    return LINE + CHUNKED + b"".join(b"1\r\n%c\r\n" % byte for byte in body) + b"0\r\n\r\n"


UNDERSTOOD = {
    "a length": with_length(b" %d"),
    "a length without a space": with_length(b"%d"),
    "a length between tabs": with_length(b"\t%d\t "),
    "chunks": in_chunks(),
    "a chunk a byte": byte_by_byte_chunks,
    "upper-case chunk sizes": in_chunks(b"%X"),
    "chunk sizes padded to 16 digits": in_chunks(b"%016x"),
    "chunk sizes padded to 17 digits": in_chunks(b"%017x"),
    "an extension of a chunk": in_chunks(extension=b";a=b;c"),
    "a quoted extension of a chunk": in_chunks(extension=b';a="b;c"'),
    "a last chunk of many zeros": in_chunks(last=b"00000000000000000000"),
    "a trailer": in_chunks(trailer=b"X-Checksum: 1\r\nX-Other: 2\r\n"),
    "a coding in capitals": lambda body: in_chunks()(body).replace(b" chunked", b" Chunked"),
    "an empty line before it": lambda body: b"\r\n" + with_length(b" %d")(body),
    "empty lines before it": lambda body: b"\r\n" * 5 + in_chunks()(body),
    "an empty line behind it": lambda body: with_length(b" %d")(body) + b"\r\n",
    # Java's HttpClient asks so with every request: a refused upgrade is no fault (RFC 9110 7.8).
    "an upgrade to HTTP/2": with_lines(
        b"Connection: Upgrade, HTTP2-Settings", b"Upgrade: h2c", b"HTTP2-Settings: AAEAAEAAAAIAAAABAAMAAABk"
    ),
    "an upgrade to HTTP/2 with chunks": lambda body: in_chunks()(body).replace(
        b"Host: x", b"Host: x\r\nConnection: Upgrade\r\nUpgrade: h2c"
    ),
    "a length with an underscore in its name": with_lines(b"Content_Length: 3"),
    "a coding with an underscore in its name": with_lines(b"Transfer_Encoding: chunked"),
    "a word on trailers": with_lines(b"TE: trailers", b"Connection: TE"),
}  # fmt: skip

# Right by the letter, and wrapped around by some parsers: they are understood or refused, and nothing else.
PADDED = {
    "to 18 digits": with_length(b" %018d"),
    "to 19 digits": with_length(b" %019d"),
    "to 20 digits": with_length(b" %020d"),
    "to 40 digits": with_length(b" %040d"),
}
LENGTHS = {
    "a sign": b" +%d",
    "a minus": b" -%d",
    "a list": b" %d,%d",
    "a list that differs": b" %d, 6",
    "hexadecimal": b" 0x5",
    "an underscore": b" 1_0",
    "two numbers": b" 1 0",
    "a fraction": b" 5.0",
    "an exponent": b" 5e0",
    "nothing": b"",
    "a space": b" ",
    "a word": b" five",
    "a quoted number": b' "5"',
    "other digits": " ٥".encode(),
    "more than 64 bits": b" 18446744073709551621",
    "thirty digits": b" 999999999999999999999999999999",
}
TWO = {
    "two lengths alike": b"Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello",
    "two lengths that differ": b"Content-Length: 5\r\nContent-Length: 60\r\n\r\nhello",
    "a length and a coding": b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "a coding and a length": b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
    "a length of nothing and a coding": b"Content-Length: 0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "chunked twice": b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "two codings": b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n",
}  # fmt: skip
CODINGS = (
    b"gzip", b"identity", b"xchunked", b"chunkedx", b"chunked, gzip", b"gzip, chunked", b"chunked, chunked",
    b"chunked, identity", b'"chunked"', b"chunked;q=1", b"chunked chunked", b"", b"\x0bchunked",
    b"chunked\x00", b"\xa0chunked", b"chunke\xe4",
)  # fmt: skip
CHUNKS = {
    "a sign": b"+5\r\nhello\r\n0\r\n\r\n",
    "a minus": b"-5\r\nhello\r\n0\r\n\r\n",
    "0x": b"0x5\r\nhello\r\n0\r\n\r\n",
    "an underscore": b"0_5\r\nhello\r\n0\r\n\r\n",
    "no digit": b"\r\nhello\r\n0\r\n\r\n",
    "a leading space": b" 5\r\nhello\r\n0\r\n\r\n",
    "more than 64 bits": b"10000000000000005\r\nhello\r\n0\r\n\r\n",
    "more data than it says": b"2\r\nhello\r\n0\r\n\r\n",
    "less data than it says": b"7\r\nhello\r\n0\r\n\r\n",
    "a bare line feed behind the size": b"5\nhello\r\n0\r\n\r\n",
    "bare line feeds": b"5\nhello\n0\n\n",
    "a bare carriage return behind the data": b"5\r\nhello\r0\r\n\r\n",
    "a doubled carriage return": b"5\r\r\nhello\r\n0\r\n\r\n",
    "a line feed in an extension": b"5;a\nxx\r\nhello\r\n0\r\n\r\n",
    "a carriage return in an extension": b"5;a\rxx\r\nhello\r\n0\r\n\r\n",
    "an open quote in an extension": b'5;a="b\r\nhello\r\n0\r\n\r\n',
    "a length in a trailer": b"5\r\nhello\r\n0\r\nContent-Length: 40\r\n\r\n",
    "a coding in a trailer": b"5\r\nhello\r\n0\r\nTransfer-Encoding: gzip\r\n\r\n",
    "a bare line feed behind a trailer": b"5\r\nhello\r\n0\r\nX-A: b\n\n",
    "a folded trailer": b"5\r\nhello\r\n0\r\nX-A: b\r\n c\r\n\r\n",
    "a trailer without a colon": b"5\r\nhello\r\n0\r\nX A\r\n\r\n",
}
REFUSED = (
    {f"a length with {name}": LINE + b"Content-Length:" + (text.replace(b"%d", b"5")) + b"\r\n\r\nhello"
     for name, text in LENGTHS.items()}
    | {name: LINE + text for name, text in TWO.items()}
    | {f"the coding {text!r}": LINE + b"Transfer-Encoding: " + text + b"\r\n\r\n5\r\nhello\r\n0\r\n\r\n"
       for text in CODINGS}
    | {f"a chunk with {name}": LINE + CHUNKED + text for name, text in CHUNKS.items()}
    | {"chunks in HTTP/1.0": (LINE + CHUNKED).replace(b"HTTP/1.1", b"HTTP/1.0") + b"5\r\nhello\r\n0\r\n\r\n"}
)  # fmt: skip


def refused_once(seen: Exchange, *statuses: int) -> None:
    """One refusal, in the shape of ``/login``, and the end of the connection."""
    assert not seen.goes_on
    assert len(seen.statuses) == 1
    assert seen.statuses[0] in statuses
    assert seen.last.headers["connection"] == "close"
    assert "Result" in json.loads(seen.last.body)


@pytest.mark.parametrize("manner", MANNERS)
@pytest.mark.parametrize("kind", UNDERSTOOD)
def test_a_body_is_understood_however_it_is_framed_and_arrives(
    wired: Server, login: bytes, kind: str, manner: str
):
    seen = exchange(wired.port, UNDERSTOOD[kind](login), manner)
    assert seen.statuses == [200], seen.last
    assert "Token" in json.loads(seen.last.body)
    assert seen.goes_on


@pytest.mark.parametrize("manner", MANNERS)
@pytest.mark.parametrize("padded", PADDED)
def test_a_padded_length_has_one_reading_or_is_refused(
    wired: Server, login: bytes, padded: str, manner: str
):
    seen = exchange(wired.port, PADDED[padded](login), manner)
    if seen.statuses == [200]:
        assert "Token" in json.loads(seen.last.body)
        assert seen.goes_on
    else:
        refused_once(seen, 400)


@pytest.mark.parametrize("manner", MANNERS)
@pytest.mark.parametrize("kind", REFUSED)
def test_what_has_two_readings_is_refused_at_once_and_ends_the_connection(
    wired: Server, kind: str, manner: str
):
    request = REFUSED[kind]
    if kind == "a chunk with less data than it says":
        request = request.removesuffix(b"0\r\n\r\n") + b"0\r\n\r\n\r\n"
    refused_once(exchange(wired.port, request + HIDDEN, manner), 400, 501)


@pytest.mark.parametrize("manner", MANNERS)
@pytest.mark.parametrize(
    "line",
    [
        b"Content-Length: 65537",
        b"Content-Length: 9999999999999999999",
        b"Content-Length: 18446744073709551615",
        b"Content-Length: 0000000000000000000065537",
    ],
)
def test_a_body_announced_too_large_is_refused_and_never_read_as_a_request(
    wired: Server, line: bytes, manner: str
):
    refused_once(exchange(wired.port, LINE + line + b"\r\n\r\n" + HIDDEN, manner), 400, 413)


@pytest.mark.parametrize("step", [None, 1_021])
@pytest.mark.parametrize("size", [b"10001", b"ffffffffffffffff", b"00000000000000010001"])
def test_a_chunk_that_is_too_large_is_refused_before_its_end(
    wired: Server, size: bytes, step: int | None
):
    with Wire(wired.port) as wire:
        wire.send(LINE + CHUNKED + size + b"\r\n" + b"a" * 65_537, step)
        [answer] = wire.answers()
    assert answer.status in (400, 413)
    assert "Result" in json.loads(answer.body)


@pytest.mark.parametrize("manner", MANNERS)
@pytest.mark.parametrize("method", [b"GET", b"HEAD", b"DELETE", b"OPTIONS"])
@pytest.mark.parametrize("path", [b"/healthz", b"/session"])
@pytest.mark.parametrize(
    "framed",
    [
        b"Content-Length: %019d\r\n\r\n" % len(HIDDEN) + HIDDEN,
        CHUNKED + b"%016x\r\n" % len(HIDDEN) + HIDDEN + b"\r\n0\r\n\r\n",
    ],
    ids=["length", "chunks"],
)
def test_a_request_hidden_in_a_body_that_nobody_reads_stays_a_body(
    wired: Server, method: bytes, path: bytes, framed: bytes, manner: str
):
    request = method + b" " + path + b" HTTP/1.1\r\nHost: x\r\nX-Request-ID: outer\r\n" + framed
    seen = exchange(wired.port, request, manner)
    assert len(seen.statuses) == 1
    assert seen.last.request_id != "hidden"


@pytest.mark.parametrize("manner", MANNERS)
@pytest.mark.parametrize("method", [b"GET", b"POST", b"HEAD", b"PUT"])
@pytest.mark.parametrize(
    "framed",
    [
        b"Content-Length: %d\r\n\r\n" % len(HIDDEN) + HIDDEN,
        b"Content-Length: %019d\r\n\r\n" % len(HIDDEN) + HIDDEN,
        b"Content-Length: 10000000\r\n\r\n" + HIDDEN,
        CHUNKED + b"%x\r\n" % len(HIDDEN) + HIDDEN + b"\r\n0\r\n\r\n",
        b"Expect: 100-continue\r\nContent-Length: %d\r\n\r\n" % len(HIDDEN) + HIDDEN,
    ],
    ids=["length", "padded length", "endless length", "chunks", "expected"],
)
def test_verify_answers_without_the_body_and_never_reads_it_as_a_request(
    wired: Server, method: bytes, framed: bytes, manner: str
):
    request = method + b" /verify HTTP/1.1\r\nHost: x\r\nX-Request-ID: outer\r\n" + framed
    seen = exchange(wired.port, request, manner)
    assert seen.statuses == [401] or (b" 000" in framed and seen.statuses == [400])
    assert seen.last.request_id != "hidden"


@pytest.mark.parametrize("manner", MANNERS)
@pytest.mark.parametrize(
    "trailer", ["Authorization: Bearer {}", "Cookie: SESSID={}", "X-Original-URI: /?Token={}"]
)
def test_a_trailer_is_no_header(wired: Server, sessid: str, trailer: str, manner: str):
    """RFC 9110 section 6.5.1: credentials count where proxies and logs look for them."""
    for path in (b"/api/cascade.aaa/1.0/keepalive", b"/verify"):
        head = b"GET " + path + b" HTTP/1.1\r\nHost: x\r\n" + CHUNKED
        request = head + b"0\r\n" + trailer.format(sessid).encode() + b"\r\n\r\n"
        [status] = exchange(wired.port, request, manner).statuses
        assert status in (400, 401)


def test_the_work_on_many_small_chunks_grows_with_their_number(wired: Server):
    """And not with its square: 64 KiB in chunks of a byte, in pieces that end anywhere."""

    def used(size: int) -> float:
        [worker] = wired.workers()
        watch = Stopwatch([psutil.Process(worker.pid)])
        with Wire(wired.port) as wire:
            wire.send(LINE + CHUNKED)
            wire.send(b"1\r\n \r\n" * size + b"0\r\n\r\n", step=997)
            answer = wire.answer()
        assert answer is not None
        assert answer.status == 400, "white space is no login"
        return watch.seconds

    small, large = used(8_192), used(65_536)
    assert large < 1.0
    assert large < 24 * max(small, 0.02), "eight times as many cost eight times as much"


def test_more_small_chunks_than_any_body_has_are_refused(wired: Server):
    """The bytes of a body count, those between them too (CVE-2023-39326, extensions of chunks)."""
    for chunk in (b"1\r\na\r\n", b"1;%s\r\na\r\n" % (b"a" * 1000)):
        with Wire(wired.port) as wire:
            wire.send(LINE + CHUNKED)
            wire.send(chunk * (4 * 2**20 // len(chunk)), step=65_536)
            answer = wire.answer()
        assert answer is not None
        assert answer.status in (400, 413)


@pytest.mark.parametrize(
    "endless",
    [b"5;a=" + b"a" * 2**20, b"0\r\n" + b"X-A: b\r\n" * 2**17, b"0\r\nX-A: " + b"a" * 2**20],
    ids=["an extension", "trailers", "a trailer"],
)
def test_what_stands_between_chunks_has_its_limit(wired: Server, endless: bytes):
    with Wire(wired.port) as wire:
        wire.send(LINE + CHUNKED)
        wire.send(endless, step=65_536)
        answer = wire.answer()
    assert answer is not None
    assert answer.status in (400, 413, 431)


def test_half_a_body_and_the_end_is_no_request(wired: Server):
    rows = len(wired.log())
    for request in (with_length(b" %d")(b"{}   ")[:-1], in_chunks()(b"{}      ")[:-3]):
        with Wire(wired.port) as wire:
            wire.send(request)
            let_it_look(wired.port)
            wire.socket.shutdown(1)
            answer = wire.answer()
            assert answer is None or answer.status == 400
    assert '"path": "/login"' not in wired.log()[rows:]
