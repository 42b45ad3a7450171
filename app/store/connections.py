"""A process's connections for reads, and on PostgreSQL for writes too; and how long each may be trusted.

After a failover the same address may lead to another primary, while an open connection leads to the old
one, whose rows are out of date. So a connection is closed after a bounded life. And about once a second, when
a connection is taken from the pool, the server is asked whether it still takes writes. One that does not was
replaced: then every connection of the process that is open is closed before its next use.
"""

import os
import time
from contextlib import suppress
from typing import Any

import psycopg
from sqlalchemy import URL

from .faults import (
    DRIVER_ERRORS,
    Fault,
    ReadOnly,
    Silent,
    StatementsLost,
    StoreUnavailable,
    fault_of,
    name_of,
)
from .opening import (
    CHECK_SECONDS,
    MIGRATION_LIMITS,
    PATIENCE_SECONDS,
    WAIT_SECONDS,
    Check,
    Opener,
    PostgresqlConnection,
    SqliteConnection,
)

LIFE_SECONDS = 60
TRUSTED_SECONDS = 1.0

Raw = Any  # a SqliteConnection or a PostgresqlConnection: they share execute, deadline and close


class Connections:
    """A pool. The connection returned last is used next, so the pool stays as small as the load allows."""

    # The limit for one use, in seconds.
    patience = PATIENCE_SECONDS

    def __init__(
        self,
        url: URL,
        *,
        life_seconds: float = LIFE_SECONDS,
        synchronous: str = "FULL",
        check: Check = PostgresqlConnection.check,
    ) -> None:
        self.opener = Opener(url, synchronous, check)
        self._life_seconds = life_seconds
        self._idle: list[Raw] = []
        self._inherited: list[list[Raw]] = []
        self._suspected_at = float("-inf")
        # A connection must not cross a fork: the child would share the parent's socket, or locks.
        os.register_at_fork(after_in_child=self._forget)

    def take(self) -> Raw:
        """A connection in autocommit mode, the caller's alone until ``give``. Raises the driver's errors."""
        now = time.monotonic()
        until = now + self.patience
        while True:
            try:
                connection = self._idle.pop()
            except IndexError:
                return self.open(until)
            if now < connection.check_at:
                connection.deadline = until
                return connection
            if self.is_fit(connection, until):
                return connection

    def give(self, connection: Raw) -> None:
        self._idle.append(connection)

    def open(self, until: float) -> Raw:
        if self.opener.is_sqlite:
            return self.opener.sqlite(for_reading=True)
        return self._trusted(self.opener.postgresql(autocommit=True, until=until))

    def open_for_migrations(self) -> SqliteConnection | PostgresqlConnection:
        """A connection without the time limits of requests.

        A migration on SQLite copies a table and drops the old one: foreign keys are off, so that the drop
        deletes no rows that refer to it.
        """
        if self.opener.is_sqlite:
            connection = self.opener.sqlite()
            connection.execute("PRAGMA foreign_keys=OFF")
            return connection
        return self.opener.postgresql(until=float("inf"), limits=MIGRATION_LIMITS)

    def is_fit(self, connection: PostgresqlConnection, until: float) -> bool:
        """Ask the server whether it still takes writes. Closes the connection if not."""
        if self.is_spent(connection):
            connection.close()
            return False
        connection.deadline = min(until, time.monotonic() + CHECK_SECONDS)
        try:
            self.opener.check(connection)
        except psycopg.Error as error:
            if isinstance(error, ReadOnly):
                self.suspect()
            connection.close()
            return False
        connection.deadline = until
        self._trusted(connection)
        return True

    def is_spent(self, connection: PostgresqlConnection) -> bool:
        """Whether its life is over, or it may lead to a primary that was replaced."""
        too_old = time.monotonic() > connection.opened_at + self._life_seconds
        return too_old or connection.opened_at <= self._suspected_at

    def suspect(self) -> None:
        """Another primary may have taken over: no connection that is open now is used again."""
        if self.opener.is_sqlite:
            return
        self._suspected_at = time.monotonic()
        for connection in list(self._idle):
            connection.check_at = 0.0

    def _trusted(self, connection: PostgresqlConnection) -> PostgresqlConnection:
        now = time.monotonic()
        connection.check_at = min(now + TRUSTED_SECONDS, connection.opened_at + self._life_seconds)
        return connection

    def instead_of(self, connection: Raw, error: BaseException) -> Raw:
        """A new connection, if this one is gone and its deadline leaves time. Else raises the error."""
        until = connection.deadline
        self.drop(connection, error)
        enough = time.monotonic() + WAIT_SECONDS < until
        if self.opener.is_sqlite or fault_of(error) is not Fault.GONE or not enough:
            raise error
        return self.open(until)

    def check_pooler(self) -> None:
        """Raises StoreUnavailable where prepared statements are lost or mixed up on the way.

        Two clients of a pooler that hands one server to both meet each other's statements.
        """
        if self.opener.is_sqlite:
            return
        taken: list[Raw] = []
        try:
            taken = [self.take()]
            taken.append(self.take())
            for connection in taken * 2:
                connection.execute("SELECT 1").fetchall()
        except DRIVER_ERRORS as error:
            for connection in taken:
                self.drop(connection, error)
            mixed_up = getattr(error, "sqlstate", None) in ("42P05", "26000")
            cause = StatementsLost("a pooler loses prepared statements") if mixed_up else error
            raise StoreUnavailable(name_of(cause)) from error
        for connection in taken:
            self.give(connection)

    def drop(self, connection: Raw, error: BaseException) -> None:
        """Close a connection that an error left in an unknown state.

        A server that is silent or takes no writes makes all other connections suspect.
        """
        if isinstance(error, Silent) or fault_of(error) is Fault.READ_ONLY:
            self.suspect()
        with suppress(*DRIVER_ERRORS):
            connection.close()

    def close(self) -> None:
        """Close the connections that are not in use. The next read opens a new one."""
        with suppress(IndexError):
            while True:
                connection = self._idle.pop()
                with suppress(*DRIVER_ERRORS):
                    connection.close()

    def _forget(self) -> None:
        # Kept, and so never closed here: closing a file drops SQLite's locks on it.
        self._inherited.append(self._idle)
        self._idle = []
