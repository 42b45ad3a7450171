"""What ends with what: a user's sessions and codes with the password they stand on, a code with the session
that it was made in, and with a code the sessions that it opened.

Every act takes its locks in that order, users, sessions, the codes made in them, the sessions those opened,
so that two at once never wait for each other. A session that only times out ends no code: nobody meant it to.
"""

from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, bindparam, select, update
from sqlalchemy.sql.dml import ReturningUpdate

from ...store.models import AccessCode, ApiKey, Session, User
from ...store.store import Writing
from .. import audit
from ..audit import Event, Origin
from . import caps, child_codes
from .rows import carry_over, end_where, ending


class Ended(NamedTuple):
    """How much of a user's ended, and what is left that opens new sessions."""

    sessions: int
    codes: int
    codes_left: int
    keys_left: int


# Kept where no session is: ids are not negative.
NO_SESSION = -1
_OF_USER = Session.user_id == bindparam("owner"), Session.id != bindparam("keep")
_THEIRS = ending(*_OF_USER)
_THEIRS_BY_NO_CODE = ending(Session.access_code_id.is_(None), *_OF_USER)
_RENEW_EPOCH = (
    update(User)
    .where(User.id == bindparam("owner"))
    .values(epoch=User.epoch + 1)
    .returning(User.epoch)
)


def _revoking(which: ColumnElement[bool]) -> ReturningUpdate[int, int]:
    return (
        update(AccessCode)
        .where(which, AccessCode.revoked_at.is_(None), AccessCode.expires_at > bindparam("moment"))
        .values(revoked_at=bindparam("moment"))
        .returning(AccessCode.id, AccessCode.user_id)
    )


_REVOKE_OWN = _revoking(AccessCode.user_id == bindparam("owner"))
# Made in the sessions that this very act ended: one that had timed out before has an earlier end, or none.
_REVOKE_MADE_IN_THEM = _revoking(
    AccessCode.session_id.in_(
        select(Session.id).where(
            *_OF_USER,
            Session.ended_at == bindparam("moment"),
            Session.expires_at == bindparam("moment"),
        )
    )
)


def renew_epoch(
    writing: Writing,
    now: float,
    user_id: int,
    reason: str,
    origin: Origin,
    *,
    keep: int | None = None,
) -> None:
    """End all that stands on a user's password, save the session ``keep``.

    What is being opened right now on the old one carries the old epoch, and counts in no other.
    """
    (epoch,) = writing.execute(_RENEW_EPOCH, {"owner": user_id}).one()
    _end_of_user(writing, now, user_id, reason, origin, own_codes=True, keep=keep)
    if keep is not None:
        carry_over(writing, keep, epoch)


def end_of_user(writing: Writing, now: float, user_id: int, reason: str, origin: Origin) -> Ended:
    """End all of a user's sessions, and the codes that were made in one of them."""
    ended = _end_of_user(writing, now, user_id, reason, origin)
    left = (caps.count_live(writing, now, user_id, model) for model in (AccessCode, ApiKey))
    return Ended(*ended, *left)


def _end_of_user(
    writing: Writing,
    now: float,
    user_id: int,
    reason: str,
    origin: Origin,
    *,
    own_codes: bool = False,
    keep: int | None = None,
) -> tuple[int, int]:
    """How many of the user's sessions, and of the codes that were made in them; with ``own_codes``, of all
    codes of the user."""
    whose = {"owner": user_id, "keep": NO_SESSION if keep is None else keep}
    sessions = end_where(writing, now, reason, _THEIRS_BY_NO_CODE, **whose)
    at = {"owner": user_id, "moment": now}
    revoked = _revoke(writing, _REVOKE_OWN, at, reason, origin) if own_codes else []
    revoked += _revoke(writing, _REVOKE_MADE_IN_THEM, at | whose, reason, origin)
    sessions += end_where(writing, now, reason, _THEIRS, **whose)
    for code_id, owner_id in revoked:
        if owner_id != user_id:
            child_codes.end_opened_by(writing, now, code_id, owner_id)
    return sessions, len(revoked)


def _revoke(
    writing: Writing,
    statement: ReturningUpdate[int, int],
    parameters: dict[str, Any],
    reason: str,
    origin: Origin,
) -> list[tuple[int, int]]:
    """The codes that this revoked, and whose they are."""
    revoked = writing.execute(statement, parameters).all()
    for code_id, owner_id in revoked:
        audit.record(
            writing,
            parameters["moment"],
            Event.CODE_REVOKED,
            origin,
            user_id=owner_id,
            reason=reason,
            note=f"code {code_id}",
        )
    return [(code_id, owner_id) for code_id, owner_id in revoked]
