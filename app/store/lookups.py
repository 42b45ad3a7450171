"""Reads for the verification path: one prepared statement on the driver's own connection.

An ORM read costs several times the SELECT itself. A lookup is written as a SQLAlchemy statement,
compiled once, and run on an autocommit connection, so every read sees the newest commit of whichever
worker or machine made it.
"""

from collections.abc import Callable
from typing import Any

from sqlalchemy import Dialect, Select

from .connections import Connections
from .faults import DRIVER_ERRORS, unavailable
from .prepared import prepared


class Lookups:
    """Reads on the process's connections, each with a connection to itself meanwhile."""

    def __init__(self, connections: Connections, dialect: Dialect) -> None:
        self._connections = connections
        self._dialect = dialect
        self.close = connections.close

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
        known = prepared(statement, self._dialect)
        sql, arguments = known.sql, known.arguments
        return lambda **parameters: self._run(sql, arguments(parameters))

    def _run(self, sql: str, parameters: Any) -> list[tuple[Any, ...]]:
        connections = self._connections
        connection = None
        try:
            connection = connections.take()
            try:
                found = connection.execute(sql, parameters).fetchall()
            except DRIVER_ERRORS as error:
                # The server may have gone and come back since: once more, on a new connection.
                connection = connections.instead_of(connection, error)
                found = connection.execute(sql, parameters).fetchall()
        except BaseException as error:
            if connection is not None:
                connections.drop(connection, error)
            refused = unavailable(error)
            if refused is None:
                raise
            raise refused from error
        connections.give(connection)
        return found  # type: ignore[no-any-return]
