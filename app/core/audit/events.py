"""Audit events: one row for everything that happens to an identity or a session. It never holds a secret.

An event is written in the transaction of the change that it records, so neither exists without the other.
Events that come in floods are one row a minute, with a count.
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
    PROVEN_AGAIN = "proven_again"
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
    ROLES_CHANGED = "roles_changed"
    API_KEY_ISSUED = "api_key_issued"
    API_KEY_REVOKED = "api_key_revoked"
    CODE_ISSUED = "code_issued"
    CODE_REVOKED = "code_revoked"
    CLIENT_ADDED = "client_added"
    CLIENT_CHANGED = "client_changed"
    KEY_ROTATED = "key_rotated"
    KEY_RETIRED = "key_retired"


# These are allowed even when the address has used up its allowance, and are then only counted: a user must
# always be able to end a session.
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
    """Where a call came from: the dialect or door, the client address, the request id.

    ``allowance`` is how many events the address may cause in an hour; None without a limit. ``client`` is
    the id of the client application, if it is known. ``operator`` is the username of the operator who did it.
    """

    dialect: str
    address: str | None = None
    request_id: str | None = None
    allowance: int | None = None
    client: str | None = None
    operator: str | None = None

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
    """Write one event. ``note`` is for the operator and must not hold what a client typed. Its default is the
    id of the client application.

    If the address has used up its allowance, this raises Refused(ADDRESS_PAUSED), so the caller's
    transaction is rolled back. An end of a session or a refusal is not refused then, but added to a count
    for the minute.
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
            "operator": origin.operator,
        },
    )


def record_once_a_day(
    writing: Writing, now: float, event: Event, origin: Origin, *, user_id: int
) -> None:
    """Write an event, unless there is one for this user, day and network. Raises Refused(ADDRESS_PAUSED)."""
    _beyond_allowance(writing, now, event, origin)
    writing.execute(ONCE_A_DAY, once_a_day(now, event, origin, user_id=user_id))


def once_a_day(
    now: float, event: Event, origin: Origin, *, user_id: int | None = None
) -> dict[str, Any]:
    """The parameters of ONCE_A_DAY: for a user, or for the origin's client if there is no ``user_id``."""
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
    """Add ``times`` to the one event for this event, reason, dialect, network and minute, or write it."""
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
# The same SQL runs on PostgreSQL and SQLite.
_OF_ONE_KEY: dict[str, Any] = {
    "index_elements": [AuditEvent.aggregate],
    "index_where": AuditEvent.aggregate.is_not(None),
}
_UPSERT = postgresql.insert(AuditEvent).inline()
ONCE_A_DAY = _UPSERT.on_conflict_do_nothing(**_OF_ONE_KEY)
_COUNT = _UPSERT.on_conflict_do_update(
    **_OF_ONE_KEY, set_={"count": AuditEvent.count + _UPSERT.excluded.count}
)
