"""A WSGI application's answer as bytes: framed so that a client never reads past its end."""

import re
import socket
from collections.abc import Callable, Iterable
from io import BytesIO
from typing import Any

import pytest

from app.serving.connection import Connection
from app.serving.environ import FileWrapper, base_environ
from app.serving.head import InvalidResponse
from app.serving.limits import Limits
from app.serving.parser import Parser

Application = Callable[..., Iterable[bytes]]


def answering(*pieces: bytes, status: str = "200 OK", **headers: str) -> Application:
    def application(
        _environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        start_response(status, [(name.replace("_", "-"), text) for name, text in headers.items()])
        return iter(pieces)

    return application


def answer(
    application: Application, request: bytes = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
) -> bytes:
    """What a client receives over a real socket."""
    ours, client = socket.socketpair()
    with client:
        base = base_environ(("127.0.0.1", 80), ("127.0.0.1", 5000), multiprocess=False)
        conn = Connection(ours, "127.0.0.1", Parser(base, Limits(), lambda _path: False, {}))
        conn.parser.feed(memoryview(request))
        try:
            conn.answer(conn.parser.ready.popleft(), application, keep_alive=True)
        finally:
            conn.close()
        return client.makefile("rb").read()


def test_an_answer_that_is_whole_gets_its_length_and_a_date() -> None:
    head, _, body = answer(answering(b"one", b"two")).partition(b"\r\n\r\n")
    assert body == b"onetwo"
    assert b"Content-Length: 6" in head
    assert re.search(rb"\r\nDate: \w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT\r\n", head)


def test_a_long_answer_without_a_length_is_chunked_and_closed_at_its_end_in_http_1_0() -> None:
    long = b"x" * 70_000
    received = answer(answering(long, b"end"))
    assert b"Transfer-Encoding: chunked" in received
    assert received.endswith(b"3\r\nend\r\n0\r\n\r\n")
    old = answer(answering(long, b"end"), b"GET / HTTP/1.0\r\n\r\n")
    assert b"Transfer-Encoding" not in old
    assert b"Connection: close" in old
    assert old.endswith(b"\r\n\r\n" + long + b"end")


@pytest.mark.parametrize("status", ["204 No Content", "304 Not Modified"])
def test_an_answer_that_has_no_body_sends_none(status: str) -> None:
    assert answer(answering(b"body", status=status)).endswith(b"\r\n\r\n")


def test_head_is_answered_with_the_length_and_no_body() -> None:
    received = answer(answering(b"", Content_Length="6"), b"HEAD / HTTP/1.1\r\nHost: a\r\n\r\n")
    assert b"Content-Length: 6" in received
    assert received.endswith(b"\r\n\r\n")


def test_a_body_longer_than_announced_is_cut_and_a_shorter_one_ends_the_connection() -> None:
    assert answer(answering(b"toolong", Content_Length="3")).endswith(b"\r\n\r\ntoo")
    assert b"Connection: close" in answer(answering(b"x", Content_Length="3"))


@pytest.mark.parametrize("value", ["a\r\nSet-Cookie: b", "a\nb", "a\0b", "\u20ac"])
def test_a_value_that_would_end_its_line_is_not_sent(value: str) -> None:
    with pytest.raises(InvalidResponse):
        answer(answering(b"", X_Name=value))


def test_a_file_is_sent_and_closed() -> None:
    file = BytesIO(b"content")

    def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        start_response("200 OK", [])
        assert environ["wsgi.file_wrapper"] is FileWrapper
        return environ["wsgi.file_wrapper"](file)

    assert answer(application).endswith(b"content")
    assert file.closed


def test_what_an_application_returns_is_closed_although_it_fails() -> None:
    closed = []

    class Pieces:
        def __iter__(self) -> "Pieces":
            return self

        def __next__(self) -> bytes:
            raise ZeroDivisionError

        def close(self) -> None:
            closed.append(True)

    def application(
        _environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        start_response("200 OK", [])
        return Pieces()

    with pytest.raises(ZeroDivisionError):
        answer(application)
    assert closed == [True]
