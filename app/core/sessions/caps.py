"""Caps: how many live sessions, access codes and API keys one user may have.

A session beyond the cap ends the user's oldest session: sessions of a forgotten client must not keep the user
from logging in. A code or key beyond the cap is refused, because each was made to stay. Sessions are counted
in the transaction that inserts one. On PostgreSQL, logins of one user at the same moment may not see each
other; the next login ends the excess.
"""

from typing import Any

from sqlalchemy import (
    ColumnElement,
    Integer,
    bindparam,
    func,
    literal_column,
    or_,
    select,
    update,
)

from ...store.models import AccessCode, ApiKey, Session, User
from ...store.store import Writing
from .. import audit
from ..audit import Event, Origin
from ..policy import Policy
from ..refusals import Refusal, Refused
from . import child_codes

REASON = "too_many_sessions"
# The most sessions that one login ends. After the cap was lowered, later logins end the rest.
AT_ONCE = 100

_OF_THE_USER = Session.user_id == bindparam("owner"), Session.expires_at > bindparam("moment")
# Not NULL if the user has reached the cap. It reads at most that many entries of an index. A login by API key
# asks for it in a statement that it needs anyhow.
CROWDED = (
    select(Session.id)
    .where(*_OF_THE_USER)
    .limit(literal_column("1"))
    .offset(bindparam("others", type_=Integer))
    .scalar_subquery()
)
_LOOK = select(CROWDED)

_COUNT = select(func.count()).where(*_OF_THE_USER)
_OLDEST = (
    select(Session.id)
    .where(*_OF_THE_USER, Session.ended_at.is_(None))
    .order_by(Session.opened_at, Session.id)
    .limit(bindparam("excess", type_=Integer))
)
_END = (
    update(Session)
    .where(Session.id == bindparam("session"), Session.ended_at.is_(None))
    .values(
        ended_at=bindparam("moment"),
        expires_at=bindparam("moment"),
        end_reason=bindparam("why"),
    )
)


def live(
    model: type[AccessCode | ApiKey], moment: float | None = None
) -> tuple[ColumnElement[bool], ...]:
    """The conditions of a code or key that is live at ``moment``, or at the parameter of that name."""
    at: Any = bindparam("moment") if moment is None else moment
    unexpired = or_(model.expires_at.is_(None), model.expires_at > at)
    return model.revoked_at.is_(None), unexpired


_COUNT_LIVE = {
    model: select(func.count()).where(model.user_id == bindparam("owner"), *live(model))
    for model in (AccessCode, ApiKey)
}
# PostgreSQL locks the user until the transaction ends. SQLite has one writing transaction at a time.
_LOCK = select(User.id).where(User.id == bindparam("owner")).with_for_update(key_share=True)


def asked(policy: Policy, now: float, user_id: int) -> dict[str, Any]:
    """The parameters of CROWDED."""
    return {"owner": user_id, "moment": now, "others": policy.sessions_per_user - 1}


def is_crowded(writing: Writing, policy: Policy, now: float, user_id: int) -> bool:
    return writing.execute(_LOOK, asked(policy, now, user_id)).first() != (None,)


def end_oldest(writing: Writing, policy: Policy, now: float, user_id: int, origin: Origin) -> None:
    """End the user's oldest live sessions, and the codes made in them, so that one more fits the cap."""
    of_the_user = {"owner": user_id, "moment": now}
    found = writing.execute(_COUNT, of_the_user).first()
    assert found is not None, "a count is a row"
    excess = min(found[0] + 1 - policy.sessions_per_user, AT_ONCE)
    for (session_id,) in writing.execute(_OLDEST, of_the_user | {"excess": excess}).all():
        ending = {"session": session_id, "moment": now, "why": REASON}
        if writing.execute(_END, ending).rowcount:
            audit.record(
                writing,
                now,
                Event.SESSION_ENDED,
                origin,
                user_id=user_id,
                session_id=session_id,
                reason=REASON,
            )
            child_codes.end_made_in(writing, now, session_id, REASON, origin)


def refuse_beyond(
    writing: Writing, now: float, user_id: int, model: type[AccessCode | ApiKey], cap: int
) -> None:
    """Raises Refused(CREDENTIALS_CAPPED) if the user has ``cap`` live codes or keys.

    The user's row is locked until the transaction ends, so that of two at the same moment only one may pass.
    """
    writing.execute(_LOCK, {"owner": user_id})
    if count_live(writing, now, user_id, model) >= cap:
        detail = f"{cap:,} are live already, the most there may be: revoke one first."
        raise Refused(Refusal.CREDENTIALS_CAPPED, detail)


def count_live(writing: Writing, now: float, user_id: int, model: type[AccessCode | ApiKey]) -> int:
    (number,) = writing.execute(_COUNT_LIVE[model], {"owner": user_id, "moment": now}).one()
    return int(number)
