"""The writes that happen all day, a login's and a refresh's, as prepared statements.

They are a row or two each, and the engine's pool, events and results cost more than the rows do. All
other writes go through ``unit_of_work.transaction``, which keeps the same promises.
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import psycopg
from sqlalchemy import Connection, Dialect
from sqlalchemy.sql.elements import CompilerElement

from .connections import Connections
from .faults import DRIVER_ERRORS, Fault, fault_of, is_busy, unavailable
from .group_commit import GroupCommit
from .prepared import Prepared, prepared

# The shortest there is: a lock that is free needs none of it.
_AT_ONCE = "SET LOCAL lock_timeout = '1ms'"


class Written:
    """What a statement did."""

    def __init__(self, cursor: Any) -> None:
        self._cursor = cursor

    @property
    def rowcount(self) -> int:
        return int(self._cursor.rowcount)

    def first(self) -> tuple[Any, ...] | None:
        row: tuple[Any, ...] | None = self._cursor.fetchone()
        return row

    def all(self) -> list[tuple[Any, ...]]:
        rows: list[tuple[Any, ...]] = self._cursor.fetchall()
        return rows


class Writing:
    """A transaction under way; ``execute`` is SQLAlchemy's, for statements that are built once."""

    def __init__(self, writes: "Writes", connection: Any) -> None:
        self._writes = writes
        self._connection = connection

    def execute(self, statement: CompilerElement, parameters: Mapping[str, Any]) -> Written:
        prepared = self._writes.prepared(statement, parameters)
        return Written(self._connection.execute(prepared.sql, prepared.arguments(parameters)))


Writer = Connection | Writing


class Writes:
    """SQLite's share a connection and their commits; PostgreSQL's have those of the lookups."""

    def __init__(self, connections: Connections, dialect: Dialect) -> None:
        self._connections = connections
        self._dialect = dialect
        self._on_sqlite = GroupCommit(connections.opener.sqlite)
        # A connection must not cross a fork, in which SQLite would lose its locks.
        os.register_at_fork(after_in_child=self._on_sqlite.forget)

    def prepared(self, statement: CompilerElement, parameters: Mapping[str, Any]) -> Prepared:
        return prepared(statement, self._dialect, tuple(parameters))

    @contextmanager
    def transaction(self) -> Iterator[Writing]:
        """Commit when the block ends, roll back if it raises. Raises StoreUnavailable."""
        sqlite = self._connections.opener.is_sqlite
        try:
            with self._on_sqlite.transaction() if sqlite else self._on_postgresql() as connection:
                yield Writing(self, connection)
        except DRIVER_ERRORS as error:
            refused = unavailable(error)
            if refused is None:
                raise
            raise refused from error

    def at_once(self, statement: CompilerElement, parameters: Mapping[str, Any]) -> bool:
        """One statement in a transaction of its own, unless it would have to wait for another writer.

        Whether it ran. Raises StoreUnavailable.
        """
        prepared = self.prepared(statement, parameters)
        sql, arguments = prepared.sql, prepared.arguments(parameters)
        try:
            if self._connections.opener.is_sqlite:
                return self._on_sqlite.at_once(sql, arguments)
            with self._on_postgresql() as connection:
                connection.execute(_AT_ONCE)
                connection.execute(sql, arguments)
        except DRIVER_ERRORS as error:
            if is_busy(error):
                return False
            refused = unavailable(error)
            if refused is None:
                raise
            raise refused from error
        return True

    @contextmanager
    def _on_postgresql(self) -> Iterator[Any]:
        connections = self._connections
        connection = connections.take()
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

    def check_pooler(self) -> None:
        """Raises StoreUnavailable where a pooler would not keep what is prepared."""
        self._connections.check_pooler()

    def close(self) -> None:
        """Close SQLite's connection; the next write opens one again. PostgreSQL's are the lookups'."""
        self._on_sqlite.close()
