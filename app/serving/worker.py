"""A gunicorn worker whose threads never wait for a client: leader and followers.

One thread is the leader (``lead``). It runs the event loop, parses what arrives, and answers requests that
only read a row or two. A request that may wait, for a password's hash or for its turn to write, goes to a
follower. A request is answered only when it is complete, and an answer is sent as its client takes it.
"""

import os
import socket
import time
from collections import deque
from collections.abc import Callable
from selectors import EVENT_READ, DefaultSelector
from typing import Any, ClassVar

from gunicorn.workers.base import Worker as GunicornWorker
from gunicorn.workers.gthread import PollableMethodQueue

from .answering import Answering
from .connection import Connection, State
from .environ import Environ
from .faults import Fault, Phrased, overload, plain_phrase
from .followers import Followers
from .lead import Lead
from .limits import OVERHEAD
from .listeners import Listeners
from .waiting import Waiting


class Worker(GunicornWorker):  # type: ignore[misc]
    """The ``worker_class`` of ``gunicorn.conf.py``."""

    # Seconds for a request from its first byte, for an answer, and for a client to notice the end.
    RECEIVE_SECONDS: ClassVar[float] = 10.0
    SEND_SECONDS: ClassVar[float] = 30.0
    LINGER_SECONDS: ClassVar[float] = 2.0
    # Bytes of incomplete requests, of requests that wait for a thread, and of answers not yet taken.
    HELD_BYTES: ClassVar[int] = 16 * 1024 * 1024

    # The hooks. May this request wait for anything but the processor?
    may_wait: Callable[[Environ], bool] = staticmethod(lambda _environ: True)
    # Is the body of requests to this path ignored? Then the worker does not wait for it.
    ignores_body: Callable[[str], bool] = staticmethod(lambda _path: False)
    # What does the client get for a fault that the application never sees?
    phrase: Callable[[Any, Fault], Phrased] = staticmethod(plain_phrase)
    # What a connection is, and who answers its requests: a server for tests has kinds of its own.
    connection_class: ClassVar[type[Connection]] = Connection
    answering_class: ClassVar[type[Answering]] = Answering
    alive: bool

    def init_process(self) -> None:
        self._poller = DefaultSelector()
        self._calls = PollableMethodQueue()
        self._calls.init()
        self._buffer = memoryview(bytearray(64 * 1024))
        self._listeners = Listeners(
            self.sockets, self._poller, self.cfg, self.ignores_body, self.connection_class
        )
        self._most = self.cfg.worker_connections
        self._keep_alive_seconds = float(self.cfg.keepalive)
        self._answering = self.answering_class(self, keep_alive=self._keep_alive_seconds > 0)
        self._waiting = Waiting(self._poller, self._most, self.HELD_BYTES)
        # Connections with several requests at once: each gets one turn in a round.
        self._turns: deque[Connection] = deque()
        self._followers = Followers(self.cfg.threads, self._follow)
        self.lead = Lead(self.cfg.threads, self._lead)
        super().init_process()

    def run(self) -> None:
        """The main thread: send the master its heartbeat, take signals, and watch the leader."""
        self._poller.register(self._calls.fileno(), EVENT_READ, self._calls.run_callbacks)
        self._followers.begin()
        self.lead.begin()
        try:
            while self.alive and os.getppid() == self.ppid:
                self.notify()
                self.lead.watch(1.0)
            self.alive = False
            self._drain()
        finally:
            self.lead.end()
            self._calls.defer(lambda: None)  # wakes the leader
            self._followers.end()

    def _drain(self) -> None:
        """Answer what is under way. An idle connection may send one more request before it is closed."""
        deadline = time.monotonic() + self.cfg.graceful_timeout
        self._calls.defer(self._waiting.cap_idle, self.LINGER_SECONDS)
        while self._waiting.open > 0 and time.monotonic() < deadline:
            self.notify()
            self.lead.watch(0.1)

    def handle_exit(self, sig: Any, frame: Any) -> None:
        super().handle_exit(sig, frame)
        self.lead.interrupt_watch()

    # The leader: only this thread touches the connections as a set.

    def _lead(self, in_hand: Connection | None) -> None:
        """The event loop, until another thread is the leader. The predecessor finishes ``in_hand``."""
        while not self.lead.over:
            self._listeners.watch(self.alive and self._waiting.open < self._most, self._accept)
            if not self.alive:
                self._listeners.close()
            for key, _ in self._poller.select(0 if self._turns else 1.0):
                conn = key.data
                if not isinstance(conn, Connection):
                    conn(key.fileobj)
                elif not self._ready(conn):
                    return
            for _ in range(len(self._turns)):
                if not self._answer(self._turns.popleft()):
                    return
            self._waiting.close_late()
        self._waiting.close_all()

    def _accept(self, listener: Any) -> None:
        conn = self._listeners.accept(listener, self._waiting.shed)
        if conn is not None:
            self._waiting.admit(conn, self._idle_seconds())

    def _ready(self, conn: Connection) -> bool:
        """A connection can be read or written. Whether this thread is still the leader."""
        state = conn.state
        if state is State.IDLE:
            return self._read(conn)
        if state is State.ANSWERING:
            conn.parked = True
            self._waiting.park(conn)
            if conn.state is not State.ANSWERING:
                self._waiting.unpark(conn)
        elif state is not State.CLOSED and not self._waiting.is_late(conn):
            if state is State.RECEIVING:
                return self._read(conn)
            try:
                if state is State.SENDING:
                    conn.flush()
                    self._settle(conn)
                elif not conn.sock.recv_into(self._buffer):
                    self._waiting.close(conn)
            except BlockingIOError:
                pass
            except OSError:
                self._waiting.close(conn)
        return True

    def _read(self, conn: Connection) -> bool:
        try:
            count = conn.sock.recv_into(self._buffer)
        except BlockingIOError:
            return True
        except OSError:
            count = 0
        if not count:
            self._waiting.close(conn)
            return True
        self._answering.parse(conn, self._buffer[:count])
        return self._answer(conn)

    def _answer(self, conn: Connection) -> bool:
        """Answer here what does not wait, in order. Whether this thread is still the leader."""
        ready = conn.parser.ready
        if ready and conn.held:
            self._waiting.hold(conn, 0)
        while ready and conn.can_answer_next():
            if self.may_wait(ready[0].environ):
                self._schedule(conn)
                return True
            conn.state = State.ANSWERING
            self.lead.begin_request(conn)
            self._answering.answer(conn)
            if not self.lead.end_request(conn):
                self._follow(conn)
                return False
        if conn.keeps_alive and conn.is_idle() and not conn.parked:
            conn.state = State.IDLE
            conn.deadline = time.monotonic() + self._idle_seconds()  # the usual case
        else:
            self._settle(conn)
        return True

    def _schedule(self, conn: Connection) -> None:
        """Give the next request to a follower or a later turn of the leader, or refuse it (load shedding)."""
        size = conn.parser.held
        if self._waiting.held + self._followers.held + size > self.HELD_BYTES:
            self._answering.refuse(conn, overload(conn.parser.ready[0], conn.address))
            conn.parser.discard()
            self._settle(conn)
        elif self.may_wait(conn.parser.ready[0].environ):
            self._give_to_follower(conn, size)
        else:
            conn.state = State.ANSWERING
            self._waiting.hold(conn, size)
            self._turns.append(conn)

    def _give_to_follower(self, conn: Connection, size: int) -> None:
        self._waiting.hold(conn, 0)
        conn.sending = conn.response is not None
        conn.state = State.ANSWERING
        self._followers.submit(conn, size)

    def _settle(self, conn: Connection) -> None:
        """After an answer, or a part of a request: wait for what comes next, or close."""
        parser = conn.parser
        if parser.unread and not parser.ready and conn.can_answer_next():
            self._answering.parse(conn, self._buffer[:0])
        try:
            if parser.fault is not None and not (parser.ready or conn.outbox or conn.response):
                self._answering.refuse_fault(conn, parser.fault)
            if conn.outbox:
                seconds = None if conn.sending else self.SEND_SECONDS
                self._waiting.wait(conn, State.SENDING, seconds, len(conn.outbox) + parser.held)
            elif conn.response is not None:
                self._give_to_follower(conn, OVERHEAD + parser.held)
            elif parser.ready and conn.keeps_alive:
                self._schedule(conn)
            elif not conn.keeps_alive:
                conn.sock.shutdown(socket.SHUT_WR)
                self._waiting.wait(conn, State.LINGERING, self.LINGER_SECONDS)
            elif parser.begun:
                if parser.expects:
                    conn.ask_for_body()
                seconds = None if conn.state is State.RECEIVING else self.RECEIVE_SECONDS
                self._waiting.wait(conn, State.RECEIVING, seconds, parser.held)
            else:
                self._waiting.wait(conn, State.IDLE, self._idle_seconds())
        except OSError:
            self._waiting.close(conn)

    def _idle_seconds(self) -> float:
        return self._keep_alive_seconds if self.alive else self.LINGER_SECONDS

    # A follower, or a former leader: the thread that has the connection.

    def _follow(self, conn: Connection) -> None:
        """Answer the requests that are ready, then give the connection back to the leader."""
        try:
            conn.send_more()
        except Exception as error:
            self._answering.failed(conn, error)
        while conn.parser.ready and conn.can_answer_next():
            self._answering.answer(conn)
        if conn.keeps_alive and conn.is_idle():
            conn.deadline = time.monotonic() + self._idle_seconds()
            conn.state = State.IDLE
            if conn.parked:
                self._calls.defer(self._waiting.unpark, conn)
        else:
            self._calls.defer(self._settle, conn)
