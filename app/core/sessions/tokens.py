"""What a token says: which session, which generation, for which purpose. No database in here.

Four forms, told apart by their looks: a JWT has two dots, a sealed token a ``~``, the login token is
a UUID, SESSID is 64 hexadecimal digits. The first two are signed, so a forgery is refused here; the
other two leave no room for a signature and are random, looked up by their digest.
"""

import re
import struct
from enum import IntEnum, unique
from typing import Any, NamedTuple

from .. import secrets
from ..keys import Keys, jwt
from ..policy import Dialect
from ..refusals import Refusal, Refused


@unique
class Purpose(IntEnum):
    """What a token is for. The numbers stand in sealed tokens: never reuse one."""

    AAA_SESSION = 1
    AAA_NPM = 2
    AAA_OAUTH = 3
    TOKEN_V2_ACCESS = 4
    TOKEN_V2_REFRESH = 5
    LOGIN = 6
    SESSION_ACCESS = 7
    SESSION_REFRESH = 8

    @property
    def dialect(self) -> Dialect:
        return _DIALECTS[self]

    @property
    def is_refresh(self) -> bool:
        return self in (Purpose.TOKEN_V2_REFRESH, Purpose.SESSION_REFRESH)


_DIALECTS = {
    Purpose.AAA_SESSION: Dialect.AAA,
    Purpose.AAA_NPM: Dialect.AAA,
    Purpose.AAA_OAUTH: Dialect.AAA,
    Purpose.TOKEN_V2_ACCESS: Dialect.TOKEN_V2,
    Purpose.TOKEN_V2_REFRESH: Dialect.TOKEN_V2,
    Purpose.LOGIN: Dialect.LOGIN,
    Purpose.SESSION_ACCESS: Dialect.SESSION,
    Purpose.SESSION_REFRESH: Dialect.SESSION,
}

_SEALED_PURPOSES = {
    purpose.value: purpose
    for purpose in (
        Purpose.AAA_NPM,
        Purpose.AAA_OAUTH,
        Purpose.SESSION_ACCESS,
        Purpose.SESSION_REFRESH,
    )
}

# purpose, key id, session id, generation; an npm token's own expiry may follow.
_SEALED = struct.Struct(">BHQI")
_SEALED_EXPIRING = struct.Struct(">BHQII")

# A JWT with the longest e-mail address, all of it escaped, is half as long.
MAX_LENGTH = 8_192

_SESSID = re.compile(r"[0-9a-f]{64}", re.ASCII)
_UUID = re.compile(
    r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.ASCII | re.IGNORECASE
)


class Reference(NamedTuple):
    """What a token refers to: a session by id and generation, or by the token's digest.

    ``key_id`` is the key that signed it: whether that one was to, only the session's row can say.
    """

    purpose: Purpose
    session_id: int | None = None
    generation: int = 1
    digest: bytes | None = None
    expires_at: int | None = None
    key_id: int | None = None


class Minting(NamedTuple):
    """What a session's tokens follow from; the same values make the very same tokens again."""

    session_id: int
    generation: int
    key_id: int
    rotated_at: float
    access_expires_at: float
    expires_at: float


class Subject(NamedTuple):
    """Whom a JWT's claims describe."""

    uid: int
    email: str
    customer_id: str


def seal(keys: Keys, purpose: Purpose, minting: Minting, expires_at: int | None = None) -> str:
    """A sealed token; ``expires_at`` (epoch seconds) only where the row does not say it.

    Raises Refused(SESSION_ENDED) if the session's key was retired meanwhile.
    """
    fields = (purpose, minting.key_id, minting.session_id, minting.generation)
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


def jwt_pair(keys: Keys, minting: Minting, subject: Subject, issuer: str) -> tuple[str, str]:
    """The access and the refresh token of token v2. Times are whole seconds, as JWTs have them.

    Raises Refused(SESSION_ENDED) if the session's key was retired meanwhile.
    """
    key = keys.jwt_key(minting.key_id)
    if key is None:
        raise Refused(Refusal.SESSION_ENDED)
    sid = session_name(minting.session_id)
    common = {"iss": issuer, "iat": int(minting.rotated_at)}
    access = {
        "uid": subject.uid,
        "email": subject.email,
        "customerId": subject.customer_id,
        **common,
        "exp": int(minting.access_expires_at),
        "jti": f"{sid}.{minting.generation}.access",
        "sid": sid,
        "gen": minting.generation,
        "use": "access",
    }
    refresh = {
        **common,
        "exp": int(minting.expires_at),
        "jti": f"{sid}.{minting.generation}.refresh",
        "sid": sid,
        "gen": minting.generation,
        "use": "refresh",
    }
    return jwt.encode(key, access, refresh=False), jwt.encode(key, refresh, refresh=True)


def read(keys: Keys, token: str) -> Reference:
    """What ``token`` refers to. Raises Refused(TOKEN_MALFORMED or TOKEN_FORGED)."""
    if len(token) > MAX_LENGTH or not token.isascii():
        raise Refused(Refusal.TOKEN_MALFORMED)
    if secrets.SEPARATOR in token:
        return _read_sealed(keys, token)
    if token.count(".") == 2:
        return _read_jwt(keys, token)
    if _UUID.fullmatch(token):
        return Reference(Purpose.LOGIN, digest=secrets.digest(token.lower()))
    if _SESSID.fullmatch(token):
        return Reference(Purpose.AAA_SESSION, digest=secrets.digest(token))
    raise Refused(Refusal.TOKEN_MALFORMED)


def _read_sealed(keys: Keys, token: str) -> Reference:
    payload = secrets.payload_of(token) or b""
    expires_at = None
    if len(payload) == _SEALED.size:
        number, key_id, session_id, generation = _SEALED.unpack(payload)
    elif len(payload) == _SEALED_EXPIRING.size:
        number, key_id, session_id, generation, expires_at = _SEALED_EXPIRING.unpack(payload)
    else:
        raise Refused(Refusal.TOKEN_MALFORMED)
    purpose = _SEALED_PURPOSES.get(number)
    if purpose is None:
        raise Refused(Refusal.TOKEN_MALFORMED)
    sealer = keys.sealer(key_id)
    if sealer is None or not sealer.opens(purpose.name, token):
        raise Refused(Refusal.TOKEN_FORGED)
    return Reference(purpose, session_id, generation, expires_at=expires_at, key_id=key_id)


def _read_jwt(keys: Keys, token: str) -> Reference:
    header = token.partition(".")[0]
    verified = jwt.verified_claims(token, keys.ring.jwt_headers.get(header, ()))
    if verified is None and keys.reload_for_unknown():
        verified = jwt.verified_claims(token, keys.ring.jwt_headers.get(header, ()))
    if verified is None:
        raise Refused(Refusal.TOKEN_FORGED)
    return _reference(*verified)


def _reference(key_id: int, claims: dict[str, Any]) -> Reference:
    purposes = {"access": Purpose.TOKEN_V2_ACCESS, "refresh": Purpose.TOKEN_V2_REFRESH}
    try:
        session_id, generation = int(claims["sid"], 16), claims["gen"]
        purpose = purposes[claims["use"]]
    except (KeyError, TypeError, ValueError):
        raise Refused(Refusal.TOKEN_MALFORMED) from None
    # An HS256 key is shared with whoever verifies, so others can sign what no database can look up.
    if not 0 <= session_id < 2**63 or not isinstance(generation, int):
        raise Refused(Refusal.TOKEN_MALFORMED)
    return Reference(purpose, session_id, generation, key_id=key_id)


def may_have_another_key(
    keys: Keys, reference: Reference, key_id: int | None, generation: int, opened_at: float
) -> bool:
    """Whether a token may be genuine though its key is not ``key_id``, the one that its session's row names.

    That is the key of the current generation. Older generations may have had another, and so may the
    npm tokens of a session whose own token is random (``key_id`` is None): one that still minted when
    the session was opened, in epoch seconds.
    """
    if reference.key_id is None or (key_id is not None and reference.generation == generation):
        return False
    return keys.ring.may_have_minted(reference.key_id, opened_at)
