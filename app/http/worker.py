"""A gunicorn worker whose threads never wait for a client.

gunicorn's own threaded worker gives a connection a thread as soon as it is accepted, and reads in it
until the request is there: a dozen clients that send a byte a second, or read none, hold up all others.
Here a thread gets a request only when it is whole; what a client does not take yet is kept and sent on
by the main loop; and idle connections make room for new ones before descriptors or memory run out.
"""

import errno
import socket
import time
from concurrent.futures import Future
from contextlib import suppress
from functools import partial
from io import BytesIO
from selectors import EVENT_READ, EVENT_WRITE
from typing import Any, ClassVar

import structlog
from gunicorn.http.errors import LimitRequestHeaders
from gunicorn.workers.gthread import ThreadWorker

from .connections import Connection, Socket, State
from .framing import ENOUGH, Framing, HeadTooLarge
from .unparsable import answer

log = structlog.get_logger("watchword.connections")

MORE = object()
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
NO_DESCRIPTOR = (errno.EMFILE, errno.ENFILE)


class Worker(ThreadWorker):  # type: ignore[misc]
    """The ``worker_class`` of ``gunicorn.conf.py``."""

    # Seconds for a request since its first byte, for an answer, and for a client to see the end.
    RECEIVE_SECONDS: ClassVar[float] = 10.0
    SEND_SECONDS: ClassVar[float] = 30.0
    LINGER_SECONDS: ClassVar[float] = 2.0
    # What half-sent requests and half-taken answers may take together.
    HELD_BYTES: ClassVar[int] = 16 * 1024 * 1024
    # Gateways may pass on a Content-Length and no body.
    IGNORES_BODY: ClassVar[frozenset[str]] = frozenset({"/verify"})

    def __init__(self, *arguments: Any, **keywords: Any) -> None:
        super().__init__(*arguments, **keywords)
        self.waiting: set[Connection] = set()
        self.held = 0
        self._next_look = 0.0

    def accept(self, listener: Any) -> None:
        try:
            accepted, address = listener.accept()
        except OSError as error:
            if error.errno in NO_DESCRIPTOR:
                self._make_room()
            elif error.errno not in (errno.EAGAIN, errno.ECONNABORTED):
                raise
            return
        self.nr_conns += 1
        conn = Connection(self.cfg, Socket(accepted), address, listener.getsockname())
        self._wait(conn, State.IDLE, self.cfg.keepalive)
        if self.nr_conns >= self.worker_connections:
            self._make_room()

    def handle(self, conn: Connection) -> Any:
        """In a thread: read what is there, and answer if that is a whole request."""
        try:
            conn.init()
            if not self._read(conn):
                return MORE
        except HeadTooLarge:
            self.handle_error(None, conn.sock, conn.client, LimitRequestHeaders("too large"))
            return False
        except OSError:
            return False
        result = super().handle(conn)
        conn.framing = conn.sock.framing = None
        return result

    def _read(self, conn: Connection) -> bool:
        """Whether the next request is whole. Raises HeadTooLarge, or OSError at the stream's end."""
        framing = conn.framing
        if framing is None:
            framing = conn.framing = conn.sock.framing = Framing(self.IGNORES_BODY)
            framing.add(conn.parser.unreader.take_buffered())
        while not framing.whole:
            data = conn.sock.receive(16_384)
            if data is None:
                if framing.expects:
                    framing.expects = False
                    conn.sock.sendall(CONTINUE)
                return False
            if not data:
                raise ConnectionResetError
            framing.add(data)
        conn.parser.unreader.unread(bytes(framing.buffer))
        return True

    def handle_request(self, req: Any, conn: Connection) -> Any:
        req._expected_100_continue = False
        framing = conn.framing
        if framing is not None and framing.cut:
            req.force_close()
        elif framing is not None and framing.has_body:
            # A broken chunk is the client's fault, and is found before the application asks.
            req.body = BytesIO(req.body.read(ENOUGH))
        return super().handle_request(req, conn)

    def handle_error(self, req: Any, client: Any, addr: Any, exc: Exception) -> None:
        """gunicorn would answer in HTML, with a piece of the request in it."""
        method, path = client.framing.target if client.framing else ("", "")
        address = addr[0] if isinstance(addr, tuple) and addr else None
        with suppress(OSError):
            client.sendall(answer(self.wsgi, method, path, address, exc))

    def finish_request(self, conn: Connection, fs: "Future[Any]") -> None:
        """In the main loop: wait for whatever comes next on the connection."""
        try:
            result = fs.result() if not fs.cancelled() else False
            if result is MORE and not conn.sock.outbox:
                self._receive(conn)
            else:
                conn.goes_on = bool(result)
                self._settle(conn)
        except Exception:
            self._close(conn)

    def _receive(self, conn: Connection) -> None:
        if conn.framing is None or not conn.framing.buffer:
            self._wait(conn, State.IDLE, self.cfg.keepalive)
        elif conn.state is State.RECEIVING:
            self._wait(conn, State.RECEIVING, None)
        else:
            self._wait(conn, State.RECEIVING, self.RECEIVE_SECONDS)

    def _settle(self, conn: Connection) -> None:
        """After an answer: send the rest of it, wait for the next request, or part."""
        if conn.sock.outbox:
            self._wait(
                conn, State.SENDING, None if conn.state is State.SENDING else self.SEND_SECONDS
            )
        elif not conn.goes_on:
            conn.sock.shutdown(socket.SHUT_WR)
            self._wait(conn, State.LINGERING, self.LINGER_SECONDS)
        elif conn.framing is not None or conn.parser.unreader.buf.tell():
            self.enqueue_req(conn)
        else:
            self._wait(conn, State.IDLE, self.cfg.keepalive)

    def _wait(self, conn: Connection, state: State, seconds: float | None) -> None:
        """Until the socket is ready, for so long at most; None: until the deadline that is set."""
        conn.state = state
        if seconds is not None:
            if not self.alive and state is State.IDLE:
                seconds = min(seconds, self.LINGER_SECONDS)
            conn.deadline = time.monotonic() + seconds
        conn.held = len(conn.sock.outbox) + (len(conn.framing.buffer) if conn.framing else 0)
        self.held += conn.held
        self.waiting.add(conn)
        event = EVENT_WRITE if state is State.SENDING else EVENT_READ
        self.poller.register(conn.sock, event, partial(self._ready, conn))
        if self.held > self.HELD_BYTES:
            self._make_room()

    def _leave(self, conn: Connection) -> None:
        self.poller.unregister(conn.sock)
        self.waiting.remove(conn)
        self.held -= conn.held

    def _ready(self, conn: Connection, _sock: Any) -> None:
        if conn not in self.waiting:
            return  # closed to make room, after the poller had seen it
        if conn.state is not State.IDLE and conn.deadline <= time.monotonic():
            self._give_up([conn])  # whatever trickles in or out of it, and however steadily
            return
        self._leave(conn)
        if conn.state in (State.IDLE, State.RECEIVING):
            self.enqueue_req(conn)
            return
        try:
            if conn.state is State.SENDING:
                conn.sock.flush()
                self._settle(conn)
            elif conn.sock.receive(65_536) == b"":
                self._close(conn)
            else:
                self._wait(conn, State.LINGERING, None)
        except OSError:
            self._close(conn)

    def _close(self, conn: Connection) -> None:
        if conn in self.waiting:
            self._leave(conn)
        self.nr_conns -= 1
        conn.close()

    def _make_room(self) -> None:
        """Close a twentieth of what waits: first who wants nothing just now, the oldest first."""
        crowded = self.held > self.HELD_BYTES
        candidates = [conn for conn in self.waiting if conn.held or not crowded]
        candidates.sort(key=lambda conn: (conn.state, conn.deadline))
        leaving = candidates[: len(candidates) // 20 + 1]
        for conn in leaving:
            self._close(conn)
        log.warning("connections_shed", closed=len(leaving), waiting=len(self.waiting))

    def murder_keepalived(self, force: bool = False) -> None:
        """Close whatever is past its deadline; looked for once a second, there may be thousands."""
        now = time.monotonic()
        if now < self._next_look and self.alive:
            return
        self._next_look = now + 1
        self._give_up([conn for conn in self.waiting if force or conn.deadline <= now])

    def _give_up(self, late: list[Connection]) -> None:
        slow = sum(conn.state in (State.RECEIVING, State.SENDING) for conn in late)
        for conn in late:
            self._close(conn)
        if slow:
            log.warning("slow_clients_closed", closed=slow, waiting=len(self.waiting))

    def murder_pending(self) -> None:
        """There is one set of waiting connections, looked through above."""

    def _cap_keepalive(self, deadline: float) -> None:
        for conn in self.waiting:
            if conn.state is State.IDLE:
                conn.deadline = min(conn.deadline, deadline)
