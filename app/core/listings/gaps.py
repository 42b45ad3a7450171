"""Where the audit trail has none of the events that are asked for: a list skips these hours.

No index leads to all events of a kind or a dialect: it would cost every login. The hourly counts say in which
hours there are any.
"""

from sqlalchemy import func, select

from ...store.figures import EventHour, Figure
from ...store.models import AuditEvent
from ..core import Core
from .event_filter import EventFilter
from .scanning import Place

HOUR = 3_600

_MARK = select(Figure.number).where(Figure.name == "event_hours").scalar_subquery()
_COUNTED_UNTIL = select(AuditEvent.at).where(AuditEvent.id == _MARK)


def skipped(core: Core, which: EventFilter, place: Place | None) -> tuple[Place | None, bool]:
    """The place from which to read on, and whether there is nothing any more.

    Nothing is skipped where the counts may not be complete: in the last hour before the events that are not
    counted yet, and if counts are kept for a shorter time than events.
    """
    if which.event is None and which.dialect is None:
        return place, False
    if core.policy.stats_retention_seconds < core.policy.audit_retention_seconds + HOUR:
        return place, False
    at = which.until if place is None else place[0]
    counted = core.store.first(_COUNTED_UNTIL)
    if at is None or counted is None or at > counted[0] - HOUR:
        return place, False
    hour = _last_hour(core, which, at)
    if hour is None:
        return None, True
    return ((hour + HOUR, 0) if hour + HOUR < at else place), False


def _last_hour(core: Core, which: EventFilter, at: float) -> int | None:
    """The last hour until then that has such events."""
    statement = select(func.max(EventHour.hour)).where(EventHour.hour <= at)
    if which.event is not None:
        statement = statement.where(EventHour.event == which.event.value)
    if which.dialect is not None:
        dialect = which.dialect.replace("\0", "\n")
        statement = statement.where(EventHour.dialect == dialect)
    ((hour,),) = core.store.read(statement)
    return None if hour is None else int(hour)
