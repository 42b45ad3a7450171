"""SQLAlchemy statements, compiled once each, as the database's driver takes them.

A statement is known by its identity (``id``). A constant of a module is compiled once in a process. One that
is built for a call is compiled for that call, and forgotten when Python frees it: this costs some hundred
microseconds and keeps no memory. Nor does it fill the database's: both drivers keep about a hundred
prepared statements per connection, and drop the one that was used least recently. A statement with a list
(``IN``) must have all its values in itself, since the length of the list is part of its SQL.
"""

import weakref
from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import Boolean, Dialect, Float, Insert, LargeBinary
from sqlalchemy.sql.elements import CompilerElement
from sqlalchemy.types import TypeEngine

# Both drivers take these as Python has them.
_AS_THEY_ARE = (Boolean, Float, LargeBinary)

Convert = Callable[[Any], Any]
Row = tuple[Any, ...]


class Compiled:
    """One statement for one kind of database.

    ``sql`` is what the driver runs, ``arguments`` makes what goes with it from parameters by name (KeyError
    or the driver's error for one that is missing). It holds no reference to the statement.
    """

    def __init__(
        self, statement: CompilerElement, dialect: Dialect, names: tuple[str, ...] | None
    ) -> None:
        compiled: Any = statement.compile(
            dialect=dialect,
            column_keys=names if isinstance(statement, Insert) else None,
            compile_kwargs={"render_postcompile": True},
        )
        if unknown := sorted(set(names or ()) - set(compiled.bind_names.values())):
            raise KeyError(f"the statement has no parameter {', '.join(unknown)}")
        self.sql = str(compiled)
        self.arguments = _arguments(compiled, dialect)
        self._dialect = dialect
        self._types: list[TypeEngine[Any]] = [
            column.type for column in getattr(statement, "exported_columns", ())
        ]
        # By the column's position; None until a result has told the driver's types.
        self.conversions: list[tuple[int, Convert]] | None = None

    def rows(self, cursor: Any) -> list[Row]:
        """All rows of a result, each value as SQLAlchemy would give it."""
        found: list[Row] = cursor.fetchall()
        conversions = self.conversions
        if conversions is None:
            conversions = self.conversions = self._conversions(cursor.description)
        return [_converted(row, conversions) for row in found] if conversions else found

    def _conversions(self, description: Any) -> list[tuple[int, Convert]]:
        if len(self._types) != len(description):
            return []  # plain SQL (``text``): SQLAlchemy knows no types of it either
        found: list[tuple[int, Convert]] = []
        for position, (type_, column) in enumerate(zip(self._types, description, strict=True)):
            convert = type_.dialect_impl(self._dialect).result_processor(self._dialect, column[1])
            if convert is not None:
                found.append((position, convert))
        return found


def _converted(row: Row, conversions: list[tuple[int, Convert]]) -> Row:
    for at, convert in conversions:
        row = (*row[:at], convert(row[at]), *row[at + 1 :])
    return row


KNOWN: dict[type[Dialect], dict[Any, Compiled]] = {}


class Statements:
    """What has been compiled for one kind of database, in the whole process."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self.backend = dialect.name
        self._known = KNOWN.setdefault(type(dialect), {})

    def compiled(
        self, statement: CompilerElement, names: tuple[str, ...] | None = None
    ) -> Compiled:
        """``names`` are the parameters of a write, and the columns of an INSERT that names none itself. None
        is a read.

        Raises KeyError for a name that the statement does not have, and TypeError for a read that writes.
        """
        key = (id(statement), names)
        found = self._known.get(key)
        if found is None:
            if names is None and getattr(statement, "is_dml", False):
                raise TypeError("a statement that writes is not for Store.read")
            found = self._known[key] = Compiled(statement, self._dialect, names)
            # Before another object can have the same id.
            weakref.finalize(statement, self._known.pop, key, None).atexit = False
        return found


def _arguments(compiled: Any, dialect: Dialect) -> Callable[[Mapping[str, Any]], Any]:
    required = {name for bind, name in compiled.bind_names.items() if bind.required}
    # A literal value in the statement becomes a parameter for the driver too.
    fixed = {name: value for name, value in compiled.params.items() if name not in required}
    defaults = {column.key: column.default for column in compiled.insert_prefetch}
    conversions = _bind_conversions(compiled, dialect)

    def convert(name: str, value: Any) -> Any:
        return conversions[name](value) if name in conversions else value

    fixed = {
        name: convert(name, _default(defaults[name]) if name in defaults else value)
        for name, value in fixed.items()
    }
    conversions = {name: known for name, known in conversions.items() if name in required}
    if not compiled.positional:
        if not conversions:
            return lambda parameters: {**fixed, **parameters}
        return lambda parameters: {
            **fixed,
            **{name: convert(name, value) for name, value in parameters.items()},
        }
    order = tuple(compiled.positiontup)
    if conversions:
        return lambda parameters: tuple(
            [fixed[name] if name in fixed else convert(name, parameters[name]) for name in order]
        )
    if not fixed:
        return lambda parameters: tuple([parameters[name] for name in order])

    def arguments(parameters: Mapping[str, Any]) -> tuple[Any, ...]:
        values = {**fixed, **parameters}
        return tuple([values[name] for name in order])

    return arguments


def _default(default: Any) -> Any:
    return default.arg if default.is_scalar else default.arg(None)


def _bind_conversions(compiled: Any, dialect: Dialect) -> dict[str, Convert]:
    found = {}
    for bind, name in compiled.bind_names.items():
        type_ = bind.type
        if not isinstance(type_, _AS_THEY_ARE):
            convert = type_.dialect_impl(dialect).bind_processor(dialect)
            if convert is not None:
                found[name] = convert
    return found
