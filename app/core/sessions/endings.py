"""Which ends follow from another: a change of password ends the user's sessions and codes, the end of a
session revokes the codes made in it, and the end of a code ends the sessions that it opened.

Every transaction takes its locks in one order (users, sessions, codes, the sessions that those opened), so
that there is no deadlock. A session that only expires revokes no codes, because no one has ended it.
"""

from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, bindparam, select, update
from sqlalchemy.sql.dml import ReturningUpdate

from ...store.models import AccessCode, ApiKey, Session, User
from ...store.store import Writing
from .. import audit
from ..audit import Event, Origin
from ..kinds import Kinds
from ..refusals import Refusal
from . import caps, child_codes
from .rows import carry_over, end_where, ending


class Ended(NamedTuple):
    """How many sessions and codes of a user ended, and how many codes and keys are left."""

    sessions: int
    codes: int
    codes_left: int
    keys_left: int


# Stands for no session to keep: ids are not negative.
NO_SESSION = -1
_OF_USER = Session.user_id == bindparam("owner"), Session.id != bindparam("keep")
_THEIRS = ending(*_OF_USER)
_THEIRS_OF_KIND = ending(
    Session.user_id == bindparam("owner"), Session.dialect == bindparam("kind")
)
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
# Only codes of the sessions that this transaction ended. A session that had expired has another end, or none.
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
    """End all sessions and codes that depend on a user's password, except the session ``keep``.

    The epoch is raised. A session that is opened with the old password at this moment carries the old epoch,
    so it is not valid.
    """
    (epoch,) = writing.execute(_RENEW_EPOCH, {"owner": user_id}).one()
    _end_of_user(writing, now, user_id, reason, origin, own_codes=True, keep=keep)
    if keep is not None:
        carry_over(writing, keep, epoch)


def end_of_user(writing: Writing, now: float, user_id: int, reason: str, origin: Origin) -> Ended:
    """End all sessions of a user, and the codes that were made in them."""
    ended = _end_of_user(writing, now, user_id, reason, origin)
    left = (caps.count_live(writing, now, user_id, model) for model in (AccessCode, ApiKey))
    return Ended(*ended, *left)


def end_without_role(
    writing: Writing, now: float, user_id: int, kinds: Kinds, roles: frozenset[str]
) -> None:
    """End the sessions of a user whose kind demands a role that is not among ``roles``."""
    for kind in kinds.named.values():
        if kind.role is not None and kind.role not in roles:
            whose = {"owner": user_id, "kind": kind.name}
            end_where(writing, now, Refusal.PERMISSION_MISSING, _THEIRS_OF_KIND, **whose)


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
    """Returns how many sessions of the user it ended, and how many codes made in them; with ``own_codes``, of
    all codes of the user."""
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
    """Revoke codes. Returns them with their owners."""
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
