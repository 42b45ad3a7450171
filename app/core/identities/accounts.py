"""What happens to an identity: proven, changed, disabled. One identity for all four dialects."""

from sqlalchemy import bindparam, update

from ...store.models import User
from .. import audit, passwords
from ..audit import Event, Origin
from ..core import Core
from ..guard import throttle
from ..names import folded
from ..refusals import Refusal, Refused
from ..sessions import endings
from . import proof, registration
from .identity import Identity, find, get

_THE_USER = User.id == bindparam("uid")
_REPLACE = (
    update(User)
    .where(_THE_USER)
    .values(
        password_hash=bindparam("encoded"), pepper_id=bindparam("under"), password_expired=False
    )
)
# Only if that is how the user still stands.
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
    """The identity whose password this is.

    With ``remember``, a password that this process has proven before is not hashed again.

    Raises Refused: ACCOUNT_PAUSED or ADDRESS_PAUSED before any password is looked at, BUSY, then
    LOGIN_UNKNOWN or PASSWORD_WRONG (to be told alike, and made to cost alike), and only to a caller
    who knew the password ACCOUNT_DISABLED or PASSWORD_EXPIRED.
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
    """Change one's own password; every other session than ``keep`` ends.

    Raises what ``prove`` raises for the current password, also where an operator has set, expired or
    disabled it while the new one was hashed, and PASSWORD_UNACCEPTABLE.
    """
    user = prove(core, get(core, user_id).username, current, origin, allow_expired=True)
    if user.id != user_id:
        raise Refused(Refusal.PASSWORD_WRONG)
    if len(new) <= passwords.MAX_TYPED_LENGTH and passwords.same(new, current):
        raise Refused(Refusal.PASSWORD_UNACCEPTABLE, "The new password is the old one.")
    if not _replace_password(core, user_id, new, origin, keep=keep, proven=user):
        refusal = _overtaken(user, get(core, user_id))
        proof.note_refusal(core, refusal, origin, user_id)
        raise Refused(refusal)


def set_password(core: Core, user_id: int, new: str, origin: Origin) -> None:
    """Set a password, not expired, and end the user's sessions. Raises Refused(PASSWORD_UNACCEPTABLE)."""
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
    """Whether the new password counts: with ``proven``, only if that is how the user still stands."""
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


def _overtaken(proven: Identity, found: Identity) -> Refusal:
    """Why a password that was proven no longer lets its owner change it."""
    if found.disabled_at is not None:
        return Refusal.ACCOUNT_DISABLED
    return Refusal.PASSWORD_WRONG if found.epoch != proven.epoch else Refusal.PASSWORD_EXPIRED


def expire_password(core: Core, user_id: int, origin: Origin) -> None:
    """From now on the password only lets its owner change it."""
    with core.store.write() as writing:
        writing.execute(_EXPIRE, {"uid": user_id})
        audit.record(writing, core.clock.now(), Event.PASSWORD_EXPIRED, origin, user_id=user_id)


def disable(core: Core, user_id: int, origin: Origin) -> bool:
    """Disable an account and end all its sessions; whether it was enabled before."""
    with core.store.write() as writing:
        now = core.clock.now()
        changed = writing.execute(_DISABLE, {"uid": user_id, "now": now}).rowcount
        if changed:
            endings.renew_epoch(writing, now, user_id, "account_disabled", origin)
            audit.record(writing, now, Event.USER_DISABLED, origin, user_id=user_id)
    return bool(changed)


def enable(core: Core, user_id: int, origin: Origin) -> bool:
    """Let an account log in again; its old sessions stay ended."""
    with core.store.write() as writing:
        changed = writing.execute(_ENABLE, {"uid": user_id}).rowcount
        if changed:
            audit.record(writing, core.clock.now(), Event.USER_ENABLED, origin, user_id=user_id)
    return bool(changed)


def unlock(core: Core, user: Identity, origin: Origin) -> bool:
    """Lift the pause from both of a user's login names; whether there was a count."""
    with core.store.write() as writing:
        cleared = [
            throttle.clear(writing, name) for name in {folded(user.username), folded(user.email)}
        ]
        audit.record(writing, core.clock.now(), Event.USER_UNLOCKED, origin, user_id=user.id)
    return any(cleared)


def end_sessions(core: Core, user_id: int, origin: Origin) -> endings.Ended:
    """End all of a user's sessions, in every dialect, and the codes made in them; how many there were."""
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
