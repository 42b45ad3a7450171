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
from . import identity
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

    Hashes of several kinds may be in the database, each with its own cost. An unknown name is compared with
    the hash of a user that follows from the name, so the share of unknown names that costs as much as a
    kind is the share of users who have it. A known name reads such a row too, after its hash.

    Many guesses sent at the same moment all pass ``admitted`` before the first is counted. So the guard is
    asked again after the hash. If a pause has begun, the right password is counted and refused like the
    wrong ones, and the guesser does not learn which was right.
    """
    refused = Refused(Refusal.PASSWORD_WRONG if user else Refusal.LOGIN_UNKNOWN)
    if _is_right(core, login, user, password, origin):
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
        whose = user.id if user else None
        refused = throttle.failed(writing, now, core.policy, attempt, whose) or refused
        audit.record(
            writing,
            now,
            Event.LOGIN_REFUSED,
            origin,
            user_id=whose,
            reason=refused.refusal,
        )
    raise refused


def _is_right(
    core: Core, login: str, user: "Identity | None", password: str, origin: Origin
) -> bool:
    decoy = None if user else identity.decoy(core, login)
    stored = user or decoy
    try:
        is_right = core.passwords.verify(
            user.password_hash if user else None,
            password,
            core.keys.pepper(stored.pepper_id) if stored else None,
            network=origin.network,
            decoy=decoy.password_hash if decoy else None,
        )
    except Refused as busy:
        core.tally.note(busy.refusal, origin)
        raise
    if user and not is_right:
        identity.decoy(core, login)
    return is_right


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
    """Hash the password again if another system made the hash, or the profile or the pepper has changed.

    The sessions stay.
    """
    pepper_id, pepper = core.keys.ring.own_pepper
    if not core.passwords.outdated(user.password_hash) and user.pepper_id == pepper_id:
        return
    try:
        encoded = core.passwords.hash(password, pepper, network=network)
    except Refused:
        # No slot is free. The login still succeeds, and the next one tries again.
        return
    with core.store.write() as writing:
        given = {
            "uid": user.id,
            "proven_hash": user.password_hash,
            "encoded": encoded,
            "under": pepper_id,
        }
        writing.execute(_REHASH, given)
