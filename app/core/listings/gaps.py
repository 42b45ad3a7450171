"""Where the audit trail has none of the events that are asked for: a list skips these hours.

No index leads to all events of a kind or a dialect: it would cost every login. The hourly counts say in which
hours there are any.
"""

from typing import NamedTuple

from sqlalchemy import bindparam, func, literal_column, select

from ...store.figures import EventHour, Figure
from ...store.models import AuditEvent
from ..core import Core
from .event_filter import EventFilter
from .scanning import Place

HOUR = 3_600

_MARK = select(Figure.number).where(Figure.name == "event_hours").scalar_subquery()
_COUNTED_UNTIL = select(AuditEvent.at).where(AuditEvent.id == _MARK)


class Stretch(NamedTuple):
    """Where to read on: after ``place``, and down to ``since`` if it is set. ``over``: nothing is left."""

    place: Place | None
    since: int | None = None
    over: bool = False


def next_stretch(core: Core, which: EventFilter, place: Place | None) -> Stretch:
    """The next hours that may have such events: those that do not are skipped.

    Nothing is skipped where the counts may not be complete: in the last hour before the events that are not
    counted yet, and if counts are kept for a shorter time than events.
    """
    if which.event is None and which.dialect is None:
        return Stretch(place)
    if core.policy.stats_retention_seconds < core.policy.audit_retention_seconds + HOUR:
        return Stretch(place)
    at = which.until if place is None else place[0]
    counted = core.store.first(_COUNTED_UNTIL)
    if counted is None:
        return Stretch(place)
    complete_until = int(counted[0]) - HOUR
    if at is None or at > complete_until:
        return Stretch(place, complete_until)
    hour = _last_hour(core, which, at)
    if hour is None or (which.since is not None and hour + HOUR <= which.since):
        return Stretch(None, over=True)
    return Stretch((hour + HOUR, 0), hour) if hour + HOUR < at else Stretch(place)


_FIRST_FROM = (
    select(AuditEvent.at, AuditEvent.id)
    .where(AuditEvent.at >= bindparam("since"))
    .order_by(AuditEvent.at, AuditEvent.id)
    .limit(literal_column("1"))
)


def place_from(core: Core, since: int) -> Place | None:
    """The place of the first event from then on: whoever has read down to it goes on there."""
    return core.store.first(_FIRST_FROM, since=since)


_HOURS = select(func.max(EventHour.hour)).where(EventHour.hour <= bindparam("at"))
_OF_EVENT = EventHour.event == bindparam("event")
_OF_DIALECT = EventHour.dialect == bindparam("dialect")
# By what is asked for.
_LAST_HOUR = {
    ("event",): _HOURS.where(_OF_EVENT),
    ("dialect",): _HOURS.where(_OF_DIALECT),
    ("event", "dialect"): _HOURS.where(_OF_EVENT, _OF_DIALECT),
}


def _last_hour(core: Core, which: EventFilter, at: float) -> int | None:
    """The last hour until then that has such events."""
    given = {
        name: str(value)
        for name, value in (("event", which.event), ("dialect", which.dialect))
        if value is not None
    }
    ((hour,),) = core.store.read(_LAST_HOUR[tuple(given)], at=at, **given)
    return None if hour is None else int(hour)
