"""Figures that cost too much to find out for each look: the leader of the purge keeps them in the database.

They are counts of rows, and how many live sessions there are of each dialect, client and key.
"""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from sqlalchemy import bindparam, func, select, text
from sqlalchemy.dialects import postgresql

from ...store.faults import StoreUnavailable
from ...store.figures import Figure
from ...store.models import Session
from ..core import Core
from . import purge

PURGED, ROWS, SESSIONS = "purged", "rows", "sessions"
# The sessions are counted at most so often, and the count takes at most such a part of a leader's time.
EVERY_SECONDS = 300
SHARE = 0.01
# A scan of ten million rows takes PostgreSQL some seconds.
SCAN_SECONDS = 60
# SQLite reads the table in so many parts, with pauses between them.
PARTS = 16

_INSERT = postgresql.insert(Figure).inline()
# The same SQL runs on PostgreSQL and SQLite.
_KEEP = _INSERT.on_conflict_do_update(
    index_elements=[Figure.name],
    set_={"at": _INSERT.excluded.at, "value": _INSERT.excluded.value},
)
_KEPT = select(Figure.at, Figure.value).where(Figure.name == bindparam("name"))
_GROUPS = (Session.dialect, Session.client_id, Session.key_id)
_LIVE = (
    select(*_GROUPS, func.count())
    .where(
        Session.id >= bindparam("first"),
        Session.id <= bindparam("last"),
        Session.expires_at > bindparam("now"),
        Session.ended_at.is_(None),
    )
    .group_by(*_GROUPS)
)


def keep(core: Core, deleted: dict[str, int], pause: Callable[[], None] = lambda: None) -> None:
    """Keep what a purge has deleted (rows by table), and count what is due. Raises StoreUnavailable."""
    now = core.clock.now()
    save(core, PURGED, now, deleted)
    if _is_due(core, now):
        started = time.monotonic()
        # A database that needs too long for the count must not stop the purge from working.
        with suppress(StoreUnavailable):
            live = _live_sessions(core, now, pause)
            rows = [list(line) for line in purge.count_rows(core)]
            save(core, ROWS, now, rows)
            value = {"live": live, "seconds": time.monotonic() - started}
            save(core, SESSIONS, now, value)


def save(core: Core, name: str, at: float, value: Any) -> None:
    row = {"name": name, "at": at, "value": json.dumps(value)}
    with core.store.write() as writing:
        writing.execute(_KEEP, row)


def _is_due(core: Core, now: float) -> bool:
    row = core.store.first(_KEPT, name=SESSIONS)
    if row is None:
        return True
    wait = max(EVERY_SECONDS, json.loads(row[1])["seconds"] / SHARE)
    # One from the future was written before the clock was set back.
    return not 0 <= now - row[0] < wait


def _live_sessions(core: Core, now: float, pause: Callable[[], None]) -> list[list[Any]]:
    """Rows of dialect, client id, key id and count. A disabled user's sessions have ended, so none counts."""
    found: dict[tuple[Any, ...], int] = {}
    with _reader(core) as read:
        for first, last in _parts(1 if core.store.backend == "postgresql" else PARTS):
            for *group, count in read({"first": first, "last": last, "now": now}):
                key = tuple(group)
                found[key] = found.get(key, 0) + count
            pause()
    return [[*group, count] for group, count in sorted(found.items(), key=str)]


def _parts(number: int) -> Iterator[tuple[int, int]]:
    """The range of session ids, which are random and spread evenly, in parts."""
    width = 2**63 // number
    for part in range(number):
        yield part * width, (part + 1) * width - 1


@contextmanager
def _reader(core: Core) -> Iterator[Callable[[dict[str, Any]], list[Any]]]:
    if core.store.backend == "sqlite":
        yield lambda given: core.store.read(_LIVE, **given)
        return
    with core.store.write(seconds=SCAN_SECONDS) as writing:
        writing.execute(text(f"SET LOCAL statement_timeout = '{SCAN_SECONDS}s'"))
        yield lambda given: writing.execute(_LIVE, given).all()
