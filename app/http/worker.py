"""A gunicorn worker whose threads never wait for a client.

gunicorn's own threaded worker gives a connection a thread as soon as it is accepted and reads in it
until the request is there: a dozen clients that send a byte a second, or read none, hold up all.
Here a request is answered only when it is whole, and an answer sent on as its client takes it.

One thread leads (``lead``): it waits on all connections and answers in place whatever reads a row or
two. A request that may wait, for a password's hash or for its turn to write, goes to the thread pool.
"""

import errno
import socket
import time
from contextlib import suppress
from io import BytesIO
from selectors import EVENT_READ
from typing import Any, ClassVar

import structlog
from gunicorn.http.errors import LimitRequestHeaders
from gunicorn.workers.gthread import ThreadWorker

from .connections import Connection, Socket, State
from .framing import CONTINUE, ENOUGH, Framing, HeadTooLarge
from .lead import Lead
from .unparsable import answer
from .waiting import Waiting

log = structlog.get_logger("watchword.connections")

# What became of a connection, where that is not whether it goes on.
MORE, APART, RELIEVED = object(), object(), object()


class Worker(ThreadWorker):  # type: ignore[misc]
    """The ``worker_class`` of ``gunicorn.conf.py``."""

    # Seconds for a request since its first byte, for an answer, and for a client to see the end.
    RECEIVE_SECONDS: ClassVar[float] = 10.0
    SEND_SECONDS: ClassVar[float] = 30.0
    LINGER_SECONDS: ClassVar[float] = 2.0
    alive: bool
    # Not where the database is behind a socket: every request waits, and others run meanwhile.
    ANSWERS_IN_PLACE: ClassVar[bool] = True
    # Gateways may pass on a Content-Length and no body.
    IGNORES_BODY: ClassVar[frozenset[str]] = frozenset({"/verify"})

    def init_process(self) -> None:
        # Some twenty settings are asked for in a request; as plain attributes they cost nothing.
        settings = self.cfg.settings.items()
        self.cfg.__dict__.update((name, setting.get()) for name, setting in settings)
        super().init_process()

    def run(self) -> None:
        """The main thread: tell the master that it lives, take its signals, and see that one leads."""
        self.waiting = Waiting(self.poller, self.worker_connections, self._ready)
        self.lead = Lead(self.cfg.threads, self._lead)
        self.poller.register(
            self.method_queue.fileno(), EVENT_READ, self.method_queue.run_callbacks
        )
        self.lead.begin()
        try:
            while self.alive and self.is_parent_alive():
                self.notify()
                self.lead.watch(1.0)
            self.alive = False
            self._finish_what_runs()
        finally:
            self.lead.end()
            self.method_queue.defer(lambda: None)  # so that the leader looks up
            self.tpool.shutdown(wait=False)

    def _finish_what_runs(self) -> None:
        """What is under way is answered; who keeps a connection open may send one request more."""
        deadline = time.monotonic() + self.cfg.graceful_timeout
        self.method_queue.defer(self.waiting.cap_idle, self.LINGER_SECONDS)
        while self.waiting.open > 0 and time.monotonic() < deadline:
            self.notify()
            self.lead.watch(0.1)

    def handle_exit(self, sig: Any, frame: Any) -> None:
        super().handle_exit(sig, frame)
        self.lead.wake()

    def _lead(self, in_hand: Connection | None) -> None:
        """What the leading thread does: all that touches connections as a set happens in it."""
        if in_hand is not None:
            self.waiting.leave(in_hand)
        while not self.lead.over:
            self.set_accept_enabled(self.alive and self.waiting.open < self.worker_connections)
            for key, _ in self.poller.select(1.0):
                if key.data(key.fileobj) is RELIEVED:
                    return
            self.waiting.close_late()
        self.waiting.close_all()

    def accept(self, listener: Any) -> None:
        try:
            accepted, address = listener.accept()
        except OSError as error:
            if error.errno in (errno.EMFILE, errno.ENFILE):
                self.waiting.make_room()
            elif error.errno not in (errno.EAGAIN, errno.ECONNABORTED):
                raise
            return
        conn = Connection(self.cfg, Socket(accepted), address, listener.getsockname())
        self.waiting.admit(conn, self._idle_seconds())

    def _ready(self, conn: Connection) -> Any:
        """A connection that waited has something to read, or room. RELIEVED: another thread leads."""
        if conn.state in (State.IDLE, State.RECEIVING):
            return self._answer(conn)
        self.waiting.leave(conn)
        try:
            if conn.state is State.SENDING:
                conn.sock.flush()
                self._settle(conn)
            elif conn.sock.receive(65_536) == b"":
                self.waiting.close(conn)
            else:
                self.waiting.wait(conn, State.LINGERING, None)
        except OSError:
            self.waiting.close(conn)
        return None

    def _answer(self, conn: Connection) -> Any:
        """In the leading thread, with the connection still among those that wait."""
        self.lead.take(conn)
        result = self.handle(conn, apart=False)
        if not self.lead.release(conn):
            self.method_queue.defer(self._handled, conn, result)
            return RELIEVED
        if result is True and conn.state is State.IDLE and conn.rests():
            conn.deadline = time.monotonic() + self._idle_seconds()  # the usual case
        else:
            self.waiting.leave(conn)
            self._handled(conn, result)
        return None

    def _answer_apart(self, conn: Connection) -> None:
        self.method_queue.defer(self._handled, conn, self.handle(conn, apart=True))

    def _handled(self, conn: Connection, result: Any) -> None:
        """In the leading thread, with a connection that does not wait: see to what comes next."""
        if result is APART:
            self.tpool.submit(self._answer_apart, conn)
            return
        try:
            if result is MORE and not conn.sock.outbox:
                self._receive(conn)
            else:
                conn.goes_on = bool(result)
                self._settle(conn)
        except OSError:
            self.waiting.close(conn)

    def _receive(self, conn: Connection) -> None:
        begun = conn.state is State.RECEIVING
        if conn.framing is not None and conn.framing.buffer:
            self.waiting.wait(conn, State.RECEIVING, None if begun else self.RECEIVE_SECONDS)
        else:
            self.waiting.wait(conn, State.IDLE, self._idle_seconds())

    def _settle(self, conn: Connection) -> None:
        """After an answer: send the rest of it, wait for the next request, or part."""
        if conn.sock.outbox:
            sending = conn.state is State.SENDING
            self.waiting.wait(conn, State.SENDING, None if sending else self.SEND_SECONDS)
        elif not conn.goes_on:
            conn.sock.shutdown(socket.SHUT_WR)
            self.waiting.wait(conn, State.LINGERING, self.LINGER_SECONDS)
        elif conn.rests():
            self.waiting.wait(conn, State.IDLE, self._idle_seconds())
        else:
            self.tpool.submit(self._answer_apart, conn)

    def _idle_seconds(self) -> float:
        return float(self.cfg.keepalive if self.alive else self.LINGER_SECONDS)

    def handle(self, conn: Connection, *, apart: bool) -> Any:
        """Read what is there, and answer if that is a whole request: whether the connection goes on.

        Or MORE, if it is not whole yet, or APART, if the leading thread is not to answer it.
        """
        try:
            conn.init()
            try:
                framing = self._read(conn)
                if not framing.whole:
                    return MORE
                if not apart and (framing.may_wait or not self.ANSWERS_IN_PLACE):
                    return APART
                conn.parser.unreader.unread(bytes(framing.buffer))
                goes_on = super().handle(conn)
            except HeadTooLarge:
                self.handle_error(None, conn.sock, conn.client, LimitRequestHeaders("head"))
                goes_on = False
            conn.sock.flush()
        except OSError:
            return False
        except Exception as error:
            # Without its text and its trace, which could hold what was sent.
            log.error("connection_failed", error=type(error).__name__)  # noqa: TRY400
            return False
        conn.framing = conn.sock.framing = None
        return goes_on

    def _read(self, conn: Connection) -> Framing:
        """The next request as far as it is there. Raises HeadTooLarge, or OSError at the stream's end."""
        framing = conn.framing
        if framing is None:
            framing = conn.framing = conn.sock.framing = Framing(self.IGNORES_BODY)
            if conn.parser.unreader.buf.tell():
                framing.add(conn.parser.unreader.take_buffered())
        while not framing.whole:
            data = conn.sock.receive(16_384)
            if data is None:
                if framing.expects:
                    framing.expects = False
                    conn.sock.sendall(CONTINUE)
                    conn.sock.flush()
                break
            if not data:
                raise ConnectionResetError
            framing.add(data)
        return framing

    def handle_request(self, req: Any, conn: Connection) -> Any:
        req._expected_100_continue = False
        framing = conn.framing
        if framing is not None and framing.cut:
            req.force_close()
        elif framing is not None and framing.has_body:
            # A broken chunk is the client's fault, and is found before the application asks.
            req.body = BytesIO(req.body.read(ENOUGH))
        return super().handle_request(req, conn)

    def _keepalive_after(self, conn: Connection, keepalive: Any) -> Any:
        """Nothing needs to be drained behind a request that the parser found to have no body."""
        if getattr(getattr(conn.parser.mesg.body, "reader", None), "length", None) == 0:
            conn.parser.mesg = None
            return keepalive
        return super()._keepalive_after(conn, keepalive)

    def handle_error(self, req: Any, client: Any, addr: Any, exc: Exception) -> None:
        """gunicorn would answer in HTML, with a piece of the request in it."""
        method, path = client.framing.target if client.framing else ("", "")
        address = addr[0] if isinstance(addr, tuple) and addr else None
        with suppress(OSError):
            client.sendall(answer(self.wsgi, method, path, address, exc))
