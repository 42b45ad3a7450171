"""The open connections of a worker: what each waits for, how long, and which are closed first.

Only the leader touches them as a set. Each has a deadline. Before descriptors or memory run out, some are
closed, idle ones first (load shedding).
"""

import time
from selectors import EVENT_READ, EVENT_WRITE, BaseSelector

import structlog

from .connection import Connection, State

log = structlog.get_logger("serving.connections")

LOOK_SECONDS = 1.0


class Waiting:
    """At most ``most`` connections, which hold at most ``most_held`` bytes of unfinished messages.

    A connection stays registered with the poller while it is answered.
    """

    def __init__(self, poller: BaseSelector, most: int, most_held: int) -> None:
        self._poller = poller
        self._most = most
        self._most_held = most_held
        self._open: set[Connection] = set()
        self._next_look = 0.0
        self.held = 0

    def __len__(self) -> int:
        return len(self._open)

    @property
    def open(self) -> int:
        return len(self._open)

    def admit(self, conn: Connection, seconds: float) -> None:
        self._open.add(conn)
        self.wait(conn, State.IDLE, seconds)
        if len(self._open) >= self._most:
            self.shed()

    def wait(self, conn: Connection, state: State, seconds: float | None, held: int = 0) -> None:
        """Wait until the socket is ready, for at most ``seconds``; None keeps the deadline that is set."""
        if seconds is not None:
            conn.deadline = time.monotonic() + seconds
        conn.state = state
        conn.sending = state is State.SENDING
        conn.parked = False
        self.hold(conn, held)
        self._watch(conn, EVENT_WRITE if state is State.SENDING else EVENT_READ)
        if self.held > self._most_held:
            self.shed()

    def hold(self, conn: Connection, held: int) -> None:
        self.held += held - conn.held
        conn.held = held

    def park(self, conn: Connection) -> None:
        """Stop watching a connection whose client sends more while it is being answered (backpressure)."""
        self._watch(conn, 0)

    def unpark(self, conn: Connection) -> None:
        """Watch a connection again that was parked, and is idle now."""
        if conn.parked and conn.state is State.IDLE:
            self.wait(conn, State.IDLE, None)

    def _watch(self, conn: Connection, events: int) -> None:
        if conn.events == events:
            return
        if not conn.events:
            self._poller.register(conn.sock, events, conn)
        elif events:
            self._poller.modify(conn.sock, events, conn)
        else:
            self._poller.unregister(conn.sock)
        conn.events = events

    def close(self, conn: Connection) -> None:
        self._watch(conn, 0)
        self.hold(conn, 0)
        self._open.discard(conn)
        conn.close()

    def close_all(self) -> None:
        for conn in [conn for conn in self._open if conn.state is not State.ANSWERING]:
            self.close(conn)

    def shed(self) -> None:
        """Close a twentieth of the waiting connections, in the order of their states, the oldest first."""
        crowded = self.held > self._most_held
        candidates = [
            conn
            for conn in self._open
            if conn.state is not State.ANSWERING and (conn.held or not crowded)
        ]
        candidates.sort(key=lambda conn: (conn.state, conn.deadline))
        leaving = candidates[: len(candidates) // 20 + 1]
        for conn in leaving:
            self.close(conn)
        if leaving:
            log.warning("connections_shed", closed=len(leaving), waiting=len(self))

    def is_late(self, conn: Connection) -> bool:
        """Whether the connection is past its deadline, however steadily bytes trickle; it is closed then."""
        if conn.deadline > time.monotonic():
            return False
        self._close_slow([conn])
        return True

    def close_late(self) -> None:
        """Close the connections past their deadline. Looks once a second: there may be thousands."""
        now = time.monotonic()
        if now >= self._next_look:
            self._next_look = now + LOOK_SECONDS
            late = [conn for conn in self._open if conn.deadline <= now]
            self._close_slow([conn for conn in late if conn.state is not State.ANSWERING])

    def _close_slow(self, late: list[Connection]) -> None:
        slow = sum(conn.state in (State.RECEIVING, State.SENDING) for conn in late)
        for conn in late:
            self.close(conn)
        if slow:
            log.warning("slow_clients_closed", closed=slow, waiting=len(self))

    def close_idle(self) -> None:
        """Close the idle connections at once, where nobody counts on one more request."""
        for conn in [conn for conn in self._open if conn.state is State.IDLE]:
            self.close(conn)

    def cap_idle(self, seconds: float) -> None:
        """Bound the remaining time of idle connections, at a shutdown."""
        deadline = time.monotonic() + seconds
        for conn in self._open:
            if conn.state is State.IDLE:
                conn.deadline = min(conn.deadline, deadline)
