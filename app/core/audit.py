"""Audit events: one row for everything that happens to an identity or a session, never a secret.

Written in the transaction of what it records, so neither can be kept without the other.
"""

from enum import StrEnum, unique
from typing import NamedTuple

from sqlalchemy import insert

from ..store.models import AuditEvent
from ..store.writes import Writer


@unique
class Event(StrEnum):
    LOGIN = "login"
    LOGIN_REFUSED = "login_refused"
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


class Origin(NamedTuple):
    """Where a call came from: through which door, from which address, as which request."""

    dialect: str
    address: str | None = None
    request_id: str | None = None


def record(
    connection: Writer,
    now: float,
    event: Event,
    origin: Origin,
    *,
    user_id: int | None = None,
    session_id: int | None = None,
    reason: str | None = None,
    note: str | None = None,
) -> None:
    """Write one event. ``note`` is for the operator; it must not hold what a client typed."""
    connection.execute(
        _INSERT,
        {
            "at": now,
            "event": event.value,
            "reason": reason,
            "dialect": origin.dialect,
            "user_id": user_id,
            "session_id": session_id,
            "address": origin.address,
            "request_id": origin.request_id,
            "note": note,
        },
    )


_INSERT = insert(AuditEvent).inline()
