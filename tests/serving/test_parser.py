"""What becomes of bytes that llhttp would take for a request."""

import pytest

from app.serving.environ import base_environ
from app.serving.limits import Limits
from app.serving.parser import Parser


def parser() -> Parser:
    base = base_environ(("127.0.0.1", 80), ("127.0.0.1", 5000), multiprocess=False)
    return Parser(base, Limits(), lambda path: path == "/ignored", {})


@pytest.mark.parametrize(
    "line",
    ["SOURCE /x ICE/1.0", "DESCRIBE /x RTSP/1.0", "SETUP /x RTSP/1.0", "CONNECT a:80 HTTP/1.1"],
)
def test_other_protocols_are_not_answered_as_http(line: str) -> None:
    judged = parser()
    judged.feed(memoryview(f"{line}\r\nHost: a\r\n\r\n".encode()))
    assert not judged.ready
    assert judged.fault is not None
    assert judged.fault.status == 501


def test_a_trailer_is_no_header() -> None:
    judged = parser()
    head = b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
    judged.feed(memoryview(head + b"0\r\nAuthorization: Bearer x\r\n\r\n"))
    assert "HTTP_AUTHORIZATION" not in judged.ready[0].environ


def test_a_body_that_nobody_looks_at_is_not_waited_for() -> None:
    judged = parser()
    judged.feed(memoryview(b"POST /ignored HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n"))
    assert len(judged.ready) == 1
    assert not judged.ready[0].keep_alive
