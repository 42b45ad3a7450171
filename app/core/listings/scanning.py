"""Pages of a list, in the order of an index (keyset paging), with a bound on how many rows one call reads.

A page begins after a place: the values of the order's columns in the last row before it. So a deep page costs
what the first one does. Conditions of the index lead the scan. Other conditions are checked on the rows that
the scan meets. They may match few of many rows, so one call looks at no more than WINDOW rows: a page may be
short, or empty, and still have a next one.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Generic, NamedTuple, TypeVar

from sqlalchemy import ColumnElement, Select, select, tuple_

from ..audit.networks import network_of
from ..core import Core
from ..refusals import Refusal, Refused

WINDOW = 20_000
FIRST_LOOK = 500
# Where each row costs a look at another place of the disk.
SCATTERED_WINDOW = 5_000
# Rows that are read by their ids in one statement. Databases limit how many parameters one may have.
CHUNK = 500

Line = TypeVar("Line")
Place = tuple[Any, ...]
# A column or a condition, of a table or of a part of it.
Column = Callable[[Any], ColumnElement[Any]]


@dataclass(frozen=True)
class Page(Generic[Line]):
    """A page of a list. ``next`` is where the next one begins; None if there is none."""

    lines: list[Line]
    next: str | None


class Scan(NamedTuple):
    """What to read of ``model``: in the order of ``keys``. The first ``unique`` of them are unique together
    (None: all); only these order the rows, the others are read with them.

    ``leading`` are conditions that the order's index can use, ``others`` are all others. ``begin`` is the
    bound of the first key at which the list begins: after a place it says nothing, and would only make SQLite
    begin there. With ``sort``, no index has the order: the rows of ``leading`` are few, and sorted. Of more
    than WINDOW some are left out. ``window`` is how many rows one call reads to find those that meet
    ``others``.
    """

    model: Any
    keys: tuple[Column, ...]
    leading: Sequence[Column] = ()
    others: Sequence[Column] = ()
    descending: bool = False
    unique: int | None = None
    sort: bool = False
    begin: Column | None = None
    window: int | None = None


def scan(
    core: Core, which: Scan, after: Place | None, limit: int
) -> tuple[list[Place], Place | None]:
    """The next places after ``after``, at most ``limit``, and where the next page begins."""
    model = which.model
    led = [condition(model) for condition in which.leading]
    if after is not None:
        beyond = [_beyond(which, after)]
    else:
        beyond = [] if which.begin is None else [which.begin(model)]
    if which.sort:
        part = _part(which, led).limit(WINDOW).subquery().c
        conditions = [condition(part) for condition in which.others]
        beyond = [] if after is None else [_beyond(which, after, part)]
        found = core.store.read(_ordered(which, part, [*conditions, *beyond]).limit(limit + 1))
        return _cut(found, limit, None)
    in_order = _ordered(which, model, [*led, *beyond])
    if not which.others:
        return _cut(core.store.read(in_order.limit(limit + 1)), limit, None)
    # Where many rows match, few have to be read.
    most = which.window or WINDOW
    for rows in (FIRST_LOOK, most):
        window = _part(which, [*led, *beyond]).order_by(*_order(which, model)).limit(rows)
        part = window.subquery().c
        met = _ordered(which, part, [condition(part) for condition in which.others])
        found = core.store.read(met.limit(limit + 1))
        if len(found) > limit:
            return _cut(found, limit, None)
        end = core.store.first(in_order.offset(rows - 1).limit(1))
        if end is None:
            break
    return found, end


class _Used:
    """Stands for a table, and notes which of its columns are asked for."""

    def __init__(self, model: Any) -> None:
        self.columns: dict[str, ColumnElement[Any]] = {}
        self._model = model

    def __getattr__(self, name: str) -> ColumnElement[Any]:
        column: ColumnElement[Any] = getattr(self._model, name)
        self.columns[name] = column
        return column


def _part(which: Scan, conditions: Sequence[ColumnElement[bool]]) -> Select[Any]:
    """The rows to look at, with the columns that the rest of the scan needs. All would be slow to compile."""
    used = _Used(which.model)
    for column in (*which.keys, *which.others):
        column(used)
    return select(*used.columns.values()).where(*conditions)


def _cut(found: list[Place], limit: int, end: Place | None) -> tuple[list[Place], Place | None]:
    return (found[:limit], found[limit - 1]) if len(found) > limit else (found, end)


def _ordered(which: Scan, entity: Any, conditions: Sequence[ColumnElement[bool]]) -> Select[Any]:
    columns = [key(entity) for key in which.keys]
    return select(*columns).where(*conditions).order_by(*_order(which, entity))


def _order(which: Scan, entity: Any) -> list[ColumnElement[Any]]:
    keys = [key(entity) for key in which.keys[: which.unique]]
    return [key.desc() for key in keys] if which.descending else keys


def _beyond(which: Scan, place: Place, entity: Any = None) -> ColumnElement[bool]:
    keys: list[Any] = [
        key(which.model if entity is None else entity) for key in which.keys[: which.unique]
    ]
    row = tuple_(*keys) if len(keys) > 1 else keys[0]
    at: Any = place[: which.unique] if len(keys) > 1 else place[0]
    beyond: ColumnElement[bool] = row < at if which.descending else row > at
    return beyond


def equals(name: str, value: object) -> Column:
    """The condition that a column has this value. A NUL, which no text of a database has, matches none."""
    if isinstance(value, str):
        value = value.replace("\0", "\n")
    return lambda entity: getattr(entity, name) == value


def from_address(address: str) -> Column:
    """The condition that a row's network is that of a client address.

    Raises Refused(NOT_FOUND) if the text is no IP address.
    """
    network = network_of(address)
    if network is None:
        raise Refused(Refusal.NOT_FOUND, "that is not an IP address")
    return equals("network", network)


def chunks(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    """The ids, in lists that one statement can take."""
    for start in range(0, len(ids), CHUNK):
        yield ids[start : start + CHUNK]


def filled(
    page: Callable[[str | None, int], Page[Line]], after: str | None, limit: int
) -> Page[Line]:
    """Pages together, until there are ``limit`` lines or no next page: for callers who can wait."""
    found: list[Line] = []
    while True:
        part = page(after, limit - len(found))
        found += part.lines
        after = part.next
        if after is None or len(found) >= limit:
            return Page(found, after)
