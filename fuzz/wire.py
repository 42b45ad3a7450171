"""Bytes of a connection: wherever they are cut, they are the same requests, and no others.

A stream is a few requests, some of them changed. The parser's result must not depend on where the network
cuts it. The parser never raises, and finds no more requests than there are request lines, each with its own
body.
"""

from itertools import pairwise
from typing import Any, NamedTuple

from hypothesis import strategies as st

from app.serving.limits import Limits
from app.serving.parser import Parser

from .harness import Target

METHODS = (
    b"GET",
    b"POST",
    b"HEAD",
    b"PUT",
    b"DELETE",
    b"OPTIONS",
    b"CONNECT",
    b"PRI",
    b"FOO",
    b"get",
    b"PLAY",
    b"G\xffT",
    b"X" * 40,
)
TARGETS = (
    b"/",
    b"/verify",
    b"/login?a=b",
    b"//verify",
    b"/%2Fa",
    b"*",
    b"http://x/a?b",
    b"a:1",
    b"/a#b",
    b"/\xff",
)
VERSIONS = (b"HTTP/1.1",) * 12 + (
    b"HTTP/1.0",
    b"HTTP/1.2",
    b"HTTP/2.0",
    b"HTTP/0.9",
    b"RTSP/1.0",
    b"",
)
FIELDS = (
    b"Host: y", b"Host:", b"Connection: close", b"Connection: TE, close", b"Connection: keep-alive",
    b"Cookie: a=b", b"Connection: Upgrade", b"Upgrade: h2c", b"Upgrade: websocket", b"Expect: 100-continue",
    b"Expect: more", b"Expect:", b"Content-Length: 0", b"Content-Length: 5",
    b"Content-Length: 0000000000000000005",
    b"Content-Length: 18446744073709551615", b"Content-Length: +5", b"Transfer-Encoding: chunked",
    b"Transfer-Encoding: gzip, chunked", b"Transfer-Encoding: xchunked", b"Content_Length: 5",
    b"TE: trailers", b"X-A: \xe4\t b", b"X-A : b", b" folded", b"X-A", b": b", b"Authorization: Basic YTpi",
    b"X-Long: " + b"a" * 99,
)  # fmt: skip
SPICE = (
    b"", b"\r", b"\n", b"\r\n", b"\r\n\r\n", b"\0", b" ", b"\t", b":", b";", b",", b"0", b"f",
    b"00000000000000000005", b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"0\r\n\r\n", b"5\r\nhello\r\n",
    b"HTTP/1.1", b"\x16\x03\x01", b"\xff", b"-",
    b"Transfer-Encoding: chunked\r\n", b"Content-Length: 9\r\n", b"Connection: close\r\n",
)  # fmt: skip
BODIES = st.one_of(
    st.binary(max_size=40),
    st.sampled_from((b"{}", b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"0\r\n\r\n", b"a" * 300)),
)


class Stream(NamedTuple):
    """``bodies`` are the bodies of its requests if nothing was changed, else None."""

    data: bytes
    cuts: list[int]
    bodies: list[bytes] | None


class Seen(NamedTuple):
    requests: list[dict[str, Any]]
    bodies: list[bytes]
    # The path to which a fault is attributed; None if there is no fault.
    faulty: str | None
    over: bool


@st.composite
def chunks(draw, body: bytes) -> bytes:
    """``body`` as RFC 9112 section 7.1 writes it, in one of many ways."""
    lines = []
    while body:
        size = draw(st.integers(1, len(body)))
        digits = draw(st.sampled_from((b"%x", b"%X", b"%016x", b"%020x")))
        extension = draw(st.sampled_from((b"", b"", b";a", b';a="b;c"')))
        lines += [digits % size + extension, body[:size]]
        body = body[size:]
    trailer = draw(st.sampled_from(([], [], [b"X-A: b"], [b"Host: z", b"X-B: c"])))
    return b"\r\n".join([*lines, draw(st.sampled_from((b"0", b"000"))), *trailer, b"", b""])


@st.composite
def right(draw) -> tuple[bytes, bytes]:
    """A request that every server understands, and its body."""
    body = draw(BODIES)
    method = draw(st.sampled_from((b"GET", b"POST", b"PUT", b"BREW", b"SOURCE")))
    lines = [
        method + b" " + draw(st.sampled_from((b"/", b"/a?b=c", b"/login"))) + b" HTTP/1.1",
        b"Host: x",
    ]
    lines += draw(st.lists(st.sampled_from((b"X-A: b", b"X-B:", b"Cookie: a=b")), max_size=2))
    if draw(st.booleans()):
        head = [*lines, b"Transfer-Encoding: chunked", b"", b""]
        return b"\r\n".join(head) + draw(chunks(body)), body
    head = [*lines, b"Content-Length: %d" % len(body), b"", b""]
    return b"\r\n".join(head) + body, body


@st.composite
def odd(draw) -> bytes:
    """A text like a request."""
    words = [draw(st.sampled_from(choice)) for choice in (METHODS, TARGETS, VERSIONS)]
    fields = draw(st.lists(st.sampled_from(FIELDS), max_size=4))
    end = draw(st.sampled_from((b"\r\n",) * 6 + (b"\n", b"\r")))
    body = draw(BODIES)
    if b"Transfer-Encoding: chunked" in fields and draw(st.booleans()):
        body = draw(chunks(body))
    return end.join([b" ".join(words), b"Host: x", *fields, b"", b""]) + body


@st.composite
def streams(draw) -> Stream:
    pairs = draw(st.lists(right(), min_size=1, max_size=4))
    data = b"".join(request for request, _ in pairs)
    bodies: list[bytes] | None = [body for _, body in pairs]
    if draw(st.integers(0, 3)):
        bodies = None
        data = b"".join(draw(st.permutations([data, *draw(st.lists(odd(), max_size=2))])))
        for _ in range(draw(st.integers(0, 3))):
            at = draw(st.integers(0, len(data)))
            until = draw(st.integers(at, min(len(data), at + 8)))
            data = data[:at] + draw(st.sampled_from(SPICE)) + data[until:]
    cuts = draw(st.lists(st.integers(0, len(data)), max_size=12))
    return Stream(data, sorted({0, len(data), *cuts}), bodies)


def read(data: bytes, cuts: list[int]) -> Seen:
    parser = Parser({}, Limits(), lambda _path: False, {})
    requests = []
    bodies = []
    pieces = [data[start:end] for start, end in pairwise(cuts)]
    # An empty line at the end completes a head that was cut, or is ignored.
    for piece in [*pieces, b"\r\n\r\n"]:
        parser.feed(memoryview(piece))
        while parser.ready or parser.unread:
            if not parser.ready:
                parser.feed(memoryview(b""))
                continue
            environ = dict(parser.ready.popleft().environ)
            bodies.append(environ.pop("wsgi.input").read())
            requests.append(environ)
    faulty = None if parser.fault is None else parser.target[1]
    return Seen(requests, bodies, faulty, parser.over)


def check(stream: Stream) -> None:
    data = stream.data
    whole = read(data, [0, len(data)] if data else [0])
    assert read(data, stream.cuts) == whole, "it depends on where it is cut"
    assert read(data, list(range(len(data) + 1))) == whole, "it depends on coming byte by byte"
    assert len(whole.requests) <= data.count(b"/1."), "more requests than request lines"
    assert sum(map(len, whole.bodies)) < len(data), "more bodies than bytes"
    if stream.bodies is not None:
        assert whole.bodies == stream.bodies, "not the bodies that were sent"
        assert whole.faulty is None


def connections() -> list[Target]:
    return [Target("connection", streams(), check)]
