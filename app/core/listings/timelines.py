"""What happened in a day, a week or 90 days, by hour or day: logins, refusals, ends, verifications.

Events come from hourly counts; what is not counted yet is added from the trail itself.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from enum import Enum
from typing import Any, NamedTuple

from sqlalchemy import (
    BigInteger,
    Select,
    bindparam,
    cast,
    func,
    literal_column,
    select,
    union_all,
)

from ...store.figures import EventHour, Figure, RequestHour
from ...store.models import AuditEvent
from .. import policy
from ..audit import Event
from ..core import Core

HOUR = 3_600
# Events that are not counted yet and are added at each look; beyond them, ``complete`` is false.
UNCOUNTED = 50_000
DOOR = "verify"
# The upper bounds, in seconds, of the buckets in which requests are counted by the time of their answer.
# There is one more bucket, beyond the last. Rows of ``request_hours`` have their positions.
BOUNDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5)


class Span(Enum):
    """How far back the figures go, and the width of a point on the plot, both in seconds."""

    DAY = (policy.DAY, HOUR)
    WEEK = (7 * policy.DAY, 6 * HOUR)
    QUARTER = (90 * policy.DAY, policy.DAY)

    def __init__(self, seconds: int, step: int) -> None:
        self.seconds = seconds
        self.step = step
        self.points = seconds // step


SPANS = {"24h": Span.DAY, "7d": Span.WEEK, "90d": Span.QUARTER}


class Series(NamedTuple):
    """One line of a plot: its name, and a number for each point of time."""

    name: str
    counts: list[int]

    @property
    def total(self) -> int:
        return sum(self.counts)


class Timeline(NamedTuple):
    """What happened in a span. ``times`` are NumericDates: the first second of each point, in UTC.

    ``logins`` are by dialect, ``refusals`` by reason, ``endings`` (sessions that somebody ended) by reason.
    ``verified`` are the requests at ``/verify``, and ``p99`` the seconds within which 99 of 100 of them were
    answered: the bucket's upper bound, None where there was none or it is above the last bound. ``complete``
    is false while the leader has still to count many events, as after an upgrade.
    """

    span: Span
    times: list[int]
    logins: list[Series]
    refusals: list[Series]
    endings: list[Series]
    verified: list[int]
    p99: list[float | None]
    complete: bool


_LOGINS = frozenset({Event.LOGIN.value})
_REFUSALS = frozenset({Event.LOGIN_REFUSED.value, Event.TOKEN_REUSED.value})
_ENDINGS = frozenset({Event.SESSION_ENDED.value, Event.SESSIONS_ENDED.value})
_MARK = select(Figure.number).where(Figure.name == "event_hours").scalar_subquery()
_AFTER_MARK = AuditEvent.id > func.coalesce(_MARK, 0)


def _events(step: int, backend: str) -> Select[Any]:
    """Counts by point, dialect, event and reason, in one statement: it sees one state of the counting."""
    width = literal_column(str(step), BigInteger)

    def point(at: Any) -> Any:
        part = at / literal_column(f"{step}.0")
        return cast(part if backend == "sqlite" else func.floor(part), BigInteger) * width

    dialect = func.coalesce(AuditEvent.dialect, "").label("dialect")
    reason = func.coalesce(AuditEvent.reason, "").label("reason")
    then = (EventHour.hour // width * width).label("point")
    counted = (
        select(
            then,
            EventHour.dialect,
            EventHour.event,
            EventHour.reason,
            cast(func.sum(EventHour.count), BigInteger).label("count"),
        )
        .where(EventHour.hour >= bindparam("begin"), EventHour.hour < bindparam("end"))
        .group_by(then, EventHour.dialect, EventHour.event, EventHour.reason)
    )
    new = (
        select(
            point(AuditEvent.at).label("point"),
            dialect,
            AuditEvent.event,
            reason,
            literal_column("1").label("count"),
        )
        .where(AuditEvent.aggregate.is_(None), _AFTER_MARK)
        .order_by(AuditEvent.id.desc())
        .limit(UNCOUNTED)
    )
    grown = (
        select(
            point(AuditEvent.at).label("point"),
            dialect,
            AuditEvent.event,
            reason,
            (AuditEvent.count - AuditEvent.tallied).label("count"),
        )
        .where(AuditEvent.aggregate.is_not(None), AuditEvent.count != AuditEvent.tallied)
        .limit(UNCOUNTED)
    )
    parts = [select(*part.subquery().c) for part in (counted, new, grown)]
    every = union_all(*parts).subquery().c
    kind = (every.point, every.dialect, every.event, every.reason)
    return (
        select(*kind, cast(func.sum(every.count), BigInteger))
        .where(every.point >= bindparam("begin"), every.point < bindparam("end"))
        .group_by(*kind)
    )


_EVENTS = {
    (span, backend): _events(span.step, backend)
    for span in Span
    for backend in ("sqlite", "postgresql")
}
_IS_BEHIND = (
    select(AuditEvent.id)
    .where(_AFTER_MARK)
    .order_by(AuditEvent.id)
    .limit(literal_column("1"))
    .offset(literal_column(str(UNCOUNTED)))
)
_REQUESTS = {
    span: select(
        (RequestHour.hour // literal_column(str(span.step), BigInteger) * span.step).label("point"),
        RequestHour.bound,
        cast(func.sum(RequestHour.count), BigInteger),
    )
    .where(
        RequestHour.door == DOOR,
        RequestHour.hour >= bindparam("begin"),
        RequestHour.hour < bindparam("end"),
    )
    .group_by(literal_column("1"), RequestHour.bound)
    for span in Span
}


def timeline(core: Core, span: Span) -> Timeline:
    """The figures of a span that ends now. Its last point is not over yet. Raises StoreUnavailable."""
    end = (int(core.clock.now()) // span.step + 1) * span.step
    begin = end - span.points * span.step
    events = core.store.read(_EVENTS[span, core.store.backend], begin=begin, end=end)
    requests = core.store.read(_REQUESTS[span], begin=begin, end=end)
    buckets = [[0] * (len(BOUNDS) + 1) for _ in range(span.points)]
    for point, bound, count in requests:
        buckets[(point - begin) // span.step][min(bound, len(BOUNDS))] += count

    def series(which: frozenset[str], name: int) -> list[Series]:
        return _series(
            span,
            ((row[0] - begin, row[name], row[4]) for row in events if row[2] in which),
        )

    return Timeline(
        span=span,
        times=list(range(begin, end, span.step)),
        logins=series(_LOGINS, 1),
        refusals=series(_REFUSALS, 3),
        endings=series(_ENDINGS, 3),
        verified=[sum(counts) for counts in buckets],
        p99=[percentile(counts, 99) for counts in buckets],
        complete=core.store.first(_IS_BEHIND) is None,
    )


def _series(span: Span, rows: Iterable[tuple[int, str, int]]) -> list[Series]:
    """A series for each name, the one with the highest total first."""
    found: dict[str, list[int]] = defaultdict(lambda: [0] * span.points)
    for offset, name, count in rows:
        found[name][offset // span.step] += count
    series = [Series(name, counts) for name, counts in found.items()]
    return sorted(series, key=lambda one: (-one.total, one.name))


def percentile(counts: Sequence[int], percent: int) -> float | None:
    """The upper bound of the bucket in which so many percent are reached; None without any, or beyond all."""
    wanted = sum(counts) * percent / 100
    if not wanted:
        return None
    reached = 0
    for bound, count in zip(BOUNDS, counts, strict=False):
        reached += count
        if reached >= wanted:
            return bound
    return None
