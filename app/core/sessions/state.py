"""The session state machine: verify, rotate, touch, end.

A token names a session and a generation. Only the session's row says which generation is current, when it
expires, and whether the session has ended. So nothing in the database can be replayed as a token, only the
newest token is valid, and the reuse of an old one (replay) is recognised without a history of tokens.
"""

import math

from sqlalchemy import bindparam, update

from ...store.models import Session
from .. import audit, policy
from ..audit import Event, Origin
from ..core import Core
from ..kinds import Purpose
from ..refusals import Refusal, Refused
from . import child_codes, rows, tokens
from .rows import Live, end_where
from .tokens import Reference

_ROTATE = (
    update(Session)
    .where(
        Session.id == bindparam("session_id"),
        Session.generation == bindparam("spent"),
        Session.ended_at.is_(None),
        Session.expires_at > bindparam("now"),
    )
    .values(
        generation=Session.generation + 1,
        key_id=bindparam("new_key_id"),
        rotated_at=bindparam("now"),
        access_expires_at=bindparam("new_access"),
        expires_at=bindparam("new_expiry"),
    )
)


def find(core: Core, reference: Reference) -> Live:
    """The session of a token, in any state. Raises Refused(TOKEN_UNKNOWN or TOKEN_FORGED)."""
    if reference.session_id is not None:
        row = rows.by_id(core, reference.session_id)
    else:
        assert reference.digest is not None, "a token names its session by one of the two"
        row = rows.by_digest(core, reference.digest)
    # A random token does not name its kind, only its form does. So the row's kind is compared.
    if row is None or row.dialect != core.kinds.of_purpose[reference.purpose].name:
        raise Refused(Refusal.TOKEN_UNKNOWN)
    _refuse_foreign_key(core, row, reference)
    return row


def verify(core: Core, token: str, *purposes: Purpose) -> Live:
    """The live session of an access token: one read, no write. This is the hot path.

    With ``purposes``, only tokens made for one of them. Raises Refused for the token (malformed,
    expired …), for the session (ended, expired, disabled), or PASSWORD_EXPIRED.
    """
    row = verify_restricted(core, token, *purposes)
    refusal = restriction(core, row)
    if refusal is not None:
        raise Refused(refusal)
    return row


def restriction(core: Core, row: Live) -> Refusal | None:
    """Why a live session is restricted until its user changes the password; None if it is not."""
    refusal = policy.restriction(row)
    if refusal is not None and not core.kinds.named[row.dialect].stands_on_password:
        return None
    return refusal


def verify_restricted(core: Core, token: str, *purposes: Purpose) -> Live:
    """Like ``verify``, for the operations that are allowed with an expired password."""
    reference = tokens.read(core, token)
    if reference.purpose.is_refresh or (purposes and reference.purpose not in purposes):
        raise Refused(Refusal.TOKEN_MISUSED)
    row = find(core, reference)
    now = core.clock.now()
    refusal = policy.access_refusal(row, reference.generation, now)
    if refusal is None and reference.expires_at is not None and reference.expires_at <= now:
        refusal = Refusal.TOKEN_EXPIRED
    if refusal is not None:
        raise Refused(refusal)
    return row


def touch(core: Core, row: Live) -> None:
    """Move the expiry of a session that idles, if it is due for a write. Never waits for other writers.

    A session that was opened for one sealed token does not idle: the token says its own expiry.
    """
    if not core.kinds.named[row.dialect].idles or row.key_id is not None:
        return
    now = core.clock.now()
    renewed = policy.idle_touch_due(row, core.kinds.terms[row.dialect].session, now)
    if renewed is not None:
        core.touches.push(row.id, now, renewed)


def rotate(
    core: Core,
    refresh: Reference,
    origin: Origin,
    *,
    access: Reference | None = None,
    client_id: str | None = None,
) -> Live:
    """Spend a refresh token (rotation). Returns the session with its next generation, for the new pair.

    ``access`` is the access token of the same pair, if the dialect demands one. A repetition within the grace
    time finds the same generation, and so gets the same pair. After that it is taken for theft: the session
    ends, and then Refused(TOKEN_REUSED) is raised.
    """
    row = find(core, refresh)
    now = core.clock.now()
    _refuse_foreign(row, client_id)
    refusal = policy.session_refusal(row, now) or restriction(core, row)
    if refusal is not None:
        raise Refused(refusal)
    if access is not None:
        if access.session_id != row.id:
            raise Refused(Refusal.TOKEN_MISUSED)
        _refuse_foreign_key(core, row, access)
        if access.generation not in (refresh.generation, row.generation):
            raise Refused(Refusal.TOKEN_SUPERSEDED)
    if refresh.generation == row.generation:
        rotated = _advance(core, row, now)
        if rotated is not None:
            return rotated
        # Another request won the race. This caller gets the same pair.
        return rotate(core, refresh, origin, access=access, client_id=client_id)
    if policy.within_grace(row, refresh.generation, core.policy, now):
        return row
    _end_for_reuse(core, row, now, origin)
    raise Refused(Refusal.TOKEN_REUSED)


def _advance(core: Core, row: Live, now: float) -> Live | None:
    """The conditional UPDATE that decides who rotates; None if another caller did."""
    terms = core.kinds.terms[row.dialect]
    key_id = core.current_key_id(core.kinds.named[row.dialect])
    access = min(now + terms.access, row.absolute_expires_at)
    expiry = min(now + terms.session, row.absolute_expires_at)
    with core.store.write() as writing:
        won = writing.execute(
            _ROTATE,
            {
                "session_id": row.id,
                "spent": row.generation,
                "now": now,
                "new_key_id": key_id,
                "new_access": access,
                "new_expiry": expiry,
            },
        ).rowcount
    if not won:
        return None
    return row._replace(
        generation=row.generation + 1,
        key_id=key_id,
        rotated_at=now,
        access_expires_at=access,
        expires_at=expiry,
    )


def _end_for_reuse(core: Core, row: Live, now: float, origin: Origin) -> None:
    with core.store.write() as writing:
        end_where(writing, now, Refusal.TOKEN_REUSED, rows.THIS_ONE, session=row.id)
        audit.record(
            writing,
            now,
            Event.TOKEN_REUSED,
            origin,
            user_id=row.user_id,
            session_id=row.id,
            reason=Refusal.TOKEN_REUSED,
        )


def end(
    core: Core, token: str, origin: Origin, *purposes: Purpose, client_id: str | None = None
) -> None:
    """End the session of its most recent access token, expired or not, once and for all.

    A token from before the last rotation is accepted within the grace time. Otherwise a session could stay
    live if its end and a refresh race.
    """
    reference = tokens.read(core, token)
    if reference.purpose.is_refresh or reference.purpose not in purposes:
        raise Refused(Refusal.TOKEN_MISUSED)
    row = find(core, reference)
    _refuse_foreign(row, client_id)
    now = core.clock.now()
    refusal = policy.session_refusal(row, now)
    if refusal is not None:
        raise Refused(refusal)
    if reference.generation != row.generation and not policy.within_grace(
        row, reference.generation, core.policy, now
    ):
        raise Refused(Refusal.TOKEN_SUPERSEDED)
    end_row(core, row, origin)


def end_row(
    core: Core, row: Live, origin: Origin, reason: str = "logout", *, note: str | None = None
) -> None:
    """End a session whose row was read. Does nothing if it has ended meanwhile."""
    now = core.clock.now()
    with core.store.write() as writing:
        if end_where(writing, now, reason, rows.THIS_ONE, session=row.id):
            audit.record(
                writing,
                now,
                Event.SESSION_ENDED,
                origin,
                user_id=row.user_id,
                session_id=row.id,
                reason=reason,
                note=note,
            )
            # Only a session with a random token makes access codes.
            if row.key_id is None:
                child_codes.end_made_in(writing, now, row.id, reason, origin)


def _refuse_foreign_key(core: Core, row: Live, reference: Reference) -> None:
    """Refuse a token that a key of other sessions has signed. Raises Refused(TOKEN_FORGED)."""
    if reference.key_id != row.key_id and not tokens.may_have_another_key(
        core.keys, reference, row.key_id, row.generation, row.opened_at
    ):
        raise Refused(Refusal.TOKEN_FORGED)


def _refuse_foreign(row: Live, client_id: str | None) -> None:
    if client_id is not None and row.client_id != client_id:
        raise Refused(Refusal.TOKEN_MISUSED)


def seconds_left(until: float, now: float) -> int:
    """Whole seconds until then, rounded down."""
    return max(0, math.floor(until - now))
