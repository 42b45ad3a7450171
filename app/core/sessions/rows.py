"""Session rows, and the statements that insert, read and end them.

``state`` decides with them whether a token is valid. This module does not.
"""

from typing import NamedTuple

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Double,
    Integer,
    String,
    Update,
    bindparam,
    case,
    insert,
    select,
    type_coerce,
    update,
)

from ...store.models import Session, User
from ...store.store import Writing
from .. import audit, secrets
from ..audit import Event, Origin
from ..core import Core
from ..kinds import Kind
from ..policy import Terms
from . import caps, tokens
from .tokens import Minting

NO_CUSTOMER = "00000000-0000-0000-0000-000000000000"  # the nil UUID (RFC 9562 section 5.9)


class Live(NamedTuple):
    """A session row with its user, from one SELECT. It is a ``policy.Standing``."""

    id: int
    dialect: str
    client_id: str | None
    generation: int
    key_id: int | None
    epoch: int
    opened_at: float
    rotated_at: float
    access_expires_at: float
    expires_at: float
    absolute_expires_at: float
    ended_at: float | None
    user_id: int
    user_uuid: str
    username: str
    email: str
    user_epoch: int
    password_expired: bool
    disabled_at: float | None
    customer_id: str | None
    role_names: str
    permission_names: str

    @property
    def name(self) -> str:
        return tokens.session_name(self.id)

    @property
    def roles(self) -> frozenset[str]:
        return frozenset(self.role_names.split())

    @property
    def permissions(self) -> frozenset[str]:
        return frozenset(self.permission_names.split())

    @property
    def minting(self) -> Minting:
        """The values of the current tokens. Raises for a session without a key."""
        assert self.key_id is not None, "a session with a random token mints no other"
        return Minting(
            self.id,
            self.generation,
            self.key_id,
            self.rotated_at,
            self.access_expires_at,
            self.expires_at,
        )

    @property
    def customer(self) -> str:
        return self.customer_id or NO_CUSTOMER


class Holder(NamedTuple):
    """The user of a new session, proven by a password, an API key or an access code."""

    user_id: int
    epoch: int


class Credential(NamedTuple):
    """The stored credential that opened a session, so that revoking it ends the session."""

    access_code_id: int | None = None
    api_key_id: int | None = None


_COLUMNS = (
    Session.id,
    Session.dialect,
    Session.client_id,
    Session.generation,
    Session.key_id,
    Session.epoch,
    Session.opened_at,
    Session.rotated_at,
    Session.access_expires_at,
    Session.expires_at,
    Session.absolute_expires_at,
    Session.ended_at,
    User.id,
    User.uuid,
    User.username,
    User.email,
    User.epoch,
    # These three are read as they are stored: to convert them would cost a verification 3 % of its time.
    type_coerce(User.password_expired, Integer),
    User.disabled_at,
    User.customer_id,
    type_coerce(User.roles, String),
    type_coerce(User.permissions, String),
)
_SESSIONS = select(*_COLUMNS).join(User, User.id == Session.user_id)
_BY_ID = _SESSIONS.where(Session.id == bindparam("id"))
_BY_DIGEST = _SESSIONS.where(Session.token_digest == bindparam("digest"))

_INSERT = insert(Session).inline()
_CARRY_OVER = (
    update(Session).where(Session.id == bindparam("kept")).values(epoch=bindparam("renewed"))
)
_MOMENT: BindParameter[float] = bindparam("moment", type_=Double())


def ending(*conditions: ColumnElement[bool]) -> Update:
    """A statement for ``end_where``: it ends every live session that meets the conditions."""
    return (
        update(Session)
        .where(Session.ended_at.is_(None), *conditions)
        .values(
            ended_at=_MOMENT,
            end_reason=bindparam("why"),
            # The end of a session is its expiry for the purge.
            expires_at=case((Session.expires_at < _MOMENT, Session.expires_at), else_=_MOMENT),
        )
    )


THIS_ONE = ending(Session.id == bindparam("session"))
OF_SIGNING_KEY = ending(Session.key_id == bindparam("signed_by"))
OF_API_KEY = ending(
    Session.user_id == bindparam("owner"), Session.api_key_id == bindparam("opened_by")
)


def by_id(core: Core, session_id: int) -> Live | None:
    """The session with its user, in any state; None if there is none. Raises StoreUnavailable."""
    row = core.store.first(_BY_ID, id=session_id)
    return Live(*row) if row else None


def by_digest(core: Core, digest: bytes) -> Live | None:
    """The same, by the digest of a random token."""
    row = core.store.first(_BY_DIGEST, digest=digest)
    return Live(*row) if row else None


def open_session(
    core: Core,
    writing: Writing,
    holder: Holder,
    kind: Kind,
    origin: Origin,
    *,
    terms: Terms | None = None,
    token: str | None = None,
    key_id: int | None = None,
    client_id: str | None = None,
    credential: Credential = Credential(),  # noqa: B008, an immutable default
    crowded: bool | None = None,
) -> Minting:
    """Insert the row of a new session, and the event of its login, in the caller's transaction.

    A user who has as many sessions as the policy allows loses the oldest. ``crowded`` says whether that is
    so, if the caller has asked in this transaction. A random ``token`` is kept as a digest; other tokens
    follow from the row and from ``key_id``.
    """
    now = core.clock.now()
    terms = terms or core.kinds.terms[kind.name]
    absolute = now + terms.absolute
    minting = Minting(
        session_id=secrets.mint_id(),
        generation=1,
        key_id=key_id or 0,
        rotated_at=now,
        access_expires_at=min(now + terms.access, absolute),
        expires_at=min(now + terms.session, absolute),
    )
    if crowded is None:
        crowded = caps.is_crowded(writing, core.policy, now, holder.user_id)
    if crowded:
        caps.end_oldest(writing, core.policy, now, holder.user_id, origin)
    writing.execute(
        _INSERT,
        {
            "id": minting.session_id,
            "user_id": holder.user_id,
            "dialect": kind.name,
            "client_id": client_id,
            "token_digest": secrets.digest(token) if token else None,
            "generation": 1,
            "key_id": key_id,
            "epoch": holder.epoch,
            "opened_at": now,
            "rotated_at": now,
            "access_expires_at": minting.access_expires_at,
            "expires_at": minting.expires_at,
            "absolute_expires_at": absolute,
            "address": origin.address,
            "access_code_id": credential.access_code_id,
            "api_key_id": credential.api_key_id,
        },
    )
    audit.record(
        writing,
        now,
        Event.LOGIN,
        origin,
        user_id=holder.user_id,
        session_id=minting.session_id,
    )
    return minting


def carry_over(writing: Writing, session_id: int, epoch: int) -> None:
    """Keep one session, with the new epoch, when the user's other sessions end."""
    writing.execute(_CARRY_OVER, {"kept": session_id, "renewed": epoch})


def end_where(writing: Writing, now: float, reason: str, which: Update, **whose: int | str) -> int:
    """End the sessions of a statement that ``ending`` made. Returns how many."""
    given = {"moment": now, "why": str(reason), **whose}
    return writing.execute(which, given).rowcount
