"""A SQLAlchemy statement, compiled once, as the driver takes it."""

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import Dialect
from sqlalchemy.sql.elements import CompilerElement


class Prepared:
    """``sql``, and ``arguments``: from parameters by name to what the driver wants beside it.

    ``names`` are the columns that an INSERT or UPDATE gets parameters for, where its own words do
    not say so.
    """

    def __init__(
        self, statement: CompilerElement, dialect: Dialect, names: tuple[str, ...] | None = None
    ) -> None:
        compiled: Any = statement.compile(
            dialect=dialect, column_keys=None if names is None else list(names)
        )
        self.sql = str(compiled)
        self.arguments = _arguments(compiled)


_PREPARED: dict[tuple[CompilerElement, type[Dialect], tuple[str, ...] | None], Prepared] = {}


def prepared(
    statement: CompilerElement, dialect: Dialect, names: tuple[str, ...] | None = None
) -> Prepared:
    """The statement, compiled once in a process for each kind of database.

    A statement is remembered by its identity, and kept for ever: it should be a constant of a module.
    """
    key = (statement, type(dialect), names)
    found = _PREPARED.get(key)
    if found is None:
        found = _PREPARED[key] = Prepared(statement, dialect, names)
    return found


def _arguments(compiled: Any) -> Callable[[Mapping[str, Any]], Any]:
    # A value that stands in the statement itself is a parameter to the driver all the same.
    fixed = {name: bind.value for bind, name in compiled.bind_names.items() if not bind.required}
    if not compiled.positional:
        return lambda parameters: {**fixed, **parameters}
    order = tuple(compiled.positiontup)
    if not fixed:
        return lambda parameters: tuple([parameters[name] for name in order])

    def arguments(parameters: Mapping[str, Any]) -> tuple[Any, ...]:
        values = {**fixed, **parameters}
        return tuple([values[name] for name in order])

    return arguments
