"""Where a request ends (RFC 9112 sections 6 and 7), on a real worker, byte for byte.

What is right is understood however it arrives: the body is a login that only its exact bytes open. What
stands in a body is never a request.
"""

import json
from collections.abc import Callable

import psutil
import pytest

from tests.cases import each

from .conftest import Server
from .wire import MANNERS, Stopwatch, Wire, exchange, let_it_look

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
    "a length padded to 18 digits": with_length(b" %018d"),
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
    # Java's HttpClient sends this with every request. To ignore an upgrade is allowed (RFC 9110 7.8).
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


@each("manner", MANNERS)
@each("framed", UNDERSTOOD)
def test_a_body_is_understood_however_it_is_framed_and_arrives(
    wired: Server, login: bytes, framed: Callable[[bytes], bytes], manner: str
):
    seen = exchange(wired.port, framed(login), manner)
    assert seen.statuses == [200], seen.last
    assert "Token" in json.loads(seen.last.body)
    assert seen.goes_on


@each("manner", MANNERS)
@each("method", [b"GET", b"HEAD", b"DELETE", b"OPTIONS"])
@each("path", [b"/healthz", b"/session"])
@each(
    "framed",
    {
        "length": b"Content-Length: %019d\r\n\r\n" % len(HIDDEN) + HIDDEN,
        "chunks": CHUNKED + b"%016x\r\n" % len(HIDDEN) + HIDDEN + b"\r\n0\r\n\r\n",
    },
)
def test_a_request_hidden_in_a_body_that_nobody_reads_stays_a_body(
    wired: Server, method: bytes, path: bytes, framed: bytes, manner: str
):
    request = method + b" " + path + b" HTTP/1.1\r\nHost: x\r\nX-Request-ID: outer\r\n" + framed
    seen = exchange(wired.port, request, manner)
    assert len(seen.statuses) == 1
    assert seen.last.request_id != "hidden"


@each("manner", MANNERS)
@each("method", [b"GET", b"POST", b"HEAD", b"PUT"])
@each(
    "framed",
    {
        "length": b"Content-Length: %d\r\n\r\n" % len(HIDDEN) + HIDDEN,
        "padded length": b"Content-Length: %019d\r\n\r\n" % len(HIDDEN) + HIDDEN,
        "endless length": b"Content-Length: 10000000\r\n\r\n" + HIDDEN,
        "chunks": CHUNKED + b"%x\r\n" % len(HIDDEN) + HIDDEN + b"\r\n0\r\n\r\n",
        "expected": b"Expect: 100-continue\r\nContent-Length: %d\r\n\r\n" % len(HIDDEN) + HIDDEN,
    },
)
def test_verify_answers_without_the_body_and_never_reads_it_as_a_request(
    wired: Server, method: bytes, framed: bytes, manner: str
):
    request = method + b" /verify HTTP/1.1\r\nHost: x\r\nX-Request-ID: outer\r\n" + framed
    seen = exchange(wired.port, request, manner)
    assert seen.statuses == ([400] if b" 000" in framed else [401])
    assert seen.last.request_id != "hidden"


@each("manner", MANNERS)
@each("trailer", ["Authorization: Bearer {}", "Cookie: SESSID={}", "X-Original-URI: /?Token={}"])
def test_a_trailer_is_no_header(wired: Server, sessid: str, trailer: str, manner: str):
    """RFC 9110 section 6.5.1: credentials count only in the head, where proxies and logs see them."""
    for path in (b"/api/cascade.aaa/1.0/keepalive", b"/verify"):
        head = b"GET " + path + b" HTTP/1.1\r\nHost: x\r\n" + CHUNKED
        request = head + b"0\r\n" + trailer.format(sessid).encode() + b"\r\n\r\n"
        [status] = exchange(wired.port, request, manner).statuses
        assert status in (400, 401)


def test_the_work_on_many_small_chunks_grows_with_their_number(wired: Server):
    """The time is not quadratic: 64 KiB in chunks of a byte, in pieces that end anywhere."""

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
