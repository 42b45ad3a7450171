"""The tokens of a proven caller of AAA: a SESSID, or a token for npm."""

import math

from ...core.audit import Origin
from ...core.core import Core
from ...core.policy import single_token_terms
from ...core.sessions import grants, tokens
from ...core.sessions.grants import Expiring, Proven
from ...core.sessions.rows import Live
from .kinds import AAA, NPM, SESSION, TOKEN


def sessid(core: Core, user: Proven, origin: Origin) -> str:
    """Open a session: its SESSID, 64 hexadecimal digits."""
    return grants.open_with_token(core, AAA, SESSION, user, origin)


def npm_token_of_session(core: Core, row: Live) -> Expiring:
    """An npm token that ends with a live session."""
    return grants.token_of_session(core, AAA, NPM, row, core.seconds(TOKEN))


def npm_token_of_user(core: Core, user: Proven, origin: Origin) -> Expiring:
    """An npm token for Basic credentials: there is no session yet, so it has one of its own."""
    terms = single_token_terms(core.seconds(TOKEN))
    minting = grants.open_session(core, AAA, user, origin, terms=terms)
    expires_at = math.floor(minting.expires_at)
    return Expiring(tokens.seal(core.keys, NPM, minting, expires_at), expires_at)
