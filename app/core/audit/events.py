"""Audit events: one row for everything that happens to an identity or a session, never a secret.

Written in the transaction of what it records, so neither can be kept without the other. What comes in
floods is one event a minute with a count.
"""

import hashlib
import math
from enum import StrEnum, unique
from typing import Any, NamedTuple

from sqlalchemy import insert
from sqlalchemy.dialects import postgresql

from ...store.models import AuditEvent
from ...store.store import Writing
from ..policy import DAY
from ..refusals import Refusal, Refused
from . import allowance
from .networks import network_of


@unique
class Event(StrEnum):
    LOGIN = "login"
    LOGIN_REFUSED = "login_refused"
    INTROSPECTED = "introspected"
    TOKEN_REUSED = "token_reused"
    SESSION_ENDED = "session_ended"
    SESSIONS_ENDED = "sessions_ended"
    SEEDED = "seeded"
    USER_ADDED = "user_added"
    USER_DISABLED = "user_disabled"
    USER_ENABLED = "user_enabled"
    USER_UNLOCKED = "user_unlocked"
    PASSWORD_CHANGED = "password_changed"
    PASSWORD_EXPIRED = "password_expired"
    API_KEY_ISSUED = "api_key_issued"
    API_KEY_REVOKED = "api_key_revoked"
    CODE_ISSUED = "code_issued"
    CODE_REVOKED = "code_revoked"
    CLIENT_ADDED = "client_added"
    CLIENT_CHANGED = "client_changed"
    KEY_ROTATED = "key_rotated"
    KEY_RETIRED = "key_retired"


# What happens beyond an address's allowance too, and is then only counted: whoever ends a session
# must not be refused.
_ALWAYS = frozenset(
    {
        Event.LOGIN_REFUSED,
        Event.TOKEN_REUSED,
        Event.SESSION_ENDED,
        Event.SESSIONS_ENDED,
        Event.API_KEY_REVOKED,
        Event.CODE_REVOKED,
    }
)

MINUTE = 60


class Origin(NamedTuple):
    """Where a call came from: through which door, from which address, as which request.

    ``allowance`` is how many events its address may put on record in an hour; None without a limit.
    ``client`` is the application that made the request, where it is a known one.
    """

    dialect: str
    address: str | None = None
    request_id: str | None = None
    allowance: int | None = None
    client: str | None = None

    @property
    def network(self) -> str | None:
        return network_of(self.address)


def record(
    writing: Writing,
    now: float,
    event: Event,
    origin: Origin,
    *,
    user_id: int | None = None,
    session_id: int | None = None,
    reason: str | None = None,
    note: str | None = None,
) -> None:
    """Write one event. ``note`` is for the operator; it must not hold what a client typed. Without one, the
    client application is noted.

    Beyond the address's allowance an act is refused with ADDRESS_PAUSED, and so undone; an end or a
    refusal is added to the count of its minute.
    """
    if _beyond_allowance(writing, now, event, origin):
        count(writing, now, event, origin, reason=reason)
        return
    writing.execute(
        _INSERT,
        _values(now, event, origin, reason)
        | {
            "user_id": user_id,
            "session_id": session_id,
            "note": origin.client if note is None else note,
        },
    )


def record_once_a_day(
    writing: Writing, now: float, event: Event, origin: Origin, *, user_id: int
) -> None:
    """Write an event unless it stands there for this user, day and network already."""
    _beyond_allowance(writing, now, event, origin)
    writing.execute(ONCE_A_DAY, once_a_day(now, event, origin, user_id=user_id))


def once_a_day(
    now: float, event: Event, origin: Origin, *, user_id: int | None = None
) -> dict[str, Any]:
    """The parameters of ONCE_A_DAY, for a user, or else for the origin's client."""
    who = origin.client if user_id is None else user_id
    key = _digest(event, who, origin.network, int(now // DAY))
    values = _values(now, event, origin, None)
    return values | {"user_id": user_id, "note": origin.client, "aggregate": key}


def count(
    writing: Writing,
    now: float,
    event: Event,
    origin: Origin,
    *,
    reason: str | None,
    times: int = 1,
) -> None:
    """Add to the one event that such events of a network have in a minute."""
    key = _digest(event, reason, origin.dialect, origin.network, int(now // MINUTE))
    writing.execute(
        _COUNT, _values(now, event, origin, reason) | {"count": times, "aggregate": key}
    )


def _beyond_allowance(writing: Writing, now: float, event: Event, origin: Origin) -> bool:
    if origin.allowance is None or origin.network is None:
        return False
    spent = allowance.spend(writing, now, origin.network)
    if spent.events <= origin.allowance:
        return False
    if event not in _ALWAYS:
        raise Refused(Refusal.ADDRESS_PAUSED, retry_after=math.ceil(spent.until - now))
    return True


def _values(now: float, event: Event, origin: Origin, reason: str | None) -> dict[str, Any]:
    return {
        "at": now,
        "event": event.value,
        "reason": reason,
        "dialect": origin.dialect,
        "address": origin.address,
        "network": origin.network,
        "request_id": origin.request_id,
        "count": 1,
    }


def _digest(*parts: object) -> bytes:
    return hashlib.sha256("\0".join(map(str, parts)).encode()).digest()


_INSERT = insert(AuditEvent).inline()
# PostgreSQL's statements, and SQLite's word for word.
_OF_ONE_KEY: dict[str, Any] = {
    "index_elements": [AuditEvent.aggregate],
    "index_where": AuditEvent.aggregate.is_not(None),
}
_UPSERT = postgresql.insert(AuditEvent).inline()
ONCE_A_DAY = _UPSERT.on_conflict_do_nothing(**_OF_ONE_KEY)
_COUNT = _UPSERT.on_conflict_do_update(
    **_OF_ONE_KEY, set_={"count": AuditEvent.count + _UPSERT.excluded.count}
)
