"""Ambiguous requests are refused (RFC 9112 sections 6, 7 and 11.2), on a real worker, byte for byte.

An attack carries what a lenient parser would take for a second request; its answer must never come.
"""

import json

import pytest

from tests.cases import each

from .conftest import Server
from .wire import MANNERS, Exchange, Wire, exchange

pytestmark = pytest.mark.e2e

LINE = b"POST /login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n\r\n"
HIDDEN = b"GET /healthz HTTP/1.1\r\nHost: x\r\nX-Request-ID: hidden\r\n\r\n"

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
    "zeros up to 19 digits": b" 000000000000000000%d",
    "zeros up to 40 digits": b" 000000000000000000000000000000000000000%d",
    "19 digits": b" 1000000000000000005",
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
    "less data than it says": b"7\r\nhello\r\n0\r\n\r\n\r\n",
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


# Those whose fault stands in the head.
HEADS = sorted(
    {request.partition(b"\r\n\r\n")[0] for request in REFUSED.values()} - {LINE + CHUNKED[:-4]}
)


def refused_once(seen: Exchange, *statuses: int) -> None:
    """One refusal, in the shape of ``/login``, and the end of the connection."""
    assert not seen.goes_on
    assert len(seen.statuses) == 1
    assert seen.statuses[0] in statuses
    assert seen.last.headers["connection"] == "close"
    assert "Result" in json.loads(seen.last.body)


@pytest.mark.parametrize("manner", MANNERS)
@each("request_", REFUSED)
def test_what_has_two_readings_is_refused_at_once_and_ends_the_connection(
    wired: Server, request_: bytes, manner: str
):
    refused_once(exchange(wired.port, request_ + HIDDEN, manner), 400, 501)


@each("manner", MANNERS)
@each(
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


@each("step", [None, 1])
@each("head", HEADS)
def test_a_head_is_refused_without_waiting_for_a_body(wired: Server, head: bytes, step: int | None):
    """Nothing follows it. The client must get an answer all the same."""
    with Wire(wired.port) as wire:
        wire.send(head + b"\r\n\r\n", step)
        [answer] = wire.answers()
    assert answer.status in (400, 501)
    assert "Result" in json.loads(answer.body)


@each("step", [None, 1_021])
@each("size", [b"10001", b"ffffffffffffffff", b"00000000000000010001"])
def test_a_chunk_that_is_too_large_is_refused_before_its_end(
    wired: Server, size: bytes, step: int | None
):
    with Wire(wired.port) as wire:
        wire.send(LINE + CHUNKED + size + b"\r\n" + b"a" * 65_537, step)
        [answer] = wire.answers()
    assert answer.status in (400, 413)
    assert "Result" in json.loads(answer.body)


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
