"""The keys of one moment, unwrapped: which of them mint now, and until when each other one did."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal, NamedTuple

from .. import secrets
from . import jwt

Use = Literal["seal", "jwt", "pepper"]

# A worker goes on minting with a superseded key until it looks at the table again, and with one of
# another algorithm until it is restarted under the new setting.
PICKED_UP_SECONDS = 5.0
RESTARTED_SECONDS = 3_600.0


class KeysUnusable(Exception):
    """The keys cannot be used; the text says what the operator should do."""


class KeyRow(NamedTuple):
    id: int
    kid: str
    use: str
    algorithm: str
    wrapped: bytes
    created_at: float
    retired_at: float | None


@dataclass(frozen=True)
class Keyring:
    """Replaced as a whole, so a reader never sees half a change."""

    seals: MappingProxyType[int, secrets.Sealer]
    jwts: MappingProxyType[int, jwt.JwtKey]
    peppers: MappingProxyType[int, bytes]
    newest_seal: int | None
    newest_jwt: int | None
    current_pepper: int | None
    jwt_headers: MappingProxyType[str, tuple[jwt.JwtKey, ...]]
    minted_until: MappingProxyType[int, float]

    @property
    def current_seal(self) -> int:
        """The key that new sealed tokens are made with. Raises KeysUnusable if there is none."""
        return _there(self.newest_seal)

    @property
    def current_jwt(self) -> int:
        """The key that new JWTs are made with. Raises KeysUnusable if there is none."""
        return _there(self.newest_jwt)

    def may_have_minted(self, key_id: int, opened_at: float) -> bool:
        """Whether the key was still in use for new tokens when a session was opened, in epoch seconds."""
        return opened_at < self.minted_until.get(key_id, -math.inf)


def ring_of(rows: Sequence[KeyRow], material: Mapping[int, bytes], jwt_algorithm: str) -> Keyring:
    """The ring of those ``rows``, oldest first, whose ``material`` is there, by id.

    Of the JWT keys, one of ``jwt_algorithm`` mints.
    """
    seals: dict[int, secrets.Sealer] = {}
    jwts: dict[int, jwt.JwtKey] = {}
    peppers: dict[int, bytes] = {}
    for row in rows:
        secret = material.get(row.id)
        if secret is None:
            continue
        match row.use:
            case "seal":
                seals[row.id] = secrets.Sealer(secret)
            case "jwt":
                jwts[row.id] = jwt.JwtKey.load(row.id, row.kid, row.algorithm, secret)
            case "pepper":
                peppers[row.id] = secret
    newest_seal = max(seals, default=None)
    newest_jwt = max(
        (key.id for key in jwts.values() if key.algorithm == jwt_algorithm), default=None
    )
    minted_until = {row.id: _minted_until(row, rows) for row in rows}
    # Whatever other processes are set to, these two mint here.
    minted_until |= {id_: math.inf for id_ in (newest_seal, newest_jwt) if id_ is not None}
    return Keyring(
        seals=MappingProxyType(seals),
        jwts=MappingProxyType(jwts),
        peppers=MappingProxyType(peppers),
        newest_seal=newest_seal,
        newest_jwt=newest_jwt,
        current_pepper=max(peppers, default=None),
        jwt_headers=MappingProxyType(jwt.known_headers(jwts.values())),
        minted_until=MappingProxyType(minted_until),
    )


def _there(key_id: int | None) -> int:
    if key_id is None:
        raise KeysUnusable("none of the keys to sign with can be unwrapped")
    return key_id


def _minted_until(row: KeyRow, rows: Sequence[KeyRow]) -> float:
    """When the last process took up a key that superseded this one; infinity if none did."""
    return min(
        (
            later.created_at
            + (PICKED_UP_SECONDS if later.algorithm == row.algorithm else RESTARTED_SECONDS)
            for later in rows
            if later.use == row.use and later.id > row.id
        ),
        default=math.inf,
    )
