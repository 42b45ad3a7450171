"""Column types whose Python and SQL forms differ, for SQLite and PostgreSQL alike."""

from collections.abc import Iterable
from typing import Annotated, Any

from sqlalchemy import Double, String
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import mapped_column
from sqlalchemy.types import TypeDecorator

# NumericDate (RFC 7519): seconds since the epoch in UTC. A plain double, so that the verification
# path compares what the driver hands over, with no conversion per row.
NumericDate = Annotated[float, mapped_column(Double())]


class Names(TypeDecorator[frozenset[str]]):
    """A set of names (roles, permissions), kept sorted and space-delimited like an OAuth scope."""

    impl = String(1000)
    cache_ok = True

    def process_bind_param(self, value: Iterable[str] | None, dialect: Dialect) -> str:
        names = sorted(set(value or ()))
        if any(not name or any(character.isspace() for character in name) for name in names):
            raise ValueError("a role or permission is a word without white space")
        return " ".join(names)

    def process_result_value(self, value: Any | None, dialect: Dialect) -> frozenset[str]:
        return frozenset((value or "").split())
