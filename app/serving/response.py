"""From what a WSGI application returns to the bytes of a response (RFC 9112).

An answer that is complete at once is sent as one piece with its length. A longer one without a length is
chunked (in HTTP/1.0 the connection closes at its end). The application is asked for the next piece when
the client has taken the last one (backpressure).
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from .head import InvalidResponse, head_of, lines_of
from .request import Request

# Pieces are gathered up to this size, so that a shorter answer without a length gets one.
PIECE = 64 * 1024


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
        # Whether the connection stays open after this answer.
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
        """Call the application, and send its answer or the beginning of it."""
        result = application(self._request.environ, self.start_response)
        if type(result) is list and not self.head_sent:
            self._whole(result[0] if len(result) == 1 else b"".join(result))
            self.done = True
            return
        self._close = getattr(result, "close", None)
        self._pieces = iter(result)
        self.send_more()

    def send_more(self) -> None:
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
        """Close what the application returned, even if it was not sent completely (PEP 3333)."""
        close, self._close = self._close, None
        if close is not None:
            close()

    def _write(self, piece: bytes) -> None:
        """PEP 3333's ``write``, for older applications."""
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
        """Send the head and the first piece of an answer that has more."""
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
        """If the announced length is not reached, only closing the connection tells the client."""
        if missing > 0:
            self.keep_alive = False

    def _lines(self) -> tuple[list[str], int | None]:
        if not self._status:
            raise InvalidResponse("start_response was not called")
        lines, length, closes = lines_of(self._headers)
        if closes:
            self.keep_alive = False
        return lines, length

    def _send_head(self, lines: list[str], length: int | None, body: bytes) -> None:
        if length is not None and self._status[:3] != "204":
            lines.append(f"Content-Length: {length}\r\n")
        head = head_of(self._status, lines, keep_alive=self.keep_alive)
        self.head_sent = True
        self._send(head, body)
