"""The replicas of a PostgreSQL primary, and how far each is behind it."""

from typing import NamedTuple

from sqlalchemy import text

from ..core import Core

_REPLICAS = text(
    "SELECT application_name, extract(epoch FROM replay_lag)::float8, state IS NOT NULL"
    " FROM pg_stat_replication ORDER BY 1"
)


class Replica(NamedTuple):
    """``seconds`` is how long the primary's last commit took to be visible there.

    It is None of a replica that has nothing to catch up on, and of one that our role may not look at
    (``is_visible``).
    """

    name: str
    seconds: float | None
    is_visible: bool


def replicas(core: Core) -> list[Replica]:
    """Those that are connected now; none on SQLite. Raises StoreUnavailable.

    To see how far they are behind, the role of the service needs ``pg_read_all_stats``.
    """
    if core.store.backend == "sqlite":
        return []
    return [Replica(*row) for row in core.store.read(_REPLICAS)]
