"""The writes that happen all day, a login's and a refresh's, as prepared statements.

They are a row or two each, and the engine's pool, events and results cost more than the rows do. All
other writes go through ``unit_of_work.transaction``, which keeps the same promises.
"""

import os
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import psycopg
from sqlalchemy import Connection, Engine
from sqlalchemy.sql.elements import CompilerElement

from . import unit_of_work
from .group_commit import GroupCommit
from .lookups import Lookups
from .prepared import Prepared
from .unit_of_work import StoreUnavailable

# States that pass without anybody mending the program, told by the driver itself.
PASSING = (
    *unit_of_work.PASSING,
    sqlite3.OperationalError,
    sqlite3.InterfaceError,
    psycopg.OperationalError,
    psycopg.InterfaceError,
)


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
    """SQLite's share a connection and their commits; PostgreSQL's have that of their thread's reads."""

    def __init__(self, engine: Engine, lookups: Lookups) -> None:
        self._engine = engine
        self._lookups = lookups
        self._prepared: dict[tuple[CompilerElement, tuple[str, ...]], Prepared] = {}
        self._on_sqlite = GroupCommit(self._connect)
        # A connection must not cross a fork, in which SQLite would lose its locks.
        os.register_at_fork(after_in_child=self._on_sqlite.forget)

    def prepared(self, statement: CompilerElement, parameters: Mapping[str, Any]) -> Prepared:
        key = (statement, tuple(parameters))
        found = self._prepared.get(key)
        if found is None:
            found = self._prepared[key] = Prepared(statement, self._engine.dialect, parameters)
        return found

    @contextmanager
    def transaction(self) -> Iterator[Writing]:
        """Commit when the block ends, roll back if it raises. Raises StoreUnavailable."""
        sqlite = self._engine.dialect.name == "sqlite"
        try:
            with self._on_sqlite.transaction() if sqlite else self._on_postgresql() as connection:
                yield Writing(self, connection)
        except PASSING as error:
            raise StoreUnavailable(type(error).__name__) from error

    def _connect(self) -> sqlite3.Connection:
        pooled = self._engine.raw_connection()
        connection = pooled.driver_connection
        assert isinstance(connection, sqlite3.Connection)
        pooled.detach()
        return connection

    @contextmanager
    def _on_postgresql(self) -> Iterator[Any]:
        connection = self._lookups.connection()
        try:
            connection.execute("BEGIN")
        except psycopg.OperationalError:
            # The server may have gone and come back since: once more, on a new connection.
            self._lookups.close()
            connection = self._lookups.connection()
            connection.execute("BEGIN")
        try:
            yield connection
            connection.execute("COMMIT")
        except BaseException:
            try:
                connection.execute("ROLLBACK")
            except psycopg.Error:
                self._lookups.close()
            raise

    def close(self) -> None:
        """Close SQLite's connection; the next write opens one again. PostgreSQL's is the lookups'."""
        self._on_sqlite.close()
