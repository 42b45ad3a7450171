"""Reads for the verification path: one prepared statement on the driver's own connection.

An ORM read costs several times the SELECT itself. A lookup is written as a SQLAlchemy statement,
compiled once, and run on an autocommit connection, so every read sees the newest commit of whichever
worker or machine made it.
"""

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

    def first(
        self, statement: Select[*tuple[Any, ...]], **parameters: Any
    ) -> tuple[Any, ...] | None:
        """The first row as the driver has it, or None. Raises what ``all`` raises."""
        found = self.all(statement, **parameters)
        return found[0] if found else None

    def all(self, statement: Select[*tuple[Any, ...]], **parameters: Any) -> list[tuple[Any, ...]]:
        """The rows as the driver has them. ``statement`` is built once, and compiled once.

        Raises StoreUnavailable if the database cannot answer.
        """
        known = prepared(statement, self._dialect)
        return self._run(known.sql, known.arguments(parameters))

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
