"""The search for users: one text finds a user by uid or UUID (whole), by the beginning of username or e-mail
address, or by customer (the whole id, or the beginning of the name).

The search has stages, one after the other: the exact matches, the names, then each customer. A place names
its stage.
"""

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, bindparam, exists, func, literal_column, or_, select

from ...store.models import Customer, LoginName, User
from ..core import Core
from ..names import folded
from ..refusals import Refusal, Refused
from .scanning import SCATTERED_WINDOW, Column, Place, Scan, scan

# Sorts after every character that a name may have.
LAST = "\U0010ffff"
# The customers of one search, and stages of one call, at most.
MAX_CUSTOMERS = 1_000
STAGES_AT_ONCE = 12

_UID = re.compile(r"[1-9]\d{0,17}", re.ASCII)
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)


def by_username(filters: Sequence[Column], *leading: Column) -> Scan:
    """Users in order of username. Without ``leading``, the first filter leads."""
    if not leading:
        leading, filters = tuple(filters[:1]), filters[1:]
    return Scan(User, (_username, _id), leading, filters, window=SCATTERED_WINDOW)


def _username(entity: Any) -> Any:
    return entity.username


def _id(entity: Any) -> Any:
    return entity.id


class _Stage(NamedTuple):
    """A part of a search: the next one begins where it has ended. ``types`` are those of its places."""

    name: str
    scan: Scan
    types: tuple[type, ...]


def searched(
    core: Core, search: str, filters: Sequence[Column], after: str | None, limit: int
) -> tuple[list[Place], str | None]:
    """Places that end with the ids of the users, at most ``limit``, and where the next page begins.

    ``filters`` are conditions of a user. Raises Refused(NOT_FOUND) for an ``after`` that no page gave.
    """
    wanted, place = _read_cursor(after)
    found: list[Place] = []
    visited = 0
    for stage in _stages(core, search, filters):
        if not visited and wanted not in (None, stage.name):
            continue
        if len(found) == limit or visited == STAGES_AT_ONCE:
            return found, json.dumps([stage.name])
        if place and not _is_place(place, stage.types):
            raise _no_such_place()
        places, end = scan(core, stage.scan, place, limit - len(found))
        found += places
        if end is not None:
            return found, json.dumps([stage.name, *end])
        place = None
        visited += 1
    if not visited:
        raise _no_such_place()
    return found, None


def _read_cursor(after: str | None) -> tuple[str | None, Place | None]:
    """The stage, and the place after which the page begins."""
    if after is None:
        return None, None
    try:
        name, *place = json.loads(after)
    except (ValueError, TypeError, RecursionError):
        raise _no_such_place() from None
    return str(name), tuple(place) or None


def _is_place(place: Place, types: tuple[type, ...]) -> bool:
    """Whether the values are such as a name and an id are: the database may be asked for no others."""
    return tuple(map(type, place)) == types and all(
        it.isprintable() if isinstance(it, str) else 0 < it < 2**63 for it in place
    )


def _no_such_place() -> Refused:
    return Refused(Refusal.NOT_FOUND, "no such place: begin the list anew")


def _stages(core: Core, search: str, filters: Sequence[Column]) -> Iterator[_Stage]:
    exact = _exact(core, search.lower())
    if exact:
        leading = [lambda entity: entity.id.in_(exact), *filters]
        yield _Stage("id", Scan(User, (_id,), leading), (int,))
    prefix = folded(search)
    others = [
        # A user with both names in the range is found by the lower one.
        lambda entity: ~_has_name(prefix, entity.user_id, below=entity.name),
        *(_of_owner(condition) for condition in filters),
    ]
    if exact:
        others.append(lambda entity: entity.user_id.not_in(exact))
    in_order = _in_order(core)
    named = Scan(
        LoginName,
        (in_order, lambda entity: entity.user_id),
        [lambda entity: in_order(entity) < prefix + LAST],
        others,
        begin=lambda entity: in_order(entity) >= prefix,
        window=SCATTERED_WINDOW,
    )
    yield _Stage("name", named, (str, int))
    for customer_id in _customers(core, search):
        of_customer = _of_customer(customer_id)
        unnamed = [*filters, lambda entity: ~_has_name(prefix, entity.id)]
        yield _Stage(customer_id, by_username(unnamed, of_customer), (str, int))


def _in_order(core: Core) -> Column:
    """The folded name, ordered by its characters and not by a language: as its beginning is compared."""
    if core.store.backend == "sqlite":
        return lambda entity: entity.name
    return lambda entity: entity.name.collate("C")


def _has_name(prefix: str, user_id: Any, below: Any = None) -> ColumnElement[bool]:
    """Whether the user has a login name that begins so (and is lower than ``below``)."""
    begins = func.substr(LoginName.name, 1, len(prefix)) == prefix
    conditions = [] if below is None else [LoginName.name < below]
    return exists().where(LoginName.user_id == user_id, begins, *conditions)


def _of_owner(condition: Column) -> Column:
    return lambda entity: exists().where(User.id == entity.user_id, condition(User))


def _of_customer(customer_id: str) -> Column:
    return lambda entity: entity.customer_id == customer_id


_BY_ID = select(User.id).where(User.id == bindparam("id"))
_BY_UUID = select(User.id).where(User.uuid == bindparam("uuid"))


def _exact(core: Core, search: str) -> list[int]:
    """The user with this uid or UUID."""
    if _UID.fullmatch(search):
        found = core.store.read(_BY_ID, id=int(search))
    elif _UUID.fullmatch(search):
        found = core.store.read(_BY_UUID, uuid=search)
    else:
        found = []
    return [row[0] for row in found]


_CUSTOMERS = (
    select(Customer.id)
    .where(
        or_(
            Customer.id == bindparam("text"),
            func.lower(func.substr(Customer.name, 1, bindparam("length"))) == bindparam("text"),
        )
    )
    .order_by(Customer.id)
    .limit(literal_column(str(MAX_CUSTOMERS)))
)


def _customers(core: Core, search: str) -> list[str]:
    """The customers with this id, or with a name that begins so. There are few: all of them are read."""
    if "\0" in search:
        return []
    given = {"text": search.lower(), "length": len(search)}
    return [customer_id for (customer_id,) in core.store.read(_CUSTOMERS, **given)]
