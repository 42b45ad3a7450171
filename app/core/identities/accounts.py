"""Operations on an identity: prove its password, change it, disable it. All dialects share identities."""

from sqlalchemy import bindparam, update

from ...store.models import User
from .. import audit, passwords
from ..audit import Event, Origin
from ..core import Core
from ..guard import throttle
from ..names import folded
from ..refusals import Refusal, Refused
from ..sessions import endings
from . import last_admin, proof, registration
from .identity import Identity, find, get

_THE_USER = User.id == bindparam("uid")
_REPLACE = (
    update(User)
    .where(_THE_USER)
    .values(
        password_hash=bindparam("encoded"), pepper_id=bindparam("under"), password_expired=False
    )
)
# Only if the user has not changed since the password was proven.
_REPLACE_PROVEN = _REPLACE.where(
    User.epoch == bindparam("proven_epoch"),
    User.disabled_at.is_(None),
    User.password_expired == bindparam("proven_expired"),
)
_EXPIRE = update(User).where(_THE_USER).values(password_expired=True)
_DISABLE = (
    update(User).where(_THE_USER, User.disabled_at.is_(None)).values(disabled_at=bindparam("now"))
)
_ENABLE = update(User).where(_THE_USER, User.disabled_at.is_not(None)).values(disabled_at=None)


def prove(
    core: Core,
    login: str,
    password: str,
    origin: Origin,
    *,
    allow_expired: bool = False,
    remember: bool = False,
) -> Identity:
    """The identity with this login name (username or e-mail) and password.

    With ``remember``, a password that this process has proven before is not hashed again.

    Raises Refused: ACCOUNT_PAUSED or ADDRESS_PAUSED, before the password is compared; BUSY;
    LOGIN_UNKNOWN or PASSWORD_WRONG, which cost the same time and must get the same answer;
    ACCOUNT_DISABLED or PASSWORD_EXPIRED, only after the right password.
    """
    attempt = proof.admitted(core, login, origin)
    user = find(core, login)
    if not (remember and user and core.proven.holds(user.id, user.epoch, password)):
        attempt = proof.verified(core, login, user, password, origin, attempt=attempt)
    assert user is not None, "an unknown login does not verify"
    if attempt.counted:
        with core.store.write() as writing:
            throttle.succeeded(writing, attempt)
    refusal = None
    if user.disabled_at is not None:
        refusal = Refusal.ACCOUNT_DISABLED
    elif user.password_expired and not allow_expired:
        refusal = Refusal.PASSWORD_EXPIRED
    if refusal is not None:
        proof.note_refusal(core, refusal, origin, user.id)
        raise Refused(refusal)
    if remember:
        proof.remember(core, user, password, origin)
    return user


def change_password(
    core: Core, user_id: int, current: str, new: str, origin: Origin, *, keep: int | None
) -> None:
    """Change a user's own password, and end all sessions of the user except ``keep``.

    Raises what ``prove`` raises for the current password, and Refused(PASSWORD_UNACCEPTABLE). If an operator
    sets or expires the password, or disables the account, while the new password is hashed, the change is
    refused too.
    """
    user = prove(core, get(core, user_id).username, current, origin, allow_expired=True)
    if user.id != user_id:
        raise Refused(Refusal.PASSWORD_WRONG)
    if len(new) <= passwords.MAX_TYPED_LENGTH and passwords.same(new, current):
        raise Refused(Refusal.PASSWORD_UNACCEPTABLE, "The new password is the old one.")
    if not _replace_password(core, user_id, new, origin, keep=keep, proven=user):
        refusal = _change_refusal(user, get(core, user_id))
        proof.note_refusal(core, refusal, origin, user_id)
        raise Refused(refusal)


def set_password(core: Core, user_id: int, new: str, origin: Origin) -> None:
    """Set a password that is not expired, and end all sessions of the user.

    Raises Refused(PASSWORD_UNACCEPTABLE or BUSY).
    """
    _replace_password(core, user_id, new, origin)


def _replace_password(
    core: Core,
    user_id: int,
    new: str,
    origin: Origin,
    *,
    keep: int | None = None,
    proven: Identity | None = None,
) -> bool:
    """Whether the password was replaced: with ``proven``, only if the user is still as in ``proven``."""
    pepper_id, encoded = registration.hash_chosen(core, new, origin)
    with core.store.write() as writing:
        now = core.clock.now()
        given = {"uid": user_id, "encoded": encoded, "under": pepper_id}
        if proven is None:
            replaced = writing.execute(_REPLACE, given).rowcount
        else:
            stands = {"proven_epoch": proven.epoch, "proven_expired": proven.password_expired}
            replaced = writing.execute(_REPLACE_PROVEN, given | stands).rowcount
        if replaced:
            endings.renew_epoch(writing, now, user_id, "password_changed", origin, keep=keep)
            audit.record(writing, now, Event.PASSWORD_CHANGED, origin, user_id=user_id)
    return bool(replaced)


def _change_refusal(proven: Identity, found: Identity) -> Refusal:
    """Why the change is refused, although the current password was right: the user has changed meanwhile."""
    if found.disabled_at is not None:
        return Refusal.ACCOUNT_DISABLED
    return Refusal.PASSWORD_WRONG if found.epoch != proven.epoch else Refusal.PASSWORD_EXPIRED


def expire_password(core: Core, user_id: int, origin: Origin) -> None:
    """Expire a password: from now on its user can only change it."""
    with core.store.write() as writing:
        writing.execute(_EXPIRE, {"uid": user_id})
        audit.record(writing, core.clock.now(), Event.PASSWORD_EXPIRED, origin, user_id=user_id)


def disable(core: Core, user_id: int, origin: Origin, *, keep_an_admin: bool = False) -> bool:
    """Disable an account and end all its sessions. Returns whether it was enabled before.

    With ``keep_an_admin`` it raises Refused(LAST_ADMIN) if nobody could be an operator any more.
    """
    with core.store.write() as writing:
        now = core.clock.now()
        if keep_an_admin:
            last_admin.refuse(writing, user_id)
        changed = writing.execute(_DISABLE, {"uid": user_id, "now": now}).rowcount
        if changed:
            endings.renew_epoch(writing, now, user_id, "account_disabled", origin)
            audit.record(writing, now, Event.USER_DISABLED, origin, user_id=user_id)
    return bool(changed)


def enable(core: Core, user_id: int, origin: Origin) -> bool:
    """Enable an account; its old sessions stay ended. Returns whether it was disabled before."""
    with core.store.write() as writing:
        changed = writing.execute(_ENABLE, {"uid": user_id}).rowcount
        if changed:
            audit.record(writing, core.clock.now(), Event.USER_ENABLED, origin, user_id=user_id)
    return bool(changed)


def unlock(core: Core, user: Identity, origin: Origin) -> bool:
    """Clear the failures, and so the pause, of both login names. Returns whether there were any."""
    with core.store.write() as writing:
        cleared = [
            throttle.clear(writing, name) for name in {folded(user.username), folded(user.email)}
        ]
        audit.record(writing, core.clock.now(), Event.USER_UNLOCKED, origin, user_id=user.id)
    return any(cleared)


def end_sessions(core: Core, user_id: int, origin: Origin) -> endings.Ended:
    """End a user's sessions of all dialects and the access codes made in them."""
    with core.store.write() as writing:
        now = core.clock.now()
        ended = endings.end_of_user(writing, now, user_id, "ended_by_operator", origin)
        audit.record(
            writing,
            now,
            Event.SESSIONS_ENDED,
            origin,
            user_id=user_id,
            note=f"{ended.sessions} sessions",
        )
    return ended
