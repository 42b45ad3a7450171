"""Connections that can be cut, reset, truncated or slowed down, and that tell a world's time in ``Date``.

The bytes are the service's own server's: only how they leave is changed here.
"""

import re
import select
import socket
import struct
import time
from collections.abc import Callable
from email.utils import formatdate
from typing import Any, NamedTuple

from app.serving.answering import Answering
from app.serving.connection import Connection
from app.serving.request import Request
from app.serving.worker import Worker

LINE = "harness.line"
MARK = b"X-Watchword-Harness: true\r\n"
SEND_SECONDS = 30
_DATE = re.compile(rb"\r\nDate: [^\r\n]*\r\n")
_RESET = struct.pack("ii", 1, 0)  # struct linger: on, and no seconds


class Hangup(Exception):
    """The connection ends without an answer; with ``resets`` by a TCP RST."""

    def __init__(self, *, resets: bool) -> None:
        super().__init__()
        self.resets = resets


class Drip(NamedTuple):
    """So many seconds of silence before each so many bytes of the body."""

    seconds: float
    every_bytes: int


class Line(Connection):
    """A client's connection, whose next answer may be tampered with."""

    __slots__ = ("clock", "cut", "resets", "tamper")

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.clock: Callable[[], float] = time.time
        self.tamper: Drip | int | None = None
        self.cut = False
        self.resets = False

    def send(self, head: bytes, body: bytes) -> None:
        if self.cut:
            return
        if head:
            head = self._stamped(head)
        if isinstance(self.tamper, int):
            body, self.cut = body[: self.tamper], True
        elif isinstance(self.tamper, Drip):
            self._drip(head, body, self.tamper)
            return
        super().send(head, body)

    def _stamped(self, head: bytes) -> bytes:
        date = formatdate(int(self.clock()), usegmt=True).encode()
        return _DATE.sub(b"\r\nDate: " + date + b"\r\n" + MARK, head, count=1)

    def _drip(self, head: bytes, body: bytes, drip: Drip) -> None:
        self._send_all(head)
        for start in range(0, len(body), drip.every_bytes):
            time.sleep(drip.seconds)
            self._send_all(body[start : start + drip.every_bytes])

    def _send_all(self, data: bytes) -> None:
        while data:
            select.select([], [self.sock], [], SEND_SECONDS)
            data = data[self.sock.send(data) :]

    def send_more(self) -> None:
        super().send_more()
        if self.cut:
            self.keeps_alive = False

    def close(self) -> None:
        if self.resets:
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        super().close()


class FaultyAnswering(Answering):
    """Hands the application its connection, and ends one that a fault hung up."""

    def answer(self, conn: Connection) -> None:
        assert isinstance(conn, Line)
        conn.tamper = None
        conn.parser.ready[0].environ[LINE] = conn
        super().answer(conn)

    def failed(self, conn: Connection, error: Exception, request: Request | None = None) -> None:
        if not isinstance(error, Hangup):
            super().failed(conn, error, request)
            return
        assert isinstance(conn, Line)
        conn.cut, conn.resets = True, error.resets
        conn.drop()


class HarnessWorker(Worker):
    """The service's own server, in the process of the harness and without a master."""

    connection_class = Line
    answering_class = FaultyAnswering
    # Called when no more requests are taken, and those under way are to come to an end.
    on_end: Callable[[], object] = staticmethod(lambda: None)

    def _drain(self) -> None:
        """Answer what is under way. A test run waits for the end, so no idle connection is waited for."""
        self.on_end()
        deadline = time.monotonic() + self.cfg.graceful_timeout
        while self._waiting.open > 0 and time.monotonic() < deadline:
            self._calls.defer(self._waiting.close_idle)
            self.lead.watch(0.02)

    def _settle(self, conn: Connection) -> None:
        if isinstance(conn, Line) and conn.cut and not conn.outbox:
            self._waiting.close(conn)
        else:
            super()._settle(conn)

    def listen(self, listener: socket.socket) -> None:
        """Take connections at one more socket. May be called from any thread."""
        self._calls.defer(self._listeners.add, listener, self._accept)

    def stop_listening(self, listener: socket.socket) -> None:
        self._calls.defer(self._listeners.remove, listener)
