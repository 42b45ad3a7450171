"""The counters of the brute-force protection: a row has a number of failures, a pause and an expiry.

``throttle`` decides what is counted and when a pause begins.
"""

import hashlib
from enum import StrEnum, unique
from typing import Any, NamedTuple

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


@unique
class Kind(StrEnum):
    """What a counter that has caused a pause counts: a login name, a client address, or the two together."""

    NAME = "name"
    ADDRESS = "address"
    PAIR = "pair"


class Subject(NamedTuple):
    """What is paused. ``user_id`` is the user whose login name it is, if anybody's."""

    kind: Kind
    network: str | None = None
    user_id: int | None = None


THROTTLES_OF = select(
    Throttle.key, Throttle.failures, Throttle.paused_until, Throttle.expires_at
).where(
    or_(
        *(
            Throttle.key == bindparam(name)
            for name in ("name_key", "pair_key", "address_key", "events_key")
        )
    )
)

THROTTLE = select(Throttle.failures, Throttle.paused_until).where(Throttle.key == bindparam("of"))

_NOW: BindParameter[float] = bindparam("now", type_=Double())
_FORGET_AT: BindParameter[float] = bindparam("forget_at", type_=Double())
_UNTIL: BindParameter[float] = bindparam("until", type_=Double())
_FORGOTTEN = Throttle.expires_at <= _NOW


def _counting(begins_anew: ColumnElement[bool], otherwise: Any) -> Any:
    """An upsert that adds one to a counter.

    If ``begins_anew`` holds for the row, the count starts again at one and expires at ``forget_at``;
    otherwise it expires at ``otherwise``. The same SQL runs on PostgreSQL and SQLite.
    """
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
# A window that ends too far in the future was written before the clock was set back.
_COUNT_IN_WINDOW = _counting(or_(_FORGOTTEN, Throttle.expires_at > _FORGET_AT), Throttle.expires_at)
_PAUSE = (
    update(Throttle)
    .where(Throttle.key == bindparam("of"))
    .values(
        paused_until=_UNTIL,
        expires_at=case((Throttle.expires_at < _UNTIL, _UNTIL), else_=Throttle.expires_at),
        kind=bindparam("about"),
        user_id=bindparam("whose"),
        network=bindparam("where_from"),
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
    """Add one failure. Returns the new count and ``paused_until`` as it was before this failure.

    It is one statement, so concurrent failures all count. With ``prolong`` each failure moves the expiry to
    ``forget_at``; without it, the window that the first failure opened stays.
    """
    statement = _COUNT_IN_A_ROW if prolong else _COUNT_IN_WINDOW
    parameters = {"of": key, "now": now, "forget_at": forget_at}
    failures, until = writing.execute(statement, parameters).one()
    return failures, until


def pause(writing: Writing, key: bytes, until: float, subject: Subject) -> None:
    """Pause what is counted until ``until``, and keep the row at least as long."""
    about = {
        "about": subject.kind.value,
        "whose": subject.user_id,
        "where_from": subject.network,
    }
    writing.execute(_PAUSE, {"of": key, "until": until, **about})


def shorten(writing: Writing, key: bytes, until: float) -> None:
    """End a pause at ``until`` if it would be longer."""
    writing.execute(_SHORTEN, {"of": key, "until": until})


def clear(writing: Writing, key: bytes) -> bool:
    """Delete a counter. Returns whether there was one."""
    return writing.execute(_CLEAR, {"of": key}).rowcount > 0
