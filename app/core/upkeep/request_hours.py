"""Hourly counts of the requests at a door, by the time of their answer.

A request writes nothing for them. Once in a purge interval one worker of each master adds what the workers
have counted in memory since.
"""

from collections.abc import Sequence

from sqlalchemy import bindparam, delete
from sqlalchemy.dialects import postgresql

from ...store.figures import RequestHour
from ..core import Core

HOUR = 3_600

_INSERT = postgresql.insert(RequestHour).inline()
# The same SQL runs on PostgreSQL and SQLite.
_ADD = _INSERT.on_conflict_do_update(
    index_elements=[RequestHour.hour, RequestHour.door, RequestHour.bound],
    set_={"count": RequestHour.count + _INSERT.excluded.count},
)
_OLD = delete(RequestHour).where(RequestHour.hour < bindparam("due"))


def add(core: Core, door: str, counts: Sequence[int]) -> None:
    """Add requests to the hour of now, by bucket (``listings.timelines.BOUNDS``). Raises StoreUnavailable."""
    now = core.clock.now()
    hour = int(now // HOUR) * HOUR
    rows = [
        {"hour": hour, "door": door, "bound": bound, "count": count}
        for bound, count in enumerate(counts)
        if count
    ]
    if not rows:
        return
    with core.store.write() as writing:
        writing.execute_many(_ADD, rows)


def purge(core: Core) -> None:
    """Delete the counts that are older than the policy keeps them."""
    with core.store.write() as writing:
        writing.execute(_OLD, {"due": core.clock.now() - core.policy.stats_retention_seconds})
