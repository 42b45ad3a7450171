"""The audit trail for operators: user, address, dialect or door, and the reason of a refusal."""

import time
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from sqlalchemy import bindparam, func, select

from ...store.models import AuditEvent, User
from ..core import Core
from ..refusals import Refusal, Refused
from ..sessions.tokens import session_name
from . import gaps, origins
from .event_filter import EventFilter
from .scanning import WINDOW, Column, Page, Place, Scan, chunks, equals, from_address, scan

OVERLAP = 1_000
# After so long, a call looks at no further part of the trail.
LOOK_SECONDS = 0.04


class AuditLine(NamedTuple):
    """An event. ``username`` is the current name of the user, None if there is none.

    If ``times`` is above one, the line counts the events of a minute, and ``request_id`` is of the first.
    """

    id: int
    at: float
    event: str
    reason: str | None
    dialect: str | None
    address: str | None
    username: str | None
    session: str | None
    request_id: str | None
    note: str | None
    times: int
    operator: str | None


_EVENTS = select(
    AuditEvent.id,
    AuditEvent.at,
    AuditEvent.event,
    AuditEvent.reason,
    AuditEvent.dialect,
    AuditEvent.address,
    User.username,
    AuditEvent.session_id,
    AuditEvent.request_id,
    AuditEvent.note,
    AuditEvent.count,
    AuditEvent.operator,
).outerjoin(User, User.id == AuditEvent.user_id)
_BEYOND = _EVENTS.where(AuditEvent.id > bindparam("last")).order_by(AuditEvent.id)
_AT = select(AuditEvent.at).where(AuditEvent.id == bindparam("id"))
_LAST_ID = select(func.max(AuditEvent.id))


EVERYTHING = EventFilter()
# Above every event's id: a place with it is behind all events of its moment.
NO_ID = 2**63 - 1


def events(
    core: Core, which: EventFilter = EVERYTHING, *, limit: int, before: int | None = None
) -> Page[AuditLine]:
    """A page of the events that match, the newest first; only those before the event with id ``before``.

    The page may have fewer lines than ``limit`` although there is a next one: see ``scanning``. Raises
    Refused(NOT_FOUND) if the event ``before`` does not exist any more, or the address or the dialect is none.
    """
    origins.refuse_unknown(which.dialect, origins.doors(core))
    place: Place | None = _position(core, before) if before is not None else None
    found: list[Place] = []
    started = time.monotonic()
    while True:
        stretch = gaps.next_stretch(core, which, place)
        if stretch.over:
            place = None
            break
        part = which
        if stretch.since is not None and stretch.since > (which.since or 0):
            part = which._replace(since=stretch.since)
        places, place = scan(core, _scan(core, part), stretch.place, limit - len(found))
        found += places
        if place is None and part is not which and stretch.since is not None:
            # The stretch is over. The list goes on before it.
            place = gaps.place_from(core, stretch.since)
        if place is None or len(found) == limit or time.monotonic() - started > LOOK_SECONDS:
            break
    return Page(lines(core, [one[1] for one in found]), None if place is None else str(place[1]))


def _scan(core: Core, which: EventFilter) -> Scan:
    times: list[Column] = []
    begin: Column | None = None
    if which.since is not None:
        times.append(lambda entity: entity.at >= which.since)
    if which.until is not None:
        begin = lambda entity: entity.at < which.until  # noqa: E731, as those of the list are
    others = [
        equals(name, str(value))
        for name, value in (("event", which.event), ("dialect", which.dialect))
        if value is not None
    ]
    leading = [] if which.address is None else [from_address(which.address)]
    sort = False
    if which.user_id is not None:
        of_user = equals("user_id", which.user_id)
        # The index of users has not the order of time. Where a user has many events, the order of time soon
        # meets some.
        sort = which.address is None and not _has_many(core, which.user_id)
        if sort or which.address is not None:
            leading.append(of_user)
        else:
            others.append(of_user)
    if sort:
        others, times = [*others, *times, *([begin] if begin else [])], []
    return Scan(
        AuditEvent,
        (_at, _id),
        [*leading, *times],
        others,
        descending=True,
        sort=sort,
        begin=None if sort else begin,
    )


def _at(entity: Any) -> Any:
    return entity.at


def _id(entity: Any) -> Any:
    return entity.id


# Of a column that the index has, so that no row is read.
_MANY = (
    select(AuditEvent.user_id)
    .where(AuditEvent.user_id == bindparam("user"))
    .limit(1)
    .offset(WINDOW)
)


def _has_many(core: Core, user_id: int) -> bool:
    return core.store.first(_MANY, user=user_id) is not None


def lines(core: Core, ids: Sequence[int]) -> list[AuditLine]:
    """The events with these ids, in their order; without those that are gone."""
    found = {
        row[0]: _line(row)
        for some in chunks(ids)
        for row in core.store.read(_EVENTS.where(AuditEvent.id.in_(some)))
    }
    return [found[id_] for id_ in ids if id_ in found]


def _position(core: Core, event_id: int) -> tuple[float, int]:
    row = core.store.first(_AT, id=event_id)
    if row is None:
        raise Refused(Refusal.NOT_FOUND, "no such event: begin the list anew")
    return row[0], event_id


EXPORT_CHUNK = 1_000


def export(core: Core, which: EventFilter = EVERYTHING) -> Iterator[list[AuditLine]]:
    """Yields all events that match, the newest first, some at a time: memory does not grow with them."""
    origins.refuse_unknown(which.dialect, origins.doors(core))
    which = which._replace(until=core.clock.now() + 1 if which.until is None else which.until)
    place = None
    while True:
        places, place = scan(core, _scan(core, which), place, EXPORT_CHUNK)
        if places:
            yield lines(core, [found[1] for found in places])
        if place is None:
            return


def follow(core: Core) -> Iterator[list[AuditLine]]:
    """Yields, without end, the events added since the last step."""
    last = _last_id(core)
    seen = {line.id for line in _after(core, last)}
    while True:
        lines = _after(core, last)
        yield [line for line in lines if line.id not in seen]
        seen = {line.id for line in lines}
        last = max(seen, default=last)


def _last_id(core: Core) -> int:
    ((last,),) = core.store.read(_LAST_ID)
    return last or 0


def _after(core: Core, last: int) -> list[AuditLine]:
    """The events after id ``last``, and OVERLAP ids before: PostgreSQL may commit a lower id later."""
    return [_line(row) for row in core.store.read(_BEYOND, last=last - OVERLAP)]


def _line(row: tuple[Any, ...]) -> AuditLine:
    line = AuditLine(*row)
    return line._replace(session=session_name(int(line.session)) if line.session else None)
