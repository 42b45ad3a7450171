"""What comes due when a clock is turned: counted from the rows, decided by nobody in here."""

from typing import Any

from sqlalchemy import bindparam, func, select

from app.core.core import Core
from app.core.upkeep import leader
from app.store.models import AccessCode, Session, Throttle


def _count(column: Any, *counts: Any) -> Any:
    within = column > bindparam("before"), column <= bindparam("after")
    return select(func.count()).where(*within, *counts)


_ENDED = {
    "sessions": _count(Session.expires_at, Session.ended_at.is_(None)),
    "tokens": _count(Session.access_expires_at, Session.ended_at.is_(None)),
    "pauses": _count(Throttle.paused_until),
    "codes": _count(AccessCode.expires_at, AccessCode.revoked_at.is_(None)),
}


def between(core: Core, before: float, after: float) -> dict[str, int]:
    """How many sessions, tokens, pauses and codes ended after ``before``, and up to ``after``."""
    found = {
        name: core.store.first(statement, before=before, after=after)
        for name, statement in _ENDED.items()
    }
    return {name: row[0] if row else 0 for name, row in found.items()}


def keep_house(core: Core) -> None:
    """What the service's housekeeping thread does once a minute: a world has no such thread."""
    core.tally.flush()
    core.touches.flush()
    leader.work(core)
