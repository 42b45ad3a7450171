"""Tokens name a session, a generation and a purpose. This module asks no database.

There are four forms (``kinds.Form``), told apart by their looks. A JWT has two dots and a sealed token has a
``~``: both are signed, so a forgery is refused here. A UUID and 64 hexadecimal digits leave no room for a
signature: they are random, and found by their digest.
"""

import re
import struct
from collections.abc import Mapping
from typing import Any, NamedTuple

from .. import secrets
from ..core import Core
from ..keys import Keys, jwt
from ..kinds import Form, Purpose
from ..refusals import Refusal, Refused

# purpose, key id, session id, generation; the token's own expiry may follow.
_SEALED = struct.Struct(">BHQI")
_SEALED_EXPIRING = struct.Struct(">BHQII")

_NONE: Mapping[str, Any] = {}

# The longest JWT, with an e-mail address that is all escaped, is half as long.
MAX_LENGTH = 8_192

_HEX = re.compile(r"[0-9a-f]{64}", re.ASCII)
_UUID = re.compile(
    r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.ASCII | re.IGNORECASE
)


class Reference(NamedTuple):
    """The session that a token names: by id and generation, or by the token's digest.

    ``key_id`` is the key that signed it. Only the session's row says whether that key was the right one.
    """

    purpose: Purpose
    session_id: int | None = None
    generation: int = 1
    digest: bytes | None = None
    expires_at: int | None = None
    key_id: int | None = None


class Minting(NamedTuple):
    """The values from which a session's tokens are computed. The same values give the same tokens."""

    session_id: int
    generation: int
    key_id: int
    rotated_at: float
    access_expires_at: float
    expires_at: float


def seal(keys: Keys, purpose: Purpose, minting: Minting, expires_at: int | None = None) -> str:
    """A sealed token. ``expires_at`` (a NumericDate) only if the row does not state the expiry.

    Raises Refused(SESSION_ENDED) if the session's key was retired meanwhile.
    """
    fields = (purpose.number, minting.key_id, minting.session_id, minting.generation)
    payload = (
        _SEALED.pack(*fields) if expires_at is None else _SEALED_EXPIRING.pack(*fields, expires_at)
    )
    sealer = keys.sealer(minting.key_id)
    if sealer is None:
        raise Refused(Refusal.SESSION_ENDED)
    return sealer.seal(purpose.name, payload)


def session_name(session_id: int) -> str:
    """A session's public name, as JWTs, gateways and operators see it: 16 hexadecimal digits."""
    return f"{session_id:016x}"


def jwt_of(
    keys: Keys, purpose: Purpose, minting: Minting, issuer: str, claims: Mapping[str, Any] = _NONE
) -> str:
    """A JWT for a purpose. ``claims`` are the dialect's own, and come first.

    Times are whole seconds, as JWTs have them. Raises Refused(SESSION_ENDED) if the session's key was retired
    meanwhile.
    """
    key = keys.jwt_key(minting.key_id)
    if key is None:
        raise Refused(Refusal.SESSION_ENDED)
    sid = session_name(minting.session_id)
    expires_at = minting.expires_at if purpose.is_refresh else minting.access_expires_at
    whole = {
        **claims,
        "iss": issuer,
        "iat": int(minting.rotated_at),
        "exp": int(expires_at),
        "jti": f"{sid}.{minting.generation}.{purpose.use}",
        "sid": sid,
        "gen": minting.generation,
        "use": purpose.use,
    }
    return jwt.encode(key, whole, refresh=purpose.is_refresh)


def read(core: Core, token: str) -> Reference:
    """The session that ``token`` names. Raises Refused(TOKEN_MALFORMED or TOKEN_FORGED)."""
    if len(token) > MAX_LENGTH or not token.isascii():
        raise Refused(Refusal.TOKEN_MALFORMED)
    if secrets.SEPARATOR in token:
        return _read_sealed(core, token)
    if token.count(".") == 2:
        return _read_jwt(core, token)
    if _UUID.fullmatch(token):
        return _random(core, Form.UUID, token.lower())
    if _HEX.fullmatch(token):
        return _random(core, Form.HEX, token)
    raise Refused(Refusal.TOKEN_MALFORMED)


def _random(core: Core, form: Form, token: str) -> Reference:
    purpose = core.kinds.random.get(form)
    if purpose is None:
        raise Refused(Refusal.TOKEN_MALFORMED)
    return Reference(purpose, digest=secrets.digest(token))


def _read_sealed(core: Core, token: str) -> Reference:
    payload = secrets.payload_of(token) or b""
    expires_at = None
    if len(payload) == _SEALED.size:
        number, key_id, session_id, generation = _SEALED.unpack(payload)
    elif len(payload) == _SEALED_EXPIRING.size:
        number, key_id, session_id, generation, expires_at = _SEALED_EXPIRING.unpack(payload)
    else:
        raise Refused(Refusal.TOKEN_MALFORMED)
    purpose = core.kinds.sealed.get(number)
    if purpose is None:
        raise Refused(Refusal.TOKEN_MALFORMED)
    sealer = core.keys.sealer(key_id)
    if sealer is None or not sealer.opens(purpose.name, token):
        raise Refused(Refusal.TOKEN_FORGED)
    return Reference(purpose, session_id, generation, expires_at=expires_at, key_id=key_id)


def _read_jwt(core: Core, token: str) -> Reference:
    keys = core.keys
    header = token.partition(".")[0]
    verified = jwt.verified_claims(token, keys.ring.jwt_headers.get(header, ()))
    if verified is None and keys.reload_for_unknown():
        verified = jwt.verified_claims(token, keys.ring.jwt_headers.get(header, ()))
    if verified is None:
        raise Refused(Refusal.TOKEN_FORGED)
    return _reference(core, *verified)


def _reference(core: Core, key_id: int, claims: dict[str, Any]) -> Reference:
    try:
        session_id, generation = int(claims["sid"], 16), claims["gen"]
        purpose = core.kinds.by_use[claims["use"]]
    except (KeyError, TypeError, ValueError):
        raise Refused(Refusal.TOKEN_MALFORMED) from None
    # Others who verify know an HS256 key too, and could sign ids that a database cannot look up.
    if not 0 <= session_id < 2**63 or not isinstance(generation, int):
        raise Refused(Refusal.TOKEN_MALFORMED)
    return Reference(purpose, session_id, generation, key_id=key_id)


def may_have_another_key(
    keys: Keys, reference: Reference, key_id: int | None, generation: int, opened_at: float
) -> bool:
    """Whether a token may be genuine although its key is not ``key_id``, the key in its session's row.

    That is the key of the current generation. Older generations may have had another. So may the sealed
    tokens of a session whose own token is random (``key_id`` is None). Such a key must still have minted
    tokens when the session was opened (``opened_at``, in epoch seconds).
    """
    if reference.key_id is None or (key_id is not None and reference.generation == generation):
        return False
    return keys.ring.may_have_minted(reference.key_id, opened_at)
