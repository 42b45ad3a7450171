"""The ``Core``: clock, policy, keys and database. It is the first parameter of every core operation."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

from ..store.replica import Replica
from ..store.store import Store
from .clock import Clock, SystemClock
from .keys import Keys
from .kinds import Kind, Kinds, Lifetime
from .passwords import Passwords
from .policy import Policy
from .process.daily_events import DailyEvents
from .process.proven import ProvenCredentials
from .process.tally import Tally
from .process.touches import Touches


@dataclass(frozen=True)
class Core:
    store: Store
    clock: Clock
    policy: Policy
    kinds: Kinds
    keys: Keys
    passwords: Passwords
    proven: ProvenCredentials
    tally: Tally
    daily_events: DailyEvents
    touches: Touches
    issuer: str
    # The client ids that may register users. None means all.
    registrars: frozenset[str] | None
    replica: Replica | None = None
    # The same core that reads at the replica (``sessions.nearby``).
    nearby: "Core | None" = None

    def close(self) -> None:
        """Close the database connections that are not in use."""
        self.store.close()
        if self.replica is not None:
            self.replica.close()

    def with_replica(self, replica: Replica | None) -> Self:
        """This core, whose doors may ask the replica first."""
        if replica is None:
            return self
        return replace(self, replica=replica, nearby=replace(self, store=replica))

    def current_key_id(self, kind: Kind) -> int:
        """The id of the key that signs new tokens of a session kind."""
        ring = self.keys.ring
        return ring.current_jwt if kind.signs_jwt else ring.current_seal

    def seconds(self, lifetime: Lifetime) -> int:
        """A lifetime, as the operator set it."""
        return self.kinds.seconds(lifetime)


def build_core(
    store: Store,
    *,
    policy: Policy,
    kinds: Kinds,
    secret_keys: Sequence[str],
    jwt_algorithm: str = "HS256",
    argon2_profile: str = "owasp",
    issuer: str = "watchword",
    registrars: frozenset[str] | None = None,
    clock: Clock | None = None,
    replica: Replica | None = None,
) -> Core:
    """Make a Core. It does not ask the database yet: keys are read when they are first needed."""
    clock = clock or SystemClock()
    return Core(
        store=store,
        clock=clock,
        policy=policy,
        kinds=kinds,
        keys=Keys(store, clock, secret_keys, jwt_algorithm),
        passwords=Passwords(argon2_profile, policy),
        proven=ProvenCredentials(),
        tally=Tally(store, clock),
        daily_events=DailyEvents(store),
        touches=Touches(store),
        issuer=issuer,
        registrars=registrars,
    ).with_replica(replica)
