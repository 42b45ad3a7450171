"""A token without a login, in the state that a test asks for.

Each state is reached as it is in life, by the core's own functions and at the time that it takes: an expired
token was made that long ago, a reused one was refreshed twice.
"""

from collections.abc import Callable
from contextlib import suppress
from typing import NamedTuple, cast

from app.core import identities, sessions
from app.core.core import Core
from app.core.identities import Identity
from app.core.keys.keyring import Use
from app.core.kinds import RANDOM, Form, Kind
from app.core.refusals import Refused
from app.core.sessions import grants, tokens
from app.core.upkeep import key_care
from app.dialects.aaa import grants as aaa
from app.dialects.aaa.kinds import AAA
from app.dialects.login.kinds import LOGIN, TOKEN
from app.dialects.session import grants as session
from app.dialects.session.kinds import SESSION
from app.dialects.token_v2 import grants as token_v2
from app.dialects.token_v2.kinds import TOKEN_V2

from .actions import user_named
from .errors import PlaneRefusal
from .seeds import ORIGIN
from .world import World

STRANGER = "stranger"


class Made(NamedTuple):
    """``refresh`` is None for a dialect without; ``session`` is None for a token of no session here."""

    access: str
    refresh: str | None = None
    session: str | None = None


class Wanted(NamedTuple):
    """Whose token it is to be; ``elsewhere`` gives a world of a stranger."""

    world: World
    user: Identity
    kind: Kind
    client_id: str
    elsewhere: Callable[[], World]

    @property
    def core(self) -> Core:
        return self.world.core


def make(
    world: World,
    elsewhere: Callable[[], World],
    *,
    user: str,
    dialect: str,
    state: str,
    client_id: str | None,
) -> Made:
    """A token of ``user`` in ``dialect``. Raises Refused: USER_UNKNOWN, TOKEN_IMPOSSIBLE."""
    kind = KINDS.get(dialect)
    if kind is None:
        raise _impossible(f"there is no dialect {dialect}")
    into = STATES.get(state)
    if into is None:
        raise _impossible(f"there is no state {state}")
    clients = [str(client["client_id"]) for client in world.seeded.clients]
    client = client_id or next(iter(clients), "")
    if kind.bound_to_client and not client:
        raise _impossible("the world has no client: give client_id")
    return into(Wanted(world, user_named(world.core, user), kind, client, elsewhere))


def _impossible(why: str) -> Refused:
    return Refused(PlaneRefusal.TOKEN_IMPOSSIBLE, why)


def _open(wanted: Wanted) -> Made:
    made = _OPENERS[wanted.kind.name](wanted)
    row = sessions.find(wanted.core, tokens.read(wanted.core, made.access))
    return made._replace(session=row.name)


def _open_aaa(wanted: Wanted) -> Made:
    return Made(aaa.sessid(wanted.core, wanted.user, ORIGIN))


def _open_token_v2(wanted: Wanted) -> Made:
    pair = token_v2.pair(wanted.core, wanted.user, ORIGIN)
    return Made(pair.access, pair.refresh)


def _open_login(wanted: Wanted) -> Made:
    return Made(grants.open_with_token(wanted.core, LOGIN, TOKEN, wanted.user, ORIGIN))


def _open_session(wanted: Wanted) -> Made:
    pair = session.pair(wanted.core, wanted.user, wanted.client_id, ORIGIN)
    return Made(pair.access, pair.refresh)


def _refresh(wanted: Wanted, made: Made) -> None:
    if made.refresh is None:
        raise _impossible("tokens of this dialect are not refreshed")
    [purpose] = [found for found in wanted.kind.purposes if found.is_refresh]
    grants.refresh(wanted.core, purpose, made.refresh, ORIGIN)


def _expired(wanted: Wanted) -> Made:
    # So long ago that it is expired to the second, and the session perhaps not.
    with wanted.world.clock.skewed(-wanted.core.seconds(wanted.kind.access)):
        return _open(wanted)


def _superseded(wanted: Wanted) -> Made:
    made = _open(wanted)
    _refresh(wanted, made)
    return made


def _reused(wanted: Wanted) -> Made:
    clock, grace = wanted.world.clock, wanted.core.policy.refresh_grace_seconds
    with clock.skewed(-grace - 1):
        made = _superseded(wanted)
    with suppress(Refused):  # that is the reuse, and it ends the session
        _refresh(wanted, made)
    return made


def _ended(wanted: Wanted) -> Made:
    made = _open(wanted)
    row = sessions.find(wanted.core, tokens.read(wanted.core, made.access))
    sessions.end_row(wanted.core, row, ORIGIN)
    return made


def _user_disabled(wanted: Wanted) -> Made:
    made = _open(wanted)
    identities.disable(wanted.core, wanted.user.id, ORIGIN)
    return made


def _password_expired(wanted: Wanted) -> Made:
    if not wanted.kind.stands_on_password:
        raise _impossible("it does not stand on the password")
    made = _open(wanted)
    identities.expire_password(wanted.core, wanted.user.id, ORIGIN)
    return made


def _key_retired(wanted: Wanted) -> Made:
    core = wanted.core
    made = _open(wanted)
    row = sessions.find(core, tokens.read(core, made.access))
    if row.key_id is None:
        raise _impossible("it is random: no key has signed it")
    [key] = [key for key in core.keys.rows() if key.id == row.key_id]
    key_care.rotate(core, cast(Use, key.use), ORIGIN)
    key_care.retire(core, key.kid, ORIGIN)
    return made


def _forged(wanted: Wanted) -> Made:
    form = wanted.kind.purposes[0].form
    if form in RANDOM:
        return Made(grants.random_token(wanted.kind.purposes[0]))
    made = _open(wanted)
    refresh = made.refresh and _changed(made.refresh, form)
    return Made(_changed(made.access, form), refresh)


def _changed(token: str, form: Form) -> str:
    """The same with another signature: the first character of it is exchanged."""
    separator = "." if form is Form.JWT else "~"
    signed, _, signature = token.rpartition(separator)
    return f"{signed}{separator}{'B' if signature[0] == 'A' else 'A'}{signature[1:]}"


def _foreign(wanted: Wanted) -> Made:
    """Of another deployment: its keys are not ours, and its sessions neither."""
    stranger = wanted.elsewhere()
    there = user_named(stranger.core, STRANGER)
    made = _open(wanted._replace(world=stranger, user=there, client_id=STRANGER))
    return made._replace(session=None)


_OPENERS: dict[str, Callable[[Wanted], Made]] = {
    AAA.name: _open_aaa,
    TOKEN_V2.name: _open_token_v2,
    LOGIN.name: _open_login,
    SESSION.name: _open_session,
}
KINDS = {kind.name: kind for kind in (AAA, TOKEN_V2, LOGIN, SESSION)}
STATES: dict[str, Callable[[Wanted], Made]] = {
    "live": _open,
    "expired": _expired,
    "superseded": _superseded,
    "reused": _reused,
    "ended": _ended,
    "user_disabled": _user_disabled,
    "password_expired": _password_expired,
    "key_retired": _key_retired,
    "forged": _forged,
    "foreign": _foreign,
}
