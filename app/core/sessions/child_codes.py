"""When a session ends, the access codes made in it are revoked, and the sessions that those opened end."""

from sqlalchemy import bindparam, update

from ...store.models import AccessCode, Session
from ...store.store import Writing
from .. import audit
from ..audit import Event, Origin

CREDENTIAL_REVOKED = "credential_revoked"

_REVOKE = (
    update(AccessCode)
    .where(
        AccessCode.session_id == bindparam("made_in"),
        AccessCode.revoked_at.is_(None),
        AccessCode.expires_at > bindparam("moment"),
    )
    .values(revoked_at=bindparam("moment"))
    .returning(AccessCode.id, AccessCode.user_id)
)
# The end of a session is its expiry for the purge. A session that has expired already stays as it is.
_END_OPENED = (
    update(Session)
    .where(
        Session.user_id == bindparam("owner"),
        Session.access_code_id == bindparam("opened_by"),
        Session.ended_at.is_(None),
        Session.expires_at > bindparam("moment"),
    )
    .values(
        ended_at=bindparam("moment"), expires_at=bindparam("moment"), end_reason=bindparam("why")
    )
)


def end_made_in(writing: Writing, now: float, session_id: int, reason: str, origin: Origin) -> None:
    """Revoke the codes that were made in a session. The caller has ended it in this transaction."""
    revoked = writing.execute(_REVOKE, {"made_in": session_id, "moment": now}).all()
    for code_id, owner_id in revoked:
        note = f"code {code_id}"
        audit.record(
            writing, now, Event.CODE_REVOKED, origin, user_id=owner_id, reason=reason, note=note
        )
    for code_id, owner_id in revoked:
        end_opened_by(writing, now, code_id, owner_id)


def end_opened_by(writing: Writing, now: float, code_id: int, owner_id: int) -> None:
    """End the sessions that a code opened. The caller has revoked it in this transaction."""
    writing.execute(
        _END_OPENED,
        {"owner": owner_id, "opened_by": code_id, "moment": now, "why": CREDENTIAL_REVOKED},
    )
