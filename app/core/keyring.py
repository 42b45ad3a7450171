"""The keys of one moment, unwrapped: which of them mint now, and until when each other one did."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal, NamedTuple

from . import jwt, secrets

Use = Literal["seal", "jwt", "pepper"]

# A worker goes on minting with a superseded key until it looks at the table again, and with one of
# another algorithm until it is restarted under the new setting.
PICKED_UP_SECONDS = 5.0
RESTARTED_SECONDS = 3_600.0


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
    current_seal: int
    current_jwt: int
    current_pepper: int | None
    jwt_headers: MappingProxyType[str, tuple[jwt.JwtKey, ...]]
    minted_until: MappingProxyType[int, float]

    def may_have_minted(self, key_id: int, opened_at: float) -> bool:
        """Whether the key was still in use for new tokens when a session was opened, in epoch seconds."""
        return opened_at < self.minted_until.get(key_id, -math.inf)


def opened(
    rows: Sequence[KeyRow], unwrap: Callable[[KeyRow], bytes], jwt_algorithm: str
) -> Keyring:
    """The ring of all ``rows`` that are not retired, oldest first; of JWT keys, one of
    ``jwt_algorithm`` mints."""
    seals: dict[int, secrets.Sealer] = {}
    jwts: dict[int, jwt.JwtKey] = {}
    peppers: dict[int, bytes] = {}
    for row in rows:
        if row.retired_at is not None:
            continue
        secret = unwrap(row)
        match row.use:
            case "seal":
                seals[row.id] = secrets.Sealer(secret)
            case "jwt":
                jwts[row.id] = jwt.JwtKey.load(row.id, row.kid, row.algorithm, secret)
            case "pepper":
                peppers[row.id] = secret
    current_seal = max(seals)
    current_jwt = max(key.id for key in jwts.values() if key.algorithm == jwt_algorithm)
    minted_until = {row.id: _minted_until(row, rows) for row in rows}
    return Keyring(
        seals=MappingProxyType(seals),
        jwts=MappingProxyType(jwts),
        peppers=MappingProxyType(peppers),
        current_seal=current_seal,
        current_jwt=current_jwt,
        current_pepper=max(peppers, default=None),
        jwt_headers=MappingProxyType(jwt.known_headers(jwts.values())),
        minted_until=MappingProxyType(
            minted_until | {current_seal: math.inf, current_jwt: math.inf}
        ),
    )


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
