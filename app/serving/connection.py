"""A client's connection: a non-blocking socket, its parser, and the answer under way."""

import socket
from collections.abc import Callable, Iterable
from enum import IntEnum
from typing import Any

from .faults import Fault, Phrased
from .parser import Parser
from .request import Request
from .response import Response

CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
# Above this, a body is not copied to leave together with its head.
LARGE = 64 * 1024


class State(IntEnum):
    """What a connection waits for. Load shedding closes them in this order.

    While it is ANSWERING, one thread has the connection, and no other thread touches it.
    """

    LINGERING = 0
    IDLE = 1
    SENDING = 2
    RECEIVING = 3
    ANSWERING = 4
    CLOSED = 5


class Connection:
    __slots__ = (
        "address",
        "deadline",
        "events",
        "held",
        "keeps_alive",
        "outbox",
        "parked",
        "parser",
        "response",
        "sending",
        "sock",
        "state",
    )

    def __init__(self, sock: socket.socket, address: str | None, parser: Parser) -> None:
        sock.setblocking(False)
        self.sock = sock
        self.address = address
        self.parser = parser
        self.state = State.IDLE
        self.deadline = 0.0
        # The events that the poller watches, the bytes counted as held, and whether watching is paused.
        self.events = 0
        self.held = 0
        self.parked = False
        # What the client has not taken yet (backpressure), and the answer that it is a part of.
        self.outbox: bytes | memoryview = b""
        self.response: Response | None = None
        # The deadline of the answer is set, and holds for all its pieces together.
        self.sending = False
        # Whether another request may follow.
        self.keeps_alive = True

    def send(self, head: bytes, body: bytes) -> None:
        """Send both in one call. What the client does not take now stays in ``outbox``."""
        if self.outbox:
            self.outbox = b"".join((self.outbox, head, body))
            return
        if len(body) <= LARGE:
            data = head + body if body else head
            try:
                sent = self.sock.send(data)
            except BlockingIOError:
                sent = 0
            if sent != len(data):
                self.outbox = memoryview(data)[sent:]
            return
        try:
            sent = self.sock.sendmsg((head, body))
        except BlockingIOError:
            sent = 0
        left = sent - len(head)
        self.outbox = memoryview(body)[left:] if left >= 0 else head[sent:] + body

    def flush(self) -> None:
        """Send as much of ``outbox`` as the client takes now."""
        if self.outbox:
            try:
                sent = self.sock.send(self.outbox)
            except BlockingIOError:
                return
            self.outbox = self.outbox[sent:] if sent != len(self.outbox) else b""

    def ask_for_body(self) -> None:
        self.parser.expects = False
        self.send(CONTINUE, b"")

    def answer(
        self,
        request: Request,
        application: Callable[..., Iterable[bytes]],
        *,
        keep_alive: bool,
    ) -> None:
        """Send the answer to ``request``, as much of it as the client takes now."""
        response = Response(request, self.send, keep_alive=keep_alive and request.keep_alive)
        self.response = response
        response.run(application)
        self.send_more()

    def send_more(self) -> None:
        """Ask the application for further pieces, as long as the client takes them (backpressure)."""
        response = self.response
        if response is None:
            return
        while not (response.done or self.outbox):
            response.send_more()
        if response.done:
            self.keeps_alive = response.keep_alive
            self.response = None

    def refuse(self, fault: Fault, phrased: Phrased) -> None:
        """Send an error as the last answer on this connection."""
        request = Request({"SERVER_PROTOCOL": "HTTP/1.1"}, fault.method, 0, keep_alive=False)
        response = Response(request, self.send, keep_alive=False)
        response.start_response(phrased.status, phrased.headers)
        response.run(lambda _environ, _start_response: [phrased.body])
        self.keeps_alive = False

    def drop(self) -> None:
        """Drop an answer that cannot be finished; the connection ends with it."""
        response, self.response = self.response, None
        self.outbox = b""
        self.keeps_alive = False
        self.parser.discard()
        if response is not None:
            response.close()

    def can_answer_next(self) -> bool:
        """Whether the client has taken all earlier answers, and the connection stays open."""
        return self.keeps_alive and not (self.outbox or self.response)

    def is_idle(self) -> bool:
        """Whether there is no answer to send and no request begun or waiting."""
        parser = self.parser
        waiting = parser.ready or parser.unread or parser.begun or parser.fault
        return not (self.outbox or waiting or self.response)

    def close(self) -> None:
        self.state = State.CLOSED
        self.drop()
        self.parser.close()
        self.sock.close()


def address_of(client: Any) -> str | None:
    return client[0] if isinstance(client, tuple) else None
