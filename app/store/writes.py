"""The writes that happen all day, a login's and a refresh's, as prepared statements.

They are a row or two each, and the engine's pool, events and results cost more than the rows do. All
other writes go through ``unit_of_work.transaction``, which keeps the same promises.
"""

import os
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

import psycopg
from sqlalchemy import Connection, Engine
from sqlalchemy.sql.elements import CompilerElement

from . import unit_of_work
from .lookups import DRIVER_ERRORS, Lookups
from .prepared import Prepared
from .unit_of_work import StoreUnavailable, turn

# States that pass without anybody mending the program, as ``unit_of_work.PASSING`` is for the engine.
PASSING = (
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
    """SQLite's writers take turns, on one connection; PostgreSQL's have that of their thread's reads."""

    def __init__(self, engine: Engine, lookups: Lookups) -> None:
        self._engine = engine
        self._lookups = lookups
        self._prepared: dict[CompilerElement, Prepared] = {}
        self._sqlite: sqlite3.Connection | None = None
        # A connection must not cross a fork, in which SQLite would lose its locks.
        os.register_at_fork(after_in_child=self._forget)

    def prepared(self, statement: CompilerElement, parameters: Mapping[str, Any]) -> Prepared:
        found = self._prepared.get(statement)
        if found is None:
            found = Prepared(statement, self._engine.dialect, parameters)
            self._prepared[statement] = found
        return found

    @contextmanager
    def transaction(self) -> Iterator[Writing]:
        """Commit when the block ends, roll back if it raises. Raises StoreUnavailable."""
        with turn(self._engine):
            connection = self._begun()
            try:
                yield Writing(self, connection)
                connection.execute("COMMIT")
            except BaseException as error:
                self._roll_back(connection)
                if isinstance(error, PASSING):
                    raise StoreUnavailable(type(error).__name__) from error
                raise

    def _begun(self) -> Any:
        try:
            if self._engine.dialect.name == "sqlite":
                return self._begun_on_sqlite()
            connection = self._lookups.connection()
            try:
                connection.execute("BEGIN")
            except psycopg.Error:
                # The server may have gone and come back since: once more, on a new connection.
                self._lookups.close()
                connection = self._lookups.connection()
                connection.execute("BEGIN")
        except (*DRIVER_ERRORS, *unit_of_work.PASSING) as error:
            raise StoreUnavailable(type(error).__name__) from error
        return connection

    def _begun_on_sqlite(self) -> sqlite3.Connection:
        if self._sqlite is None:
            pooled = self._engine.raw_connection()
            connection = pooled.driver_connection
            assert isinstance(connection, sqlite3.Connection)
            pooled.detach()
            self._sqlite = connection
        self._sqlite.execute("BEGIN IMMEDIATE")
        return self._sqlite

    def _roll_back(self, connection: Any) -> None:
        try:
            connection.execute("ROLLBACK")
        except DRIVER_ERRORS:
            self.close()

    def close(self) -> None:
        """Close the connection; the next write opens one again."""
        if self._engine.dialect.name != "sqlite":
            self._lookups.close()
        elif self._sqlite is not None:
            connection, self._sqlite = self._sqlite, None
            with suppress(sqlite3.Error):
                connection.close()

    def _forget(self) -> None:
        self._sqlite = None
