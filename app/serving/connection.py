"""A client's connection: a socket that never waits, its parser, and the answer under way."""

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
    """What a connection waits for, in the order in which they make room for new ones.

    One that is being answered is in the hands of one thread, and nobody else touches it.
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
        "goes_on",
        "held",
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
        # What the poller watches for, what is counted as held, and whether it is to be watched again.
        self.events = 0
        self.held = 0
        self.parked = False
        # What the client has not taken yet, and the answer that it is a part of.
        self.outbox: bytes | memoryview = b""
        self.response: Response | None = None
        # Its deadline is set, and counts for all pieces together.
        self.sending = False
        # Whether another request may follow.
        self.goes_on = True

    def send(self, head: bytes, body: bytes) -> None:
        """Both at once; what the client does not take now stays in ``outbox``."""
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
        """Send what the client takes just now."""
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
        """Send the answer to ``request``, or as much of it as the client takes."""
        response = Response(request, self.send, keep_alive=keep_alive and request.keep_alive)
        self.response = response
        response.run(application)
        self.go_on()

    def go_on(self) -> None:
        """Ask for piece after piece, as long as the client takes them."""
        response = self.response
        if response is None:
            return
        while not (response.done or self.outbox):
            response.go_on()
        if response.done:
            self.goes_on = response.keep_alive
            self.response = None

    def refuse(self, fault: Fault, phrased: Phrased) -> None:
        """The last answer on this connection."""
        request = Request({"SERVER_PROTOCOL": "HTTP/1.1"}, fault.method, 0, keep_alive=False)
        response = Response(request, self.send, keep_alive=False)
        response.start_response(phrased.status, phrased.headers)
        response.run(lambda _environ, _start_response: [phrased.body])
        self.goes_on = False

    def drop(self) -> None:
        """Give up an answer that cannot be finished, and with it the connection."""
        response, self.response = self.response, None
        self.outbox = b""
        self.goes_on = False
        self.parser.discard()
        if response is not None:
            response.close()

    def takes_next(self) -> bool:
        """Whether the client has taken all answers, and another may follow."""
        return self.goes_on and not (self.outbox or self.response)

    def rests(self) -> bool:
        """Whether nothing is left over: no answer to send, no request begun or waiting."""
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
