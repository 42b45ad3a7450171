"""The connections of a worker that wait: for a request, for a client that reads slowly, for its end.

Only the thread that leads touches them as a set. Each has a deadline; and before descriptors or memory
run out, those that want nothing just now make room for the others.
"""

import time
from collections.abc import Callable
from functools import partial
from selectors import EVENT_READ, EVENT_WRITE, BaseSelector
from typing import Any

import structlog

from .connections import Connection, State

log = structlog.get_logger("watchword.connections")

# What half-sent requests and half-taken answers may take together.
HELD_BYTES = 16 * 1024 * 1024
LOOK_SECONDS = 1.0


class Waiting:
    """No more than ``most``. ``ready`` is called with one whose socket is; the poll gets its answer."""

    def __init__(self, poller: BaseSelector, most: int, ready: Callable[[Connection], Any]) -> None:
        self._poller = poller
        self._most = most
        self._ready = ready
        self._waiting: set[Connection] = set()
        self._held = 0
        self._next_look = 0.0
        # All that are open, whether they wait or are being answered.
        self.open = 0

    def __contains__(self, conn: Connection) -> bool:
        return conn in self._waiting

    def __len__(self) -> int:
        return len(self._waiting)

    def admit(self, conn: Connection, seconds: float) -> None:
        self.open += 1
        self.wait(conn, State.IDLE, seconds)
        if self.open >= self._most:
            self.make_room()

    def wait(self, conn: Connection, state: State, seconds: float | None) -> None:
        """Until the socket is ready, for so long at most; None: until the deadline that is set."""
        conn.state = state
        if seconds is not None:
            conn.deadline = time.monotonic() + seconds
        conn.held = len(conn.sock.outbox) + (len(conn.framing.buffer) if conn.framing else 0)
        self._held += conn.held
        self._waiting.add(conn)
        event = EVENT_WRITE if state is State.SENDING else EVENT_READ
        self._poller.register(conn.sock, event, partial(self._seen, conn))
        if self._held > HELD_BYTES:
            self.make_room()

    def _seen(self, conn: Connection, _sock: Any) -> Any:
        if conn not in self._waiting:
            return None  # closed to make room, after the poller had seen it
        if conn.state is not State.IDLE and conn.deadline <= time.monotonic():
            self._give_up([conn])  # whatever trickles in or out of it, and however steadily
            return None
        return self._ready(conn)

    def leave(self, conn: Connection) -> None:
        """It is somebody's to answer now."""
        self._poller.unregister(conn.sock)
        self._waiting.remove(conn)
        self._held -= conn.held

    def close(self, conn: Connection) -> None:
        if conn in self._waiting:
            self.leave(conn)
        self.open -= 1
        conn.close()

    def close_all(self) -> None:
        for conn in list(self._waiting):
            self.close(conn)

    def make_room(self) -> None:
        """Close a twentieth of what waits: first who wants nothing just now, the oldest first."""
        crowded = self._held > HELD_BYTES
        candidates = [conn for conn in self._waiting if conn.held or not crowded]
        candidates.sort(key=lambda conn: (conn.state, conn.deadline))
        leaving = candidates[: len(candidates) // 20 + 1]
        for conn in leaving:
            self.close(conn)
        log.warning("connections_shed", closed=len(leaving), waiting=len(self))

    def close_late(self) -> None:
        """Close whatever is past its deadline; looked for once a second, there may be thousands."""
        now = time.monotonic()
        if now >= self._next_look:
            self._next_look = now + LOOK_SECONDS
            self._give_up([conn for conn in self._waiting if conn.deadline <= now])

    def _give_up(self, late: list[Connection]) -> None:
        slow = sum(conn.state in (State.RECEIVING, State.SENDING) for conn in late)
        for conn in late:
            self.close(conn)
        if slow:
            log.warning("slow_clients_closed", closed=slow, waiting=len(self))

    def cap_idle(self, seconds: float) -> None:
        """Who keeps a connection open without asking for anything has so long left."""
        deadline = time.monotonic() + seconds
        for conn in self._waiting:
            if conn.state is State.IDLE:
                conn.deadline = min(conn.deadline, deadline)
