"""An immutable snapshot of the unwrapped keys: which keys sign now, and until when each older key did."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal, NamedTuple

from .. import secrets
from . import jwt

Use = Literal["seal", "jwt", "pepper"]
# A pepper that came with imported hashes. No new hash is made with it, and it is not rotated.
IMPORTED = "imported"

# A worker signs with a superseded key until it reads the table again. A key of another algorithm is used
# until the worker is restarted with the new setting. (Seconds.)
PICKED_UP_SECONDS = 5.0
RESTARTED_SECONDS = 3_600.0


class KeysUnusable(Exception):
    """The keys cannot be used. The text tells the operator what to do."""


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
    """The keys in use, by id. It is replaced as a whole, so a reader never sees half a change."""

    seals: MappingProxyType[int, secrets.Sealer]
    jwts: MappingProxyType[int, jwt.JwtKey]
    peppers: MappingProxyType[int, bytes]
    imported_peppers: MappingProxyType[int, secrets.ImportedPepper]
    newest_seal: int | None
    newest_jwt: int | None
    current_pepper: int | None
    jwt_headers: MappingProxyType[str, tuple[jwt.JwtKey, ...]]
    minted_until: MappingProxyType[int, float]

    @property
    def current_seal(self) -> int:
        """The key that new sealed tokens are made with. Raises KeysUnusable if there is none."""
        return _usable(self.newest_seal)

    @property
    def current_jwt(self) -> int:
        """The key that new JWTs are made with. Raises KeysUnusable if there is none."""
        return _usable(self.newest_jwt)

    def pepper(self, key_id: int) -> bytes | secrets.ImportedPepper | None:
        """A pepper of the service, or one that came with imported hashes; None if there is none."""
        return self.peppers.get(key_id) or self.imported_peppers.get(key_id)

    @property
    def own_pepper(self) -> tuple[int | None, bytes | None]:
        """The pepper that new hashes are made with, and its id; two None without one."""
        current = self.current_pepper
        return current, None if current is None else self.peppers[current]

    def may_have_minted(self, key_id: int, opened_at: float) -> bool:
        """Whether the key may still have signed new tokens at ``opened_at``, when a session was opened."""
        return opened_at < self.minted_until.get(key_id, -math.inf)


def ring_of(rows: Sequence[KeyRow], material: Mapping[int, bytes], jwt_algorithm: str) -> Keyring:
    """Make the ring from ``rows``, oldest first, and ``material``, the unwrapped keys by id.

    Keys without material are left out. The newest JWT key of ``jwt_algorithm`` signs new JWTs.
    """
    seals: dict[int, secrets.Sealer] = {}
    jwts: dict[int, jwt.JwtKey] = {}
    peppers: dict[int, bytes] = {}
    imported: dict[int, secrets.ImportedPepper] = {}
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
            case "imported":
                imported[row.id] = secrets.ImportedPepper(row.algorithm, secret)
    newest_seal = max(seals, default=None)
    newest_jwt = max(
        (key.id for key in jwts.values() if key.algorithm == jwt_algorithm), default=None
    )
    minted_until = {row.id: _minted_until(row, rows) for row in rows}
    # These two sign in this process, whatever other processes are set to.
    minted_until |= {id_: math.inf for id_ in (newest_seal, newest_jwt) if id_ is not None}
    return Keyring(
        seals=MappingProxyType(seals),
        jwts=MappingProxyType(jwts),
        peppers=MappingProxyType(peppers),
        imported_peppers=MappingProxyType(imported),
        newest_seal=newest_seal,
        newest_jwt=newest_jwt,
        current_pepper=max(peppers, default=None),
        jwt_headers=MappingProxyType(jwt.known_headers(jwts.values())),
        minted_until=MappingProxyType(minted_until),
    )


def _usable(key_id: int | None) -> int:
    if key_id is None:
        raise KeysUnusable("none of the keys to sign with can be unwrapped")
    return key_id


def _minted_until(row: KeyRow, rows: Sequence[KeyRow]) -> float:
    """When the last process has stopped signing with this key; infinity if no newer key supersedes it."""
    return min(
        (
            later.created_at
            + (PICKED_UP_SECONDS if later.algorithm == row.algorithm else RESTARTED_SECONDS)
            for later in rows
            if later.use == row.use and later.id > row.id
        ),
        default=math.inf,
    )
