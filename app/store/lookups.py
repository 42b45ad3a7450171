"""Reads for the verification path: one prepared statement on a connection per thread.

An ORM read costs several times the SELECT itself. A lookup is written as a SQLAlchemy statement,
compiled once, and run on the driver's own autocommit connection, so every read sees the newest
commit of whichever worker or machine made it.
"""

import os
import sqlite3
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import psycopg
from sqlalchemy import Engine, Select

from .engine import WAIT_SECONDS, postgresql_arguments
from .prepared import Prepared
from .unit_of_work import StoreUnavailable

DRIVER_ERRORS = (sqlite3.Error, psycopg.Error)


class Lookups:
    """The read connections of one process, one a thread, opened when first needed."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._local = threading.local()
        # A connection must not cross a fork: the child would share the parent's socket.
        os.register_at_fork(after_in_child=self._forget)

    def first(self, statement: Select[*tuple[Any, ...]]) -> Callable[..., tuple[Any, ...] | None]:
        """A function from the statement's parameters, by name, to its first row or None."""
        rows = self.all(statement)

        def first(**parameters: Any) -> tuple[Any, ...] | None:
            found = rows(**parameters)
            return found[0] if found else None

        return first

    def all(self, statement: Select[*tuple[Any, ...]]) -> Callable[..., list[tuple[Any, ...]]]:
        """A function from the statement's parameters, by name, to its rows as the driver has them.

        It raises StoreUnavailable if the database cannot answer.
        """
        prepared = Prepared(statement, self._engine.dialect)
        sql, arguments = prepared.sql, prepared.arguments
        return lambda **parameters: self._run(sql, arguments(parameters))

    def _run(self, sql: str, parameters: Any) -> list[tuple[Any, ...]]:
        connection = getattr(self._local, "connection", None)
        if connection is not None:
            try:
                return connection.execute(sql, parameters).fetchall()  # type: ignore[no-any-return]
            except DRIVER_ERRORS:
                # The server may have gone and come back since: once more, on a new connection.
                self._drop(connection)
        try:
            connection = self._local.connection = self._connect()
            return connection.execute(sql, parameters).fetchall()  # type: ignore[no-any-return]
        except DRIVER_ERRORS as error:
            if connection is not None:
                self._drop(connection)
            raise StoreUnavailable(type(error).__name__) from error

    def connection(self) -> Any:
        """This thread's connection, opened if it has none. Raises the driver's errors."""
        connection = getattr(self._local, "connection", None)
        if connection is None:
            connection = self._local.connection = self._connect()
        return connection

    def _connect(self) -> Any:
        url = self._engine.url
        if self._engine.dialect.name == "sqlite":
            connection = sqlite3.connect(
                url.database or ":memory:", timeout=WAIT_SECONDS, isolation_level=None
            )
            connection.execute("PRAGMA query_only=ON")
            connection.execute("PRAGMA cache_size=-256")
            return connection
        arguments = url.translate_connect_args(username="user", database="dbname")
        return psycopg.connect(
            autocommit=True,
            prepare_threshold=0,
            **{**url.query, **arguments, **postgresql_arguments()},
        )

    def close(self) -> None:
        """Close this thread's connection; the next read opens one again."""
        connection = getattr(self._local, "connection", None)
        if connection is not None:
            self._drop(connection)

    def _drop(self, connection: Any) -> None:
        self._local.connection = None
        with suppress(*DRIVER_ERRORS):
            connection.close()

    def _forget(self) -> None:
        self._local = threading.local()
