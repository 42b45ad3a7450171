"""The replicas of a PostgreSQL primary, and how far each is behind it."""

from typing import NamedTuple

from sqlalchemy import text

from ..core import Core

# PostgreSQL measures the lag at each report of the replica. One that is stalled has nothing to report for ten
# seconds (wal_receiver_status_interval), and one that is cut off for ever: then it counts on from the last.
_REPLICAS = text(
    "SELECT application_name, CASE WHEN replay_lsn < pg_current_wal_flush_lsn()"
    " THEN coalesce(extract(epoch FROM replay_lag), 0)"
    " + greatest(0, extract(epoch FROM clock_timestamp() - reply_time))"
    " ELSE extract(epoch FROM replay_lag) END::float8,"
    " state IS NOT NULL FROM pg_stat_replication ORDER BY 1"
)


class Replica(NamedTuple):
    """``seconds`` is how long the primary's last commit took to be visible there, or takes by now.

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
