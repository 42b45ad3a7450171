"""Writes on PostgreSQL: a transaction each, on the connections that reads have too."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg

from .connections import Connections
from .faults import DRIVER_ERRORS, Fault, fault_of, is_busy
from .opening import PATIENCE_SECONDS

# The shortest timeout there is: a free lock is taken without waiting.
_AT_ONCE = "SET LOCAL lock_timeout = '1ms'"


class PostgresqlWriter:
    """The server groups the commits of its connections itself."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    @contextmanager
    def transaction(self, seconds: float | None = PATIENCE_SECONDS) -> Iterator[Any]:
        """Commit when the block ends, roll back if it raises. Raises the driver's errors.

        All its waits for the server together take at most ``seconds``; None is without an end.
        """
        connections = self._connections
        connection = connections.take()
        connection.deadline = float("inf") if seconds is None else time.monotonic() + seconds
        try:
            try:
                connection.execute("BEGIN")
            except DRIVER_ERRORS as error:
                # The server may have gone and come back since: once more, on a new connection.
                connection = connections.instead_of(connection, error)
                connection.execute("BEGIN")
            yield connection
            connection.execute("COMMIT")
        except BaseException as error:
            self._undo(connection, error)
            raise
        connections.give(connection)

    def at_once(self, sql: str, arguments: Any) -> bool:
        """Run and commit one statement, unless another writer would have to be waited for.

        Returns whether it ran: False if a row is locked. Raises psycopg's other errors.
        """
        try:
            with self.transaction() as connection:
                connection.execute(_AT_ONCE)
                connection.execute(sql, arguments)
        except psycopg.Error as error:
            if is_busy(error):
                return False
            raise
        return True

    def _undo(self, connection: Any, error: BaseException) -> None:
        try:
            connection.execute("ROLLBACK")
        except psycopg.Error as failed:
            self._connections.drop(connection, failed)
            return
        if fault_of(error) in (Fault.GONE, Fault.READ_ONLY):
            self._connections.drop(connection, error)
        else:
            self._connections.give(connection)
