"""A client's connection as the worker keeps it: a socket that never waits, and what it waits for."""

import socket
from enum import IntEnum
from typing import Any

from gunicorn.workers.gthread import TConn

from .framing import Framing

LARGE = 64 * 1024


class State(IntEnum):
    """What a connection waits for, in the order in which they make room for new ones."""

    LINGERING = 0
    IDLE = 1
    SENDING = 2
    RECEIVING = 3


class Socket(socket.socket):
    """A client's socket on which no call waits. What is still to be sent stands in ``outbox``."""

    def __init__(self, accepted: socket.socket) -> None:
        family, kind, protocol = accepted.family, accepted.type, accepted.proto
        super().__init__(family, kind, protocol, fileno=accepted.detach())
        self.outbox = bytearray()
        self.framing: Framing | None = None

    def receive(self, size: int) -> bytes | None:
        """What is there, b"" at the end, None if nothing is there yet."""
        try:
            return super().recv(size, socket.MSG_DONTWAIT)
        except BlockingIOError:
            return None

    def recv(self, size: int, _flags: int = 0) -> bytes:
        """For the parser, which is given whole requests: what it still misses never comes."""
        return self.receive(size) or b""

    def sendall(self, data: Any, _flags: int = 0) -> None:
        """Head and body come one by one, and leave together; what is large is not copied for that."""
        if len(self.outbox) + len(data) > LARGE:
            self.flush()
            if not self.outbox:
                data = memoryview(data)[self._sent(data) :]
        self.outbox += data

    def flush(self) -> None:
        """Send what the client takes just now."""
        if self.outbox:
            del self.outbox[: self._sent(self.outbox)]

    def _sent(self, data: Any) -> int:
        try:
            return self.send(data, socket.MSG_DONTWAIT)
        except BlockingIOError:
            return 0

    def setblocking(self, _flag: bool) -> None:
        """Every call says for itself that it does not wait."""

    def settimeout(self, _value: float | None) -> None:
        """As ``setblocking``."""


class Connection(TConn):  # type: ignore[misc]
    sock: Socket

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.data_ready = True
        self.framing: Framing | None = None
        self.state = State.IDLE
        self.deadline = 0.0
        self.held = 0
        self.goes_on = False

    def rests(self) -> bool:
        """Whether nothing is left over from the last request: no answer to send, no bytes to read."""
        return not (self.sock.outbox or self.framing or self.parser.unreader.buf.tell())
