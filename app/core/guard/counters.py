"""The guard's counters: rows of failures, counted in one statement, with a pause and an end.

``throttle`` says what is counted and when a pause begins.
"""

import hashlib
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Double,
    bindparam,
    case,
    delete,
    or_,
    select,
    update,
)
from sqlalchemy.dialects import postgresql

from ...store.models import Throttle
from ...store.store import Writing

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

THROTTLE = select(Throttle.failures, Throttle.paused_until).where(Throttle.key == bindparam("of"))

_NOW: BindParameter[float] = bindparam("now", type_=Double())
_FORGET_AT: BindParameter[float] = bindparam("forget_at", type_=Double())
_UNTIL: BindParameter[float] = bindparam("until", type_=Double())
_FORGOTTEN = Throttle.expires_at <= _NOW


def _counting(begins_anew: ColumnElement[bool], otherwise: Any) -> Any:
    """An upsert that adds one. Where ``begins_anew`` it sets the count to one, and an end; else the end
    is ``otherwise``. PostgreSQL's statement, and SQLite's word for word."""
    return (
        postgresql.insert(Throttle)
        .values(key=bindparam("of"), failures=1, paused_until=0.0, expires_at=_FORGET_AT)
        .on_conflict_do_update(
            index_elements=[Throttle.key],
            set_={
                "failures": case((begins_anew, 1), else_=Throttle.failures + 1),
                "expires_at": case((begins_anew, _FORGET_AT), else_=otherwise),
            },
        )
        .returning(Throttle.failures, Throttle.paused_until)
    )


_COUNT_IN_A_ROW = _counting(_FORGOTTEN, _FORGET_AT)
# A window from the future is one of a clock that was set back since.
_COUNT_IN_WINDOW = _counting(or_(_FORGOTTEN, Throttle.expires_at > _FORGET_AT), Throttle.expires_at)
_PAUSE = (
    update(Throttle)
    .where(Throttle.key == bindparam("of"))
    .values(
        paused_until=_UNTIL,
        expires_at=case((Throttle.expires_at < _UNTIL, _UNTIL), else_=Throttle.expires_at),
    )
)
_SHORTEN = (
    update(Throttle)
    .where(Throttle.key == bindparam("of"), Throttle.paused_until > _UNTIL)
    .values(paused_until=_UNTIL)
)
_CLEAR = delete(Throttle).where(Throttle.key == bindparam("of"))


def key_of(kind: str, *parts: str) -> bytes:
    return hashlib.sha256("\0".join((kind, *parts)).encode()).digest()


def count(
    writing: Writing, now: float, key: bytes, forget_at: float, *, prolong: bool
) -> tuple[int, float]:
    """Add one in one statement, so that concurrent failures all count; the count, and its pause.

    ``prolong`` counts failures in a row, however slow; otherwise a window opens with the first.
    """
    statement = _COUNT_IN_A_ROW if prolong else _COUNT_IN_WINDOW
    parameters = {"of": key, "now": now, "forget_at": forget_at}
    failures, until = writing.execute(statement, parameters).one()
    return failures, until


def pause(writing: Writing, key: bytes, until: float) -> None:
    """Let a counter rest until then, and be kept as long."""
    writing.execute(_PAUSE, {"of": key, "until": until})


def shorten(writing: Writing, key: bytes, until: float) -> None:
    """Let a counter rest no longer than until then."""
    writing.execute(_SHORTEN, {"of": key, "until": until})


def clear(writing: Writing, key: bytes) -> bool:
    """Forget a counter; whether there was one."""
    return writing.execute(_CLEAR, {"of": key}).rowcount > 0
