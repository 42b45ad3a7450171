"""What a proven identity is handed in each dialect, and what a refresh token is exchanged for."""

import math
from typing import NamedTuple, Protocol

from .. import policy, secrets
from ..audit import Origin
from ..core import Core
from ..policy import Dialect
from ..refusals import Refusal, Refused
from . import rows, state, tokens
from .rows import Holder, Live
from .tokens import Purpose


class Proven(Protocol):
    """Who has just proven to be somebody: ``identities.Identity``, of which this is what a grant needs."""

    @property
    def id(self) -> int: ...
    @property
    def email(self) -> str: ...
    @property
    def customer(self) -> str: ...
    @property
    def holder(self) -> Holder: ...


class Pair(NamedTuple):
    """An access and a refresh token; ``expires_in`` is what is left of the former, in seconds."""

    access: str
    refresh: str
    expires_in: int
    customer_id: str


class Expiring(NamedTuple):
    token: str
    expires_at: int


def aaa_session(core: Core, user: Proven, origin: Origin) -> str:
    """Open an AAA session: its SESSID, 64 hexadecimal digits."""
    sessid = secrets.mint_hex(32)
    with core.store.write() as writing:
        rows.open_session(core, writing, user.holder, Dialect.AAA, origin, token=sessid)
    return sessid


def npm_token_of_session(core: Core, row: Live) -> Expiring:
    """An npm token that is one more view of a live AAA session, and so ends with it."""
    key_id = row.key_id or core.current_key_id(Dialect.AAA)
    now = core.clock.now()
    expires_at = math.floor(min(now + core.policy.aaa_token_seconds, row.absolute_expires_at))
    minting = tokens.Minting(
        row.id, row.generation, key_id, row.rotated_at, row.access_expires_at, row.expires_at
    )
    return Expiring(tokens.seal(core.keys, Purpose.AAA_NPM, minting, expires_at), expires_at)


def npm_token_of_user(core: Core, user: Proven, origin: Origin) -> Expiring:
    """An npm token for Basic credentials: there is no session yet, so it has one of its own."""
    terms = policy.single_token_terms(core.policy.aaa_token_seconds)
    key_id = core.current_key_id(Dialect.AAA)
    with core.store.write() as writing:
        minting = rows.open_session(
            core, writing, user.holder, Dialect.AAA, origin, terms=terms, key_id=key_id
        )
    expires_at = math.floor(minting.expires_at)
    return Expiring(tokens.seal(core.keys, Purpose.AAA_NPM, minting, expires_at), expires_at)


def jwt_pair(core: Core, user: Proven, origin: Origin) -> Pair:
    """Open a token v2 session."""
    with core.store.write() as writing:
        minting = rows.open_session(
            core,
            writing,
            user.holder,
            Dialect.TOKEN_V2,
            origin,
            key_id=core.current_key_id(Dialect.TOKEN_V2),
        )
    subject = tokens.Subject(user.id, user.email, user.customer)
    access, refresh = tokens.jwt_pair(core.keys, minting, subject, core.issuer)
    return Pair(access, refresh, core.policy.token_v2_access_seconds, user.customer)


def refreshed_jwt_pair(core: Core, refresh_token: str, origin: Origin) -> Pair:
    """Rotate a token v2 session. Raises what ``sessions.rotate`` raises."""
    asked_at = core.clock.now()
    row = state.rotate(core, _refresh(core, refresh_token, Purpose.TOKEN_V2_REFRESH), origin)
    access, refresh = tokens.jwt_pair(core.keys, row.minting, row.subject, core.issuer)
    return Pair(access, refresh, _expires_in(row, asked_at), row.subject.customer_id)


def session_pair(core: Core, user: Proven, client_id: str, origin: Origin) -> Pair:
    """Open a session of the session dialect, bound to the client."""
    with core.store.write() as writing:
        minting = rows.open_session(
            core,
            writing,
            user.holder,
            Dialect.SESSION,
            origin,
            key_id=core.current_key_id(Dialect.SESSION),
            client_id=client_id,
        )
    return _sealed_pair(core, minting, core.policy.session_access_seconds, user.customer)


def refreshed_session_pair(
    core: Core, access_token: str, refresh_token: str, client_id: str, origin: Origin
) -> Pair:
    """Rotate a session-dialect session. Raises what ``sessions.rotate`` raises."""
    asked_at = core.clock.now()
    access = tokens.read(core.keys, access_token)
    if access.purpose is not Purpose.SESSION_ACCESS:
        raise Refused(Refusal.TOKEN_MISUSED)
    refresh = _refresh(core, refresh_token, Purpose.SESSION_REFRESH)
    row = state.rotate(core, refresh, origin, access=access, client_id=client_id)
    return _sealed_pair(core, row.minting, _expires_in(row, asked_at), row.subject.customer_id)


def _refresh(core: Core, token: str, purpose: Purpose) -> tokens.Reference:
    reference = tokens.read(core.keys, token)
    if reference.purpose is not purpose:
        raise Refused(Refusal.TOKEN_MISUSED)
    return reference


def _sealed_pair(core: Core, minting: tokens.Minting, expires_in: int, customer_id: str) -> Pair:
    return Pair(
        tokens.seal(core.keys, Purpose.SESSION_ACCESS, minting),
        tokens.seal(core.keys, Purpose.SESSION_REFRESH, minting),
        expires_in,
        customer_id,
    )


def _expires_in(row: Live, asked_at: float) -> int:
    """Told as of the rotation, or of the request that repeats it: a new pair has its whole lifetime."""
    return state.seconds_left(row.access_expires_at, max(row.rotated_at, asked_at))
