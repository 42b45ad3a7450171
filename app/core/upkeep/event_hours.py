"""Hourly counts of audit events, by dialect, event and reason: what plots of 90 days are drawn from.

``count_up`` adds what is new, in batches. The counts and the mark of what is counted are written in one
transaction, so a crash loses nothing and counts nothing twice. There are two sorts of rows:

- A row of one event never changes. Such rows are counted in order of id, up to the mark.
- A row that counts several events grows. It says itself how much of it is counted (``tallied``).

PostgreSQL gives out ids before the commit, so a lower id may become visible after a higher one. The mark
therefore moves only to an id below which nothing can appear any more: one that was the highest before every
transaction began that is now under way. That takes three rounds. Until then, readers add the rest themselves.
SQLite has one writer: the highest id is always such an id.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from sqlalchemy import Integer, bindparam, case, delete, func, select, text, update
from sqlalchemy.dialects import postgresql

from ...store.figures import EventHour, Figure
from ...store.models import AuditEvent
from ...store.store import Writing
from ..core import Core

NAME = "event_hours"
HOUR = 3_600

_MOST: Any = bindparam("most", type_=Integer)
_KIND = (AuditEvent.at, AuditEvent.dialect, AuditEvent.event, AuditEvent.reason)
_ONE_EACH = AuditEvent.aggregate.is_(None)

_MARK = select(Figure.number, Figure.value).where(Figure.name == NAME).with_for_update()
# The same SQL runs on PostgreSQL and SQLite.
_FIRST_MARK = postgresql.insert(Figure).inline().on_conflict_do_nothing()
_MOVE = (
    update(Figure)
    .where(Figure.name == NAME)
    .values(number=bindparam("counted"), at=bindparam("now"), value=bindparam("waiting"))
)
_HIGHEST = select(func.coalesce(func.max(AuditEvent.id), 0))
_SNAPSHOT = text(
    "SELECT pg_snapshot_xmin(now)::text::bigint, pg_snapshot_xmax(now)::text::bigint"
    " FROM pg_current_snapshot() AS now"
)
_NEW = (
    select(AuditEvent.id, *_KIND)
    .where(_ONE_EACH, AuditEvent.id > bindparam("after"), AuditEvent.id <= bindparam("upto"))
    .order_by(AuditEvent.id)
    .limit(_MOST)
)
_GROWN = (
    select(AuditEvent.id, *_KIND, AuditEvent.count, AuditEvent.tallied)
    .where(AuditEvent.aggregate.is_not(None), AuditEvent.count != AuditEvent.tallied)
    .order_by(AuditEvent.id)
    .limit(_MOST)
    # One that is being counted up now waits for the next round.
    .with_for_update(skip_locked=True)
)
_TALLIED = (
    update(AuditEvent).where(AuditEvent.id == bindparam("of")).values(tallied=bindparam("counted"))
)
_INSERT = postgresql.insert(EventHour).inline()
_KEY = [EventHour.hour, EventHour.dialect, EventHour.event, EventHour.reason]
_ADD = _INSERT.on_conflict_do_update(
    index_elements=_KEY, set_={"count": EventHour.count + _INSERT.excluded.count}
)
_LIFT = _INSERT.on_conflict_do_update(
    index_elements=_KEY,
    set_={
        "count": case(
            (_INSERT.excluded.count > EventHour.count, _INSERT.excluded.count),
            else_=EventHour.count,
        )
    },
)


class _Mark(NamedTuple):
    """All rows up to the id ``counted`` are counted.

    ``candidate`` is the id that the mark may move to. ``since`` is the first transaction id that began after
    the candidate was found; None until a later round has noted it.
    """

    counted: int
    candidate: int | None = None
    since: int | None = None


class Kind(NamedTuple):
    hour: int
    dialect: str
    event: str
    reason: str


def kind_of(at: float, dialect: str | None, event: str, reason: str | None) -> Kind:
    return Kind(int(at // HOUR) * HOUR, dialect or "", event, reason or "")


def count_up(core: Core, pause: Callable[[], None] = lambda: None) -> None:
    """Count what has happened since the last time. ``pause`` is called after each batch.

    Raises StoreUnavailable.
    """
    while _count_grown(core):
        pause()
    while _count_new(core):
        pause()


def _count_grown(core: Core) -> bool:
    """Count a batch of the rows that have grown. Returns whether there may be more."""
    most = core.policy.purge_batch_rows
    with core.store.write(alone=True) as writing:
        found = writing.execute(_GROWN, {"most": most}).all()
        added: Counter[Kind] = Counter()
        for _, *kind, count, tallied in found:
            added[kind_of(*kind)] += count - tallied
        _write(writing, _ADD, added)
        tallies = [{"of": row[0], "counted": row[-2]} for row in found]
        writing.execute_many(_TALLIED, tallies)
    return len(found) == most


def _count_new(core: Core) -> bool:
    """Count a batch of the rows after the mark. Returns whether there are more that can be counted."""
    most = core.policy.purge_batch_rows
    with core.store.write(alone=True) as writing:
        before = mark = _locked_mark(core, writing)
        upto, mark = _settled(core, writing, mark)
        found = writing.execute(_NEW, {"after": mark.counted, "upto": upto, "most": most}).all()
        _write(writing, _ADD, Counter(kind_of(*kind) for _, *kind in found))
        more = len(found) == most
        mark = mark._replace(counted=max(mark.counted, found[-1][0] if more else upto))
        if mark != before:
            _save(core, writing, mark)
    return more


def _settled(core: Core, writing: Writing, mark: _Mark) -> tuple[int, _Mark]:
    """Up to which id all rows are there that will ever be, and the mark with its next candidate."""
    ((highest,),) = writing.execute(_HIGHEST).all()
    if core.store.backend == "sqlite":
        return highest, mark
    ((oldest, following),) = writing.execute(_SNAPSHOT).all()
    if mark.candidate is None or mark.candidate <= mark.counted:
        return mark.counted, _Mark(mark.counted, highest)
    if mark.since is None:
        # A round later: whoever took a lower id has by now a transaction id below this one.
        return mark.counted, mark._replace(since=following)
    return (mark.candidate if oldest >= mark.since else mark.counted), mark


def _locked_mark(core: Core, writing: Writing) -> _Mark:
    """The mark. Whoever holds it counts alone."""
    found = writing.execute(_MARK).first()
    if found is None:
        first = {"name": NAME, "at": core.clock.now(), "number": 0, "value": "[null, null]"}
        writing.execute(_FIRST_MARK, first)
        found = writing.execute(_MARK).first()
        assert found is not None, "it was inserted, here or by another"
    candidate, since = json.loads(found[1])
    return _Mark(found[0], candidate, since)


def _save(core: Core, writing: Writing, mark: _Mark) -> None:
    waiting = json.dumps([mark.candidate, mark.since])
    given = {"counted": mark.counted, "now": core.clock.now(), "waiting": waiting}
    writing.execute(_MOVE, given)


def _write(writing: Writing, statement: Any, counts: Counter[Kind]) -> None:
    # In one order, so that two who write cannot deadlock.
    writing.execute_many(
        statement, [{**kind._asdict(), "count": counts[kind]} for kind in sorted(counts)]
    )


_LOWER = (
    update(Figure)
    .where(Figure.name == NAME, Figure.number > _HIGHEST.scalar_subquery())
    .values(number=_HIGHEST.scalar_subquery())
)


def after_purge(core: Core, writing: Writing) -> None:
    """Lower the mark after a deletion of the newest rows: SQLite gives their ids out again."""
    if core.store.backend == "sqlite":
        writing.execute(_LOWER)


_OLD = delete(EventHour).where(EventHour.hour < bindparam("due"))


def purge(core: Core) -> None:
    """Delete the counts that are older than the policy keeps them."""
    with core.store.write() as writing:
        writing.execute(_OLD, {"due": core.clock.now() - core.policy.stats_retention_seconds})


_SPAN = select(func.min(AuditEvent.at), func.max(AuditEvent.at))
_OF_HOUR = AuditEvent.at >= bindparam("begin"), AuditEvent.at < bindparam("end")
_COUNTED = func.sum(
    case(
        (AuditEvent.aggregate.is_not(None), AuditEvent.tallied),
        (AuditEvent.id <= bindparam("mark"), 1),
        else_=0,
    )
)
_RECOUNT = (
    select(AuditEvent.dialect, AuditEvent.event, AuditEvent.reason, _COUNTED)
    .where(*_OF_HOUR)
    .group_by(AuditEvent.dialect, AuditEvent.event, AuditEvent.reason)
)
_EMPTY = delete(EventHour).where(EventHour.hour == bindparam("which"))


def rebuild(core: Core, pause: Callable[[], None] = lambda: None) -> int:
    """Count every hour of the audit trail anew, an hour in a transaction. Returns the number of hours.

    Counts of hours whose events are purged already stay. In the oldest hour of the trail some may be purged,
    so there a count is only raised.
    """
    ((oldest, newest),) = core.store.read(_SPAN)
    if oldest is None:
        return 0
    first = int(oldest // HOUR) * HOUR
    hours = range(first, int(max(newest, core.clock.now())) + 1, HOUR)
    for hour in hours:
        _recount(core, hour, _LIFT if hour == first else _ADD)
        pause()
    return len(hours)


def _recount(core: Core, hour: int, statement: Any) -> None:
    with core.store.write(alone=True) as writing:
        mark = _locked_mark(core, writing).counted
        if statement is _ADD:
            writing.execute(_EMPTY, {"which": hour})
        given = {"begin": hour, "end": hour + HOUR, "mark": mark}
        found: Iterable[Any] = writing.execute(_RECOUNT, given).all()
        counts = Counter({kind_of(hour, *kind): int(count) for *kind, count in found if count})
        _write(writing, statement, counts)
