"""From what a WSGI application returns to the bytes of a response (RFC 9112).

An answer that is whole at once leaves as one piece with its length. A longer one without a length is
chunked (closed at its end in HTTP/1.0), and its next piece is asked for when the client took the last.
"""

import re
import time
from collections.abc import Callable, Iterable, Iterator
from email.utils import formatdate
from typing import Any

from gunicorn import SERVER

from .parser import Request

# So much is gathered before it is sent: a shorter answer without a length gets one.
PIECE = 64 * 1024

_STATUS = re.compile(r"[2-5][0-9]{2} [\t\x20-\x7e\x80-\xff]*")
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
# All bytes that may stand in a head, without the ends of its lines.
_SAFE = bytes({9, *range(0x20, 0x7F), *range(0x80, 0x100)})

_PLAIN, _DROPPED, _LENGTH, _CONNECTION = range(4)
# How each header of an application is treated. Those of one connection, and those that the server
# writes itself, are not the application's (PEP 3333, RFC 9110 section 7.6.1).
_KINDS = dict.fromkeys(
    (
        "date",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "proxy-connection",
        "server",
        "te",
        "trailer",
        "trailers",
        "transfer-encoding",
        "upgrade",
    ),
    _DROPPED,
) | {"content-length": _LENGTH, "connection": _CONNECTION}
_seen: dict[str, int] = {}
_MOST_SEEN = 1024


_LINES_OF_START = 4


class InvalidResponse(Exception):
    """The application's fault: a status or a header that cannot be sent."""


class _Starts:
    """The status line and the server's own headers, made once a second for each status."""

    def __init__(self) -> None:
        self._second = 0
        self._made: dict[tuple[str, bool], str] = {}

    def __call__(self, status: str, *, keep_alive: bool) -> str:
        second = int(time.time())
        if second != self._second:
            # Emptied by putting another in its place: other threads may read.
            self._made, self._second = {}, second
        made = self._made
        try:
            return made[status, keep_alive]
        except KeyError:
            if _STATUS.fullmatch(status) is None:
                raise InvalidResponse("the status") from None
        date = formatdate(second, usegmt=True)
        connection = "keep-alive" if keep_alive else "close"
        start = made[status, keep_alive] = (
            f"HTTP/1.1 {status}\r\nServer: {SERVER}\r\nDate: {date}\r\nConnection: {connection}\r\n"
        )
        return start


start_of = _Starts()


class Response:
    """The answer to one request. ``send`` is called with a head and a body, or a further piece."""

    __slots__ = (
        "_chunked",
        "_close",
        "_headers",
        "_left",
        "_pieces",
        "_request",
        "_send",
        "_status",
        "done",
        "head_sent",
        "keep_alive",
    )

    def __init__(
        self, request: Request, send: Callable[[bytes, bytes], None], *, keep_alive: bool
    ) -> None:
        self._request = request
        self._send = send
        # Whether the connection may go on after this answer.
        self.keep_alive = keep_alive
        self._status = ""
        self._headers: list[tuple[str, str]] = []
        self._pieces: Iterator[bytes] = iter(())
        self._close: Callable[[], Any] | None = None
        self._chunked = False
        # How many bytes of the announced length are still to come.
        self._left: int | None = None
        self.head_sent = False
        self.done = False

    def start_response(
        self, status: str, headers: list[tuple[str, str]], exc_info: Any = None
    ) -> Callable[[bytes], None]:
        if exc_info is not None:
            try:
                if self.head_sent:
                    raise exc_info[1].with_traceback(exc_info[2])
            finally:
                exc_info = None
        elif self._status:
            raise AssertionError("start_response was called before, and without exc_info")
        self._status = status
        self._headers = headers
        return self._write

    def run(self, application: Callable[..., Iterable[bytes]]) -> None:
        """Call the application, and send what it answers, or the beginning of it."""
        result = application(self._request.environ, self.start_response)
        if type(result) is list and not self.head_sent:
            self._whole(result[0] if len(result) == 1 else b"".join(result))
            self.done = True
            return
        self._close = getattr(result, "close", None)
        self._pieces = iter(result)
        self.go_on()

    def go_on(self) -> None:
        """Send the next piece; ``done`` if it was the last."""
        gathered = []
        size = 0
        for piece in self._pieces:
            gathered.append(piece)
            size += len(piece)
            if size >= PIECE:
                break
        else:
            self.done = True
        body = gathered[0] if len(gathered) == 1 else b"".join(gathered)
        if self.head_sent:
            self._further(body)
        elif self.done:
            self._whole(body)
        else:
            self._begin(body)
        if self.done:
            self.close()

    def close(self) -> None:
        """What an application returns is closed whether or not it was sent to its end."""
        close, self._close = self._close, None
        if close is not None:
            close()

    def _write(self, piece: bytes) -> None:
        """The older way to answer, which PEP 3333 keeps."""
        if self.head_sent:
            self._further(piece)
        else:
            self._begin(piece)

    @property
    def _has_no_body(self) -> bool:
        return self._request.method == "HEAD" or self._status[:3] in ("204", "304")

    def _whole(self, body: bytes) -> None:
        lines, length = self._lines()
        if self._has_no_body:
            body = b""
        elif length is None:
            length = len(body)
        elif len(body) != length:
            self._is_short(length - len(body))
            body = body[:length]
        self._send_head(lines, length, body)

    def _begin(self, body: bytes) -> None:
        """The head and the first piece of an answer that goes on."""
        lines, length = self._lines()
        if self._has_no_body:
            self._left = 0
        elif length is not None:
            self._left = length
        elif self._request.environ["SERVER_PROTOCOL"] == "HTTP/1.1":
            self._chunked = True
            lines.append("Transfer-Encoding: chunked\r\n")
        else:
            self.keep_alive = False
        self._send_head(lines, length, b"")
        self._further(body)

    def _further(self, body: bytes) -> None:
        if self._left is not None:
            body = body[: self._left]
            self._left -= len(body)
        if self._chunked:
            body = b"%x\r\n%b\r\n" % (len(body), body) if body else b""
            if self.done:
                body += b"0\r\n\r\n"
        if body:
            self._send(b"", body)
        if self.done and self._left:
            self._is_short(self._left)

    def _is_short(self, missing: int) -> None:
        """Where the client waits for more than the application had, only the end tells it."""
        if missing > 0:
            self.keep_alive = False

    def _lines(self) -> tuple[list[str], int | None]:
        """The application's headers as lines, and its Content-Length."""
        if not self._status:
            raise InvalidResponse("start_response was not called")
        lines = []
        length = None
        for name, value in self._headers:
            kind = _seen.get(name)
            if kind is None:
                kind = _kind(name)
            if kind == _PLAIN:
                lines.append(f"{name}: {value}\r\n")
            elif kind == _LENGTH:
                length = _length(value)
            elif kind == _CONNECTION and value.lower() == "close":
                self.keep_alive = False
        return lines, length

    def _send_head(self, lines: list[str], length: int | None, body: bytes) -> None:
        """Raises InvalidResponse if a value holds the end of a line or another control character."""
        if length is not None and self._status[:3] != "204":
            lines.append(f"Content-Length: {length}\r\n")
        start = start_of(self._status, keep_alive=self.keep_alive)
        try:
            head = f"{start}{''.join(lines)}\r\n".encode("latin-1")
        except UnicodeEncodeError:
            raise InvalidResponse("a header's value") from None
        if head.translate(None, _SAFE) != b"\r\n" * (len(lines) + _LINES_OF_START + 1):
            raise InvalidResponse("a header's value")
        self.head_sent = True
        self._send(head, body)


def _kind(name: str) -> int:
    if not isinstance(name, str) or _TOKEN.fullmatch(name) is None:
        raise InvalidResponse("a header's name")
    kind = _KINDS.get(name.lower(), _PLAIN)
    if len(_seen) < _MOST_SEEN:
        _seen[name] = kind
    return kind


def _length(value: str) -> int:
    if not (value.isascii() and value.isdigit()):
        raise InvalidResponse("the Content-Length")
    return int(value)
