"""Grants: open a session of a kind for a proven identity, and exchange a refresh token.

The dialect decides which tokens are in an answer, and their names.
"""

import math
from typing import NamedTuple, Protocol

from .. import secrets
from ..audit import Origin
from ..core import Core
from ..kinds import Form, Kind, Purpose
from ..policy import Terms
from ..refusals import Refusal, Refused
from . import rows, state, tokens
from .rows import Holder, Live
from .tokens import Minting

_RANDOM = {Form.HEX: lambda: secrets.mint_hex(32), Form.UUID: secrets.mint_uuid}


class Proven(Protocol):
    """A user who was just proven: the part of ``identities.Identity`` that a grant needs."""

    @property
    def holder(self) -> Holder: ...


class Expiring(NamedTuple):
    """A token, and when it expires (a NumericDate, RFC 7519 section 2)."""

    token: str
    expires_at: int


def random_token(purpose: Purpose) -> str:
    """A new random token for a purpose."""
    return _RANDOM[purpose.form]()


def open_session(
    core: Core,
    kind: Kind,
    user: Proven,
    origin: Origin,
    *,
    client_id: str | None = None,
    terms: Terms | None = None,
) -> Minting:
    """Open a session whose tokens are computed from its row. ``client_id`` binds it to that client."""
    assert kind.bound_to_client == (client_id is not None), (
        "the kind says whether a client is named"
    )
    with core.store.write() as writing:
        return rows.open_session(
            core,
            writing,
            user.holder,
            kind,
            origin,
            terms=terms,
            key_id=core.current_key_id(kind),
            client_id=client_id,
        )


def open_with_token(core: Core, kind: Kind, purpose: Purpose, user: Proven, origin: Origin) -> str:
    """Open a session with one random token. Returns the token; only this call ever does."""
    token = random_token(purpose)
    with core.store.write() as writing:
        rows.open_session(core, writing, user.holder, kind, origin, token=token)
    return token


def token_of_session(core: Core, kind: Kind, purpose: Purpose, row: Live, seconds: int) -> Expiring:
    """Make another token of a live session. It ends with the session, or after ``seconds``."""
    expires_at = math.floor(min(core.clock.now() + seconds, row.absolute_expires_at))
    minting = Minting(
        row.id,
        row.generation,
        row.key_id or core.current_key_id(kind),
        row.rotated_at,
        row.access_expires_at,
        row.expires_at,
    )
    return Expiring(tokens.seal(core.keys, purpose, minting, expires_at), expires_at)


def refresh(
    core: Core,
    purpose: Purpose,
    refresh_token: str,
    origin: Origin,
    *,
    access: tuple[Purpose, str] | None = None,
    client_id: str | None = None,
) -> Live:
    """Rotate the session of a refresh token, which must have this ``purpose``.

    ``access`` is the access token that must go with it. Raises Refused(TOKEN_MISUSED), and what
    ``sessions.rotate`` raises.
    """
    reference = None if access is None else _read(core, *access)
    return state.rotate(
        core, _read(core, purpose, refresh_token), origin, access=reference, client_id=client_id
    )


def _read(core: Core, purpose: Purpose, token: str) -> tokens.Reference:
    reference = tokens.read(core, token)
    if reference.purpose is not purpose:
        raise Refused(Refusal.TOKEN_MISUSED)
    return reference


def expires_in(row: Live, asked_at: float) -> int:
    """Whole seconds for which an access token is valid, from its rotation.

    With ``asked_at`` (a NumericDate), for a request that repeats the rotation, the seconds that are left.
    """
    return state.seconds_left(row.access_expires_at, max(row.rotated_at, asked_at))
