"""The store: one way to read and one way to write, alike on SQLite and on PostgreSQL.

A statement is SQLAlchemy's. It is a constant of the module that asks, and is compiled once. It runs on the
driver's own connection, because SQLAlchemy's engine, pool and results cost several times what a row does.
Values have the Python types that SQLAlchemy would give them.

Errors are the same on both databases. ``StoreUnavailable``: the database cannot be asked just now; the
answer is 503. ``Conflict``: a unique or foreign key is violated. Everything else (a misspelt column, a wrong
type, a missing parameter) is a bug of ours. It is the driver's own error, KeyError or TypeError; it is
logged, and the answer is 500.
"""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Dialect
from sqlalchemy.sql.elements import CompilerElement

from .connections import Connections
from .faults import DRIVER_ERRORS, told
from .opening import PATIENCE_SECONDS
from .postgresql_writer import PostgresqlWriter
from .sqlite_writer import SqliteWriter
from .statements import Compiled, Row, Statements

_NONE: Mapping[str, Any] = {}


class Result:
    """What a statement did in a transaction."""

    def __init__(self, compiled: Compiled, cursor: Any) -> None:
        self._compiled = compiled
        self._cursor = cursor

    @property
    def rowcount(self) -> int:
        """How many rows an UPDATE or DELETE changed; of other statements, the drivers differ."""
        return int(self._cursor.rowcount)

    def all(self) -> list[Row]:
        return self._compiled.rows(self._cursor)

    def first(self) -> Row | None:
        found = self.all()
        return found[0] if found else None

    def one(self) -> Row:
        """The only row of a statement that always has one, as an INSERT with RETURNING does."""
        (row,) = self.all()
        return row


class Writing:
    """A transaction under way."""

    def __init__(self, statements: Statements, connection: Any) -> None:
        self._statements = statements
        self._connection = connection
        self.backend = statements.backend

    def sql(self, statement: CompilerElement, names: tuple[str, ...]) -> str:
        """What ``execute`` with parameters of these names runs, with placeholders for values."""
        return self._statements.compiled(statement, names).sql

    def execute(self, statement: CompilerElement, parameters: Mapping[str, Any] = _NONE) -> Result:
        """Run one statement. An INSERT that names no columns itself has those of ``parameters``."""
        compiled = self._statements.compiled(statement, tuple(parameters))
        cursor = self._connection.execute(compiled.sql, compiled.arguments(parameters))
        return Result(compiled, cursor)

    def execute_many(self, statement: CompilerElement, rows: Sequence[Mapping[str, Any]]) -> None:
        """Run a statement once for each of the rows, which all have the same names."""
        if rows:
            compiled = self._statements.compiled(statement, tuple(rows[0]))
            self._connection.cursor().executemany(compiled.sql, map(compiled.arguments, rows))

    def insert_rows(
        self, table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]
    ) -> None:
        """Insert many rows as fast as the database takes them; values are as its driver takes them."""
        names = ", ".join(columns)
        # SQLite undoes a transaction when its connection is closed, but not before its cursors are.
        with closing(self._connection.cursor()) as cursor:
            if self._statements.backend == "postgresql":
                with cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
                    for row in rows:
                        copy.write_row(row)
                return
            marks = ", ".join("?" * len(columns))
            # The names are our own.
            cursor.executemany(f"INSERT INTO {table} ({names}) VALUES ({marks})", rows)  # noqa: S608


class Store:
    """The database of one process, at ``url``; ``backend`` is "sqlite" or "postgresql"."""

    def __init__(self, connections: Connections, dialect: Dialect) -> None:
        self._connections = connections
        self._statements = Statements(dialect)
        self.backend = dialect.name
        self.url = connections.opener.url
        self._sqlite = SqliteWriter(connections.opener.sqlite)
        self._postgresql = PostgresqlWriter(connections)
        # A connection must not cross a fork, in which SQLite would lose its locks.
        os.register_at_fork(after_in_child=self._sqlite.forget)

    def sql(self, statement: CompilerElement, names: tuple[str, ...] | None = None) -> str:
        """What ``read`` runs, or a write with parameters of these names; with placeholders for values."""
        return self._statements.compiled(statement, names).sql

    def read(self, statement: CompilerElement, **parameters: Any) -> list[Row]:
        """All rows. Takes no lock, and sees the newest commit of whichever process made it.

        Raises StoreUnavailable.
        """
        compiled = self._statements.compiled(statement)
        connections = self._connections
        connection = None
        try:
            arguments = compiled.arguments(parameters)
            connection = connections.take()
            try:
                found = compiled.rows(connection.execute(compiled.sql, arguments))
            except DRIVER_ERRORS as error:
                # The server may have gone and come back since: once more, on a new connection.
                connection = connections.instead_of(connection, error)
                found = compiled.rows(connection.execute(compiled.sql, arguments))
        except BaseException as error:
            if connection is not None:
                connections.drop(connection, error)
            refused = told(error)
            if refused is None:
                raise
            raise refused from error
        connections.give(connection)
        return found

    def first(self, statement: CompilerElement, **parameters: Any) -> Row | None:
        """The first row, or None. Raises StoreUnavailable."""
        found = self.read(statement, **parameters)
        return found[0] if found else None

    @contextmanager
    def write(
        self, *, alone: bool = False, seconds: float | None = PATIENCE_SECONDS
    ) -> Iterator[Writing]:
        """A transaction: committed when the block has ended, undone if it raises.

        On SQLite it has the write lock from its beginning, so that what it reads is still true when it
        writes, and short transactions share a commit. Say ``alone`` for one of many rows, so that no
        short one waits for its commit. On PostgreSQL all its waits together take at most ``seconds``.

        Raises StoreUnavailable and Conflict.
        """
        try:
            with self._transaction(alone, seconds) as connection:
                yield Writing(self._statements, connection)
        except DRIVER_ERRORS as error:
            refused = told(error)
            if refused is None:
                raise
            raise refused from error

    def write_at_once(self, statement: CompilerElement, parameters: Mapping[str, Any]) -> bool:
        """One statement in a transaction of its own, unless it would have to wait for another writer.

        Whether it ran. Raises StoreUnavailable and Conflict.
        """
        compiled = self._statements.compiled(statement, tuple(parameters))
        writer = self._sqlite if self.backend == "sqlite" else self._postgresql
        try:
            return writer.at_once(compiled.sql, compiled.arguments(parameters))
        except DRIVER_ERRORS as error:
            refused = told(error)
            if refused is None:
                raise
            raise refused from error

    def _transaction(self, alone: bool, seconds: float | None) -> AbstractContextManager[Any]:
        if self.backend != "sqlite":
            return self._postgresql.transaction(seconds)
        return self._sqlite.alone() if alone else self._sqlite.transaction()

    @property
    def file(self) -> Path | None:
        """SQLite's file, which the first read or write makes if it is missing; None of PostgreSQL."""
        return self._connections.opener.file

    def check_pooler(self) -> None:
        """Raises StoreUnavailable where a pooler in front of PostgreSQL would lose prepared statements."""
        self._connections.check_pooler()

    def close(self) -> None:
        """Close the connections that are not in use. The next read or write opens a new one."""
        self._connections.close()
        self._sqlite.close()
