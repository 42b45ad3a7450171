"""The pair of tokens of the session API, for a login and for a refresh."""

from typing import NamedTuple

from ...core.audit import Origin
from ...core.core import Core
from ...core.sessions import grants, tokens
from ...core.sessions.grants import Proven
from ...core.sessions.tokens import Minting
from .kinds import ACCESS, REFRESH, SESSION


class Pair(NamedTuple):
    """An access and a refresh token; ``expires_in`` is what is left of the former, in seconds."""

    access: str
    refresh: str
    expires_in: int


def pair(core: Core, user: Proven, client_id: str, origin: Origin) -> Pair:
    """Open a session that only this client may use."""
    minting = grants.open_session(core, SESSION, user, origin, client_id=client_id)
    return _sealed(core, minting, core.seconds(SESSION.access))


def refreshed_pair(
    core: Core, access_token: str, refresh_token: str, client_id: str, origin: Origin
) -> Pair:
    """Rotate a session by both its tokens. Raises what ``grants.refresh`` raises."""
    asked_at = core.clock.now()
    row = grants.refresh(
        core, REFRESH, refresh_token, origin, access=(ACCESS, access_token), client_id=client_id
    )
    return _sealed(core, row.minting, grants.expires_in(row, asked_at))


def _sealed(core: Core, minting: Minting, expires_in: int) -> Pair:
    access, refresh = (tokens.seal(core.keys, purpose, minting) for purpose in (ACCESS, REFRESH))
    return Pair(access, refresh, expires_in)
