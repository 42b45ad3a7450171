"""A replica of PostgreSQL (a streaming standby) near this process, for reads that may only say yes.

What it shows may be out of date by a bounded time. So a yes of it counts, and what it refuses must be asked
again at the primary (``core.sessions.nearby``). ``positions`` tells how far it is behind.

It is measured in the background and, about once a second, on each connection that serves, since an address
may lead to several servers. No request waits for a replica that cannot be reached: it is passed over from the
first error until a measurement succeeds.
"""

import time
from collections.abc import Callable
from contextlib import suppress

import psycopg
from sqlalchemy import URL, Dialect

from .connections import LIFE_SECONDS, Connections, Raw
from .faults import Fault, StoreUnavailable, fault_of
from .opening import PostgresqlConnection
from .positions import QUESTIONS, STATE, PassedOver, Positions, Reason
from .store import Store

PATIENCE_SECONDS = 0.5


class ReplicaConnections(Connections):
    """Connections to a replica. ``reason`` is why it is passed over; None while it serves.

    ``fresh_at`` (``time.monotonic``): what was committed before is known to be shown.
    """

    patience = PATIENCE_SECONDS

    def __init__(
        self, url: URL, positions: Positions, *, life_seconds: float = LIFE_SECONDS
    ) -> None:
        # Among several hosts, our own check decides. A primary is passed over with its reason.
        url = url.update_query_dict({"target_session_attrs": "any"})
        super().__init__(url, life_seconds=life_seconds, check=self._check)
        self.reason: Reason | None = Reason.UNMEASURED
        self.fresh_at = time.monotonic()
        self._positions = positions

    def take(self) -> Raw:
        """As its base. Answers that come when the replica may be out of date are not waited for."""
        try:
            connection = super().take()
        except psycopg.Error as error:
            self._pass_over(error)
            raise
        connection.deadline = min(connection.deadline, connection.fresh_until)
        return connection

    def drop(self, connection: Raw, error: BaseException) -> None:
        if fault_of(error) is Fault.GONE:
            self._pass_over(error)
        super().drop(connection, error)

    def measure(self) -> None:
        """Ask one connection how far the replica is, and set ``reason`` accordingly."""
        until = time.monotonic() + self.patience
        connection = self._kept()
        try:
            if connection is None:
                connection = self.open(until)
            else:
                connection.deadline = until
                self.opener.check(connection)
                self._trusted(connection)
        except PassedOver as error:
            self._pass_over(error)
            if connection is not None:
                connection.check_at = 0.0
                self.give(connection)
        except psycopg.Error as error:
            self._pass_over(error)
            # The others lead to the same server, so they are most likely lost too.
            self.suspect()
            if connection is not None:
                connection.close()
        else:
            self.give(connection)
            self.reason = None

    def _kept(self) -> PostgresqlConnection | None:
        """A connection that is not in use, if there is one whose life is not over."""
        with suppress(IndexError):
            while True:
                connection: PostgresqlConnection = self._idle.pop()
                if not self.is_spent(connection):
                    return connection
                connection.close()
        return None

    def _check(self, connection: PostgresqlConnection) -> None:
        row = connection.execute(STATE).fetchone()
        assert row is not None, "the statement has one row"
        position = self._positions.replayed(*row)
        connection.fresh_until = position.asked_at + self._positions.lag_seconds
        self.fresh_at = max(self.fresh_at, position.asked_at)

    def _trusted(self, connection: PostgresqlConnection) -> PostgresqlConnection:
        super()._trusted(connection)
        connection.check_at = min(connection.check_at, connection.fresh_until)
        return connection

    def _pass_over(self, error: BaseException) -> None:
        self.reason = error.reason if isinstance(error, PassedOver) else Reason.UNREACHABLE


class Replica(Store):
    """The replica at ``url`` of the database of ``primary``. A write on it fails.

    ``count`` is called with the outcome of each read that it might have answered, ``show_lag`` with the
    measured bound of its lag in seconds.
    """

    def __init__(
        self,
        url: URL,
        dialect: Dialect,
        primary: Store,
        *,
        lag_seconds: float,
        life_seconds: float = LIFE_SECONDS,
        count: Callable[[str], None] = lambda _outcome: None,
        show_lag: Callable[[float], None] = lambda _seconds: None,
    ) -> None:
        self.positions = Positions(primary, lag_seconds)
        self.pool = ReplicaConnections(url, self.positions, life_seconds=life_seconds)
        super().__init__(self.pool, dialect)
        self.count = count
        self.every_seconds = lag_seconds / QUESTIONS
        self._show_lag = show_lag

    @property
    def reason(self) -> Reason | None:
        """Why it is passed over; None while it may answer."""
        return self.pool.reason

    def measure(self) -> Reason | None:
        """Ask the primary and the replica where they are. Returns ``reason``."""
        with suppress(StoreUnavailable):  # what is known of the primary grows old
            self.positions.ask()
        self.pool.measure()
        self._show_lag(time.monotonic() - self.pool.fresh_at)
        return self.reason
