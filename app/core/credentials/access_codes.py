"""Access codes: long-lived, reusable until they are revoked, stored as digests (``kinds.CodeGrant``)."""

from typing import NamedTuple

from sqlalchemy import Integer, bindparam, insert, or_, select, update

from ...store.models import AccessCode, Session, User
from ...store.store import Writing
from .. import audit, policy, secrets
from ..audit import Event, Origin
from ..core import Core
from ..guard import throttle
from ..kinds import CodeGrant
from ..refusals import Refusal, Refused
from ..sessions import caps, child_codes, rows, tokens
from ..sessions.rows import Credential, Holder
from ..sessions.tokens import Minting

BY_DIGEST = (
    select(
        AccessCode.id,
        AccessCode.expires_at,
        AccessCode.revoked_at,
        AccessCode.epoch,
        User.id,
        User.epoch,
        User.disabled_at,
        User.password_expired,
    )
    .join(User, User.id == AccessCode.user_id)
    .where(AccessCode.digest == bindparam("digest"))
)

_UNENDED = (
    select(Session.id)
    .where(Session.id == bindparam("made_in"), Session.ended_at.is_(None))
    .with_for_update(read=True)
)
# PostgreSQL locks the row until the session is committed. SQLite has one writing transaction at a time.
_UNREVOKED = (
    select(AccessCode.id)
    .where(AccessCode.id == bindparam("code_id"), AccessCode.revoked_at.is_(None))
    .with_for_update(read=True)
)
# All transactions lock in the same order, so that they cannot deadlock.
_LOCKED_EPOCHS = (
    select(User.id, User.epoch)
    .where(or_(User.id == bindparam("owner"), User.id == bindparam("maker")))
    .order_by(User.id)
    .with_for_update(key_share=True)
)
_INSERT = insert(AccessCode).returning(AccessCode.id)
_LIST = (
    select(
        AccessCode.id,
        AccessCode.created_at,
        AccessCode.expires_at,
        AccessCode.revoked_at,
    )
    .where(AccessCode.user_id == bindparam("owner"), AccessCode.id > bindparam("after"))
    .order_by(AccessCode.id)
    .limit(bindparam("most", type_=Integer))
)
_LIST_LIVE = _LIST.where(*caps.live(AccessCode))
_REVOKE = (
    update(AccessCode)
    .where(AccessCode.id == bindparam("code"), AccessCode.revoked_at.is_(None))
    .values(revoked_at=bindparam("now"))
    .returning(AccessCode.user_id)
)
_REVOKE_OWN = _REVOKE.where(AccessCode.user_id == bindparam("owner"))


class Maker(NamedTuple):
    """The user who asks for a code, just proven: by the session ``session_id``, or else by password."""

    holder: Holder
    session_id: int | None = None


class Found(NamedTuple):
    """A code with its owner, as BY_DIGEST reads them."""

    id: int
    expires_at: float
    revoked_at: float | None
    made_in_epoch: int | None
    user_id: int
    epoch: int
    disabled_at: float | None
    password_expired: bool


class Issued(NamedTuple):
    id: int
    code: str
    expires_at: float


class CodeLine(NamedTuple):
    """A code in a list for its owner or an operator."""

    id: int
    created_at: float
    expires_at: float
    revoked_at: float | None


class Exchanged(NamedTuple):
    token: str
    expires_in: int


def issue(
    core: Core, grant: CodeGrant, user_id: int, origin: Origin, *, maker: Maker | None = None
) -> Issued:
    """Make a code for the user. Only this call ever returns it. Without ``maker`` an operator makes it.

    A code that is made in a session is revoked when somebody ends that session. Raises Refused:
    CREDENTIALS_CAPPED; PASSWORD_WRONG or COOKIE_INVALID if the maker's password or session is not valid any
    more.
    """
    code = secrets.mint()
    with core.store.write() as writing:
        now = core.clock.now()
        epoch = _owners_epoch(writing, user_id, maker)
        caps.refuse_beyond(writing, now, user_id, AccessCode, core.policy.access_codes_per_user)
        expires_at = now + core.seconds(grant.code)
        (code_id,) = writing.execute(
            _INSERT,
            {
                "user_id": user_id,
                "digest": secrets.digest(code),
                "created_at": now,
                "expires_at": expires_at,
                "epoch": epoch,
                "session_id": maker.session_id if maker else None,
            },
        ).one()
        audit.record(
            writing, now, Event.CODE_ISSUED, origin, user_id=user_id, note=f"code {code_id}"
        )
    return Issued(int(code_id), code, expires_at)


def _owners_epoch(writing: Writing, user_id: int, maker: Maker | None) -> int:
    """The owner's epoch. Locks keep it, and what the maker proved, unchanged until the code is written."""
    who = {"owner": user_id, "maker": maker.holder.user_id if maker else user_id}
    epochs: dict[int, int] = {}
    for id_, epoch in writing.execute(_LOCKED_EPOCHS, who).all():
        epochs[id_] = epoch
    if maker is not None:
        stands = epochs[maker.holder.user_id] == maker.holder.epoch
        if maker.session_id is None and not stands:
            raise Refused(Refusal.PASSWORD_WRONG)
        if maker.session_id is not None:
            live = writing.execute(_UNENDED, {"made_in": maker.session_id}).first()
            if live is None or not stands:
                raise Refused(Refusal.COOKIE_INVALID)
    return epochs[user_id]


def listed(
    core: Core, user_id: int, *, limit: int, after: int = 0, live: bool = False
) -> list[CodeLine]:
    """At most ``limit`` of a user's codes with ids above ``after``, by id; if ``live``, only live ones."""
    asked = {"owner": user_id, "after": after, "most": limit}
    if live:
        found = core.store.read(_LIST_LIVE, **asked, moment=core.clock.now())
    else:
        found = core.store.read(_LIST, **asked)
    return [CodeLine(*row) for row in found]


def revoke(core: Core, code_id: int, origin: Origin, *, owner_id: int | None = None) -> None:
    """Revoke a code and end the sessions that it opened; with ``owner_id``, only a code of that user.

    Raises Refused(NOT_FOUND), also if the code was revoked before.
    """
    with core.store.write() as writing:
        now = core.clock.now()
        statement = _REVOKE if owner_id is None else _REVOKE_OWN
        given = {"code": code_id, "now": now}
        if owner_id is not None:
            given["owner"] = owner_id
        revoked = writing.execute(statement, given).first()
        if revoked is None:
            raise Refused(Refusal.NOT_FOUND, "no such access code, or it is revoked already")
        user_id = revoked[0]
        child_codes.end_opened_by(writing, now, code_id, user_id)
        audit.record(
            writing, now, Event.CODE_REVOKED, origin, user_id=user_id, note=f"code {code_id}"
        )


def exchange(core: Core, grant: CodeGrant, code: str, origin: Origin) -> Exchanged:
    """Exchange a code for a token, in a session of its own.

    Raises Refused: ADDRESS_PAUSED, CODE_UNKNOWN, CODE_REVOKED, CODE_EXPIRED, ACCOUNT_DISABLED,
    PASSWORD_EXPIRED.
    """
    address = throttle.admit_address(core, origin)
    row = core.store.first(BY_DIGEST, digest=secrets.digest(code))
    found = Found(*row) if row else None
    refusal = _code_refusal(found, core.clock.now()) if found else Refusal.CODE_UNKNOWN
    if found is not None and refusal is None:
        minting = _opened(core, grant, found, origin)
        if minting is not None:
            token = tokens.seal(core.keys, grant.purpose, minting)
            return Exchanged(token, core.seconds(grant.token))
        refusal = Refusal.CODE_REVOKED
    with core.store.write() as writing:
        now = core.clock.now()
        if found is None:
            throttle.failed_address(writing, now, core.policy, address, origin.network)
        user_id = found.user_id if found else None
        audit.record(writing, now, Event.LOGIN_REFUSED, origin, user_id=user_id, reason=refusal)
    raise Refused(refusal or Refusal.CODE_UNKNOWN)


def _opened(core: Core, grant: CodeGrant, found: Found, origin: Origin) -> Minting | None:
    """Open the session. None if the code was revoked meanwhile, because that did not end this session."""
    with core.store.write() as writing:
        if writing.execute(_UNREVOKED, {"code_id": found.id}).first() is None:
            return None
        return rows.open_session(
            core,
            writing,
            Holder(found.user_id, found.epoch),
            grant.kind,
            origin,
            terms=policy.single_token_terms(core.seconds(grant.token)),
            key_id=core.current_key_id(grant.kind),
            credential=Credential(access_code_id=found.id),
        )


def _code_refusal(found: Found, now: float) -> Refusal | None:
    # Disabling an account revokes its codes. The holder of such a code is told that the account is disabled.
    by_disabling = found.disabled_at is not None and found.revoked_at == found.disabled_at
    ended = found.revoked_at is not None or found.made_in_epoch not in (None, found.epoch)
    if ended and not by_disabling:
        return Refusal.CODE_REVOKED
    if found.expires_at <= now:
        return Refusal.CODE_EXPIRED
    if found.disabled_at is not None:
        return Refusal.ACCOUNT_DISABLED
    if found.password_expired:
        return Refusal.PASSWORD_EXPIRED
    return None
