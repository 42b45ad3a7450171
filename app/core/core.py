"""The ``Core``: the clock, the policy, the keys and the database, handed to every core function."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Engine

from ..store.connections import Connections
from ..store.lookups import Lookups
from ..store.writes import Writes
from .clock import Clock, SystemClock
from .keys import Keys
from .passwords import Passwords
from .policy import Dialect, Policy
from .process.proven import ProvenCredentials
from .process.tally import Tally
from .process.touches import Touches
from .process.traces import Traces


@dataclass(frozen=True)
class Core:
    engine: Engine
    clock: Clock
    policy: Policy
    keys: Keys
    passwords: Passwords
    proven: ProvenCredentials
    tally: Tally
    traces: Traces
    touches: Touches
    lookups: Lookups
    writes: Writes
    issuer: str
    # Client ids that may register users; None: all of them.
    registrars: frozenset[str] | None

    def close(self) -> None:
        """Close the connections that lookups and short writes have left idle."""
        self.lookups.close()
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
    writes = Writes(connections, engine.dialect)
    return Core(
        engine=engine,
        clock=clock,
        policy=policy,
        keys=Keys(engine, clock, secret_keys, jwt_algorithm),
        passwords=Passwords(argon2_profile, policy),
        proven=ProvenCredentials(),
        tally=Tally(engine, clock),
        traces=Traces(engine, writes),
        touches=Touches(writes),
        lookups=Lookups(connections, engine.dialect),
        writes=writes,
        issuer=issuer,
        registrars=registrars,
    )
