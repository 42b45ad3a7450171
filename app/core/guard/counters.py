"""The guard's counters: rows of failures, counted in one statement, with a pause and an end.

``throttle`` says what is counted and when a pause begins.
"""

import hashlib

from sqlalchemy import Connection, bindparam, case, or_, select, update
from sqlalchemy.dialects import postgresql

from ...store.models import Throttle

THROTTLES_OF = select(
    Throttle.key, Throttle.failures, Throttle.paused_until, Throttle.expires_at
).where(
    or_(
        *(
            Throttle.key == bindparam(name)
            for name in ("name_key", "door_key", "address_key", "events_key")
        )
    )
)

THROTTLE = select(Throttle.failures, Throttle.paused_until).where(Throttle.key == bindparam("key"))


def key_of(kind: str, *parts: str) -> bytes:
    return hashlib.sha256("\0".join((kind, *parts)).encode()).digest()


def count(
    connection: Connection, now: float, key: bytes, forget_at: float, *, prolong: bool
) -> tuple[int, float]:
    """Add one in one statement, so that concurrent failures all count; the count, and its pause.

    ``prolong`` counts failures in a row, however slow; otherwise a window opens with the first.
    """
    # PostgreSQL's statement, and SQLite's word for word.
    statement = postgresql.insert(Throttle).values(
        key=key, failures=1, paused_until=0.0, expires_at=forget_at
    )
    forgotten = Throttle.expires_at <= now
    if not prolong:
        # A window from the future is one of a clock that was set back since.
        forgotten = or_(forgotten, Throttle.expires_at > forget_at)
    running = case((forgotten, 1), else_=Throttle.failures + 1)
    keep = Throttle.expires_at if not prolong else forget_at
    upsert = statement.on_conflict_do_update(
        index_elements=[Throttle.key],
        set_={"failures": running, "expires_at": case((forgotten, forget_at), else_=keep)},
    ).returning(Throttle.failures, Throttle.paused_until)
    failures, until = connection.execute(upsert).one()
    return failures, until


def pause(connection: Connection, key: bytes, until: float) -> None:
    connection.execute(
        update(Throttle)
        .where(Throttle.key == key)
        .values(
            paused_until=until,
            expires_at=case((Throttle.expires_at < until, until), else_=Throttle.expires_at),
        )
    )
