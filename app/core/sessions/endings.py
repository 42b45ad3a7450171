"""What ends with what: a user's sessions and codes with the password they stand on, a code with the session
that it was made in, and with a code the sessions that it opened.

Every act takes its locks in that order, users, sessions, the codes made in them, the sessions those opened,
so that two at once never wait for each other. A session that only times out ends no code: nobody meant it to.
"""

from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, select, update

from ...store.models import AccessCode, ApiKey, Session, User
from .. import audit
from ..audit import Event, Origin
from . import caps, child_codes
from .rows import carry_over, end_where


class Ended(NamedTuple):
    """How much of a user's ended, and what is left that opens new sessions."""

    sessions: int
    codes: int
    codes_left: int
    keys_left: int


def renew_epoch(
    connection: Connection,
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
    epoch = connection.execute(
        update(User).where(User.id == user_id).values(epoch=User.epoch + 1).returning(User.epoch)
    ).scalar_one()
    own = AccessCode.user_id == user_id
    _end_of_user(connection, now, user_id, reason, origin, own, keep=keep)
    if keep is not None:
        carry_over(connection, keep, epoch)


def end_of_user(
    connection: Connection, now: float, user_id: int, reason: str, origin: Origin
) -> Ended:
    """End all of a user's sessions, and the codes that were made in one of them."""
    ended = _end_of_user(connection, now, user_id, reason, origin)
    left = (caps.count_live(connection, now, user_id, model) for model in (AccessCode, ApiKey))
    return Ended(*ended, *left)


def _end_of_user(
    connection: Connection,
    now: float,
    user_id: int,
    reason: str,
    origin: Origin,
    *codes: ColumnElement[bool],
    keep: int | None = None,
) -> tuple[int, int]:
    """How many of the user's sessions, and of the codes that were made in them or are ``codes``."""
    of_user = [Session.user_id == user_id]
    if keep is not None:
        of_user.append(Session.id != keep)
    by_no_code = Session.access_code_id.is_(None)
    sessions = end_where(connection, now, reason, by_no_code, *of_user)
    # Those that this ended: a session that had timed out before has an earlier end, or none.
    just_now = Session.ended_at == now, Session.expires_at == now
    made_in_them = AccessCode.session_id.in_(select(Session.id).where(*of_user, *just_now))
    revoked = [
        code
        for which in (*codes, made_in_them)
        for code in _revoke(connection, now, which, reason, origin)
    ]
    sessions += end_where(connection, now, reason, *of_user)
    for code_id, owner_id in revoked:
        if owner_id != user_id:
            child_codes.end_opened_by(connection, now, code_id, owner_id)
    return sessions, len(revoked)


def _revoke(
    connection: Connection, now: float, which: ColumnElement[bool], reason: str, origin: Origin
) -> list[tuple[int, int]]:
    """The codes that this revoked, and whose they are."""
    revoked = connection.execute(
        update(AccessCode)
        .where(which, AccessCode.revoked_at.is_(None), AccessCode.expires_at > now)
        .values(revoked_at=now)
        .returning(AccessCode.id, AccessCode.user_id)
    )
    codes = [(code_id, owner_id) for code_id, owner_id in revoked]
    for code_id, owner_id in codes:
        note = f"code {code_id}"
        audit.record(
            connection, now, Event.CODE_REVOKED, origin, user_id=owner_id, reason=reason, note=note
        )
    return codes
