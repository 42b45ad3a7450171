"""The ``Core``: the clock, the policy, the keys and the database, handed to every core function."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Engine

from ..store.connections import Connections
from ..store.lookups import Lookups
from ..store.writes import Writes
from . import access_codes, api_keys, clients, counters, identities, session_rows, throttle
from .clock import Clock, SystemClock
from .keys import Keys
from .passwords import Passwords
from .policy import Dialect, Policy
from .proven import ProvenCredentials
from .readiness import Readiness
from .tally import Tally
from .touches import Touches

FirstRow = Callable[..., tuple[Any, ...] | None]


class Queries:
    """The reads of the verification and login paths, compiled once."""

    def __init__(self, lookups: Lookups) -> None:
        self.close = lookups.close
        self.session_by_id: FirstRow = lookups.first(session_rows.BY_ID)
        self.session_by_digest: FirstRow = lookups.first(session_rows.BY_DIGEST)
        self.user_by_login: FirstRow = lookups.first(identities.BY_LOGIN)
        self.user_by_id: FirstRow = lookups.first(identities.BY_ID)
        self.api_key: FirstRow = lookups.first(api_keys.BY_DIGEST)
        self.access_code: FirstRow = lookups.first(access_codes.BY_DIGEST)
        self.client: FirstRow = lookups.first(clients.BY_ID)
        self.throttle: FirstRow = lookups.first(counters.THROTTLE)
        self.throttles = lookups.all(counters.THROTTLES_OF)
        self.known_address: FirstRow = lookups.first(throttle.KNOWN_ADDRESS)


@dataclass(frozen=True)
class Core:
    engine: Engine
    clock: Clock
    policy: Policy
    keys: Keys
    passwords: Passwords
    proven: ProvenCredentials
    tally: Tally
    readiness: Readiness
    touches: Touches
    queries: Queries
    writes: Writes
    issuer: str
    # Client ids that may register users; None: all of them.
    registrars: frozenset[str] | None

    def close(self) -> None:
        """Close the connections that lookups and short writes have left idle."""
        self.queries.close()
        self.writes.close()

    def current_key_id(self, dialect: Dialect) -> int:
        """The key that new tokens of the dialect are minted with."""
        ring = self.keys.ring
        return ring.current_jwt if dialect is Dialect.TOKEN_V2 else ring.current_seal


def build_core(
    engine: Engine,
    connections: Connections,
    *,
    policy: Policy,
    secret_keys: Sequence[str],
    jwt_algorithm: str = "HS256",
    argon2_profile: str = "owasp",
    issuer: str = "watchword",
    registrars: frozenset[str] | None = None,
    clock: Clock | None = None,
) -> Core:
    """Put a Core together. Touches no database: keys are read when first needed."""
    clock = clock or SystemClock()
    lookups = Lookups(connections, engine.dialect)
    writes = Writes(connections, engine.dialect)
    return Core(
        engine=engine,
        clock=clock,
        policy=policy,
        keys=Keys(engine, clock, secret_keys, jwt_algorithm),
        passwords=Passwords(argon2_profile, policy),
        proven=ProvenCredentials(),
        tally=Tally(engine, clock),
        readiness=Readiness(),
        touches=Touches(writes),
        queries=Queries(lookups),
        writes=writes,
        issuer=issuer,
        registrars=registrars,
    )
