"""The steps to prove a password: ask the guard, hash and compare, remember the result, write the event.

``accounts.prove`` calls them in order.
"""

from enum import StrEnum

from sqlalchemy import bindparam, update

from ...store.models import User
from .. import audit
from ..audit import Event, Origin
from ..core import Core
from ..guard import throttle
from ..guard.throttle import Attempt
from ..refusals import Refusal, Refused
from .identity import Identity

_REHASH = (
    update(User)
    .where(User.id == bindparam("uid"), User.password_hash == bindparam("proven_hash"))
    .values(password_hash=bindparam("encoded"), pepper_id=bindparam("under"))
)


def admitted(core: Core, login: str, origin: Origin) -> Attempt:
    """Ask the guard before the hash. Raises Refused(ACCOUNT_PAUSED or ADDRESS_PAUSED)."""
    try:
        return throttle.admit(core, login, origin)
    except Refused as refused:
        core.tally.note(refused.refusal, origin)
        raise


def verified(
    core: Core,
    login: str,
    user: "Identity | None",
    password: str,
    origin: Origin,
    *,
    attempt: Attempt,
) -> Attempt:
    """Hash and compare. An unknown user costs the same work. A failure is counted and recorded.

    Many guesses sent at the same moment all pass ``admitted`` before the first is counted. So the guard is
    asked again after the hash. If a pause has begun, the right password is counted and refused like the
    wrong ones, and the guesser does not learn which was right.
    """
    pepper = core.keys.pepper(user.pepper_id if user else core.keys.ring.current_pepper)
    refused = Refused(Refusal.PASSWORD_WRONG if user else Refusal.LOGIN_UNKNOWN)
    if _is_right(core, user, password, pepper, origin):
        assert user is not None, "the dummy hash is never anybody's"
        try:
            admitted = throttle.admit(core, login, origin)
        except Refused as pause:
            refused = pause
        else:
            _upgrade(core, user, password, origin.network)
            return admitted
    with core.store.write() as writing:
        now = core.clock.now()
        refused = throttle.failed(writing, now, core.policy, attempt) or refused
        audit.record(
            writing,
            now,
            Event.LOGIN_REFUSED,
            origin,
            user_id=user.id if user else None,
            reason=refused.refusal,
        )
    raise refused


def _is_right(
    core: Core, user: "Identity | None", password: str, pepper: bytes | None, origin: Origin
) -> bool:
    try:
        return core.passwords.verify(
            user.password_hash if user else None, password, pepper, network=origin.network
        )
    except Refused as busy:
        core.tally.note(busy.refusal, origin)
        raise


def remember(core: Core, user: "Identity", password: str, origin: Origin) -> None:
    """Remember a proven password, so that the next login needs no hash.

    One event for each day and network is written, which makes the address a known one.
    """
    core.proven.remember(user.id, user.epoch, password)
    core.daily_events.record(core.clock.now(), Event.LOGIN, origin, user.id)


def note_refusal(core: Core, refusal: StrEnum, origin: Origin, user_id: int | None = None) -> None:
    """Write the event of a refused login, in a transaction of its own."""
    with core.store.write() as writing:
        audit.record(
            writing,
            core.clock.now(),
            Event.LOGIN_REFUSED,
            origin,
            user_id=user_id,
            reason=refusal,
        )


def _upgrade(core: Core, user: "Identity", password: str, network: str | None) -> None:
    """Hash the password again if the profile or the pepper has changed. The sessions stay."""
    current_pepper = core.keys.ring.current_pepper
    if not core.passwords.outdated(user.password_hash) and user.pepper_id == current_pepper:
        return
    try:
        encoded = core.passwords.hash(password, core.keys.pepper(current_pepper), network=network)
    except Refused:
        # No slot is free. The login still succeeds, and the next one tries again.
        return
    with core.store.write() as writing:
        given = {
            "uid": user.id,
            "proven_hash": user.password_hash,
            "encoded": encoded,
            "under": current_pepper,
        }
        writing.execute(_REHASH, given)
