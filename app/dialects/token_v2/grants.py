"""The pair of JWTs of token v2, for a login and for a refresh."""

from typing import NamedTuple

from ...core.audit import Origin
from ...core.core import Core
from ...core.identities import Identity
from ...core.sessions import grants, tokens
from ...core.sessions.tokens import Minting
from .kinds import ACCESS, REFRESH, TOKEN_V2


class Subject(NamedTuple):
    """The user that the claims describe, as the seed names them."""

    uid: int
    email: str
    customer: str


class Pair(NamedTuple):
    """An access and a refresh token; ``expires_in`` is what is left of the former, in seconds."""

    access: str
    refresh: str
    expires_in: int
    customer: str


def pair(core: Core, user: Identity, origin: Origin) -> Pair:
    """Open a session."""
    minting = grants.open_session(core, TOKEN_V2, user, origin)
    subject = Subject(user.id, user.email, user.customer)
    return _minted(core, minting, subject, core.seconds(TOKEN_V2.access))


def refreshed_pair(core: Core, refresh_token: str, origin: Origin) -> Pair:
    """Rotate a session. Raises what ``grants.refresh`` raises."""
    asked_at = core.clock.now()
    row = grants.refresh(core, REFRESH, refresh_token, origin)
    subject = Subject(row.user_id, row.email, row.customer)
    return _minted(core, row.minting, subject, grants.expires_in(row, asked_at))


def _minted(core: Core, minting: Minting, subject: Subject, expires_in: int) -> Pair:
    access, refresh = jwts(core, minting, subject)
    return Pair(access, refresh, expires_in, subject.customer)


def jwts(core: Core, minting: Minting, subject: Subject) -> tuple[str, str]:
    """The access and the refresh token of a session. The same session and generation make the same two."""
    claims = {"uid": subject.uid, "email": subject.email, "customerId": subject.customer}
    return (
        tokens.jwt_of(core.keys, ACCESS, minting, core.issuer, claims),
        tokens.jwt_of(core.keys, REFRESH, minting, core.issuer),
    )
