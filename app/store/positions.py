"""How far a replica is behind its primary, by positions in the primary's log (LSN, log sequence number).

A process asks the primary again and again how much of its log is on disk. A replica that has replayed such
a position shows every commit from before the question. So the age of the newest question whose position it
has replayed is a bound of its lag. An idle primary writes nothing, so its replica stays fresh; one that was
cut off falls behind with the primary's next commit. Neither needs a clock of another machine, nor a right
that other queries do not need.

With ``synchronous_commit = off`` a commit is acknowledged before it is on disk: it may be missing in a
position that is asked for afterwards. Then nothing bounds the lag, and the replica is passed over.

After a failover a replica may still follow the old primary, which has a log of its own from then on (another
timeline). Positions of two timelines must not be compared. So each timeline has a **mark**: a row that is
written once, when a process first meets the timeline. A replica that does not show the mark of its primary
follows another one, or is of another database.
"""

import time
import uuid
from enum import StrEnum
from typing import Any, NamedTuple

import psycopg
from sqlalchemy import bindparam, text
from sqlalchemy.dialects import postgresql

from .models import Lease
from .store import Store

# The name of the mark's row, here and in the statements.
MARK = "timeline"
# Questions in the time that a replica may lag: the coarser they are, the sooner it is passed over.
QUESTIONS = 8

_POSITION = text(
    "SELECT (SELECT system_identifier FROM pg_control_system()),"
    " CAST(pg_current_wal_flush_lsn() - '0/0' AS bigint),"
    " substr(pg_walfile_name(pg_current_wal_flush_lsn()), 1, 8),"
    " (SELECT holder FROM leases WHERE name = 'timeline'),"
    " current_setting('synchronous_commit') = 'off'"
)
# What a replica is asked: whether it is one, of which cluster, how far it has replayed, and the mark.
STATE = (
    "SELECT pg_is_in_recovery(), (SELECT system_identifier FROM pg_control_system()),"
    " CAST(pg_last_wal_replay_lsn() - '0/0' AS bigint),"
    " (SELECT holder FROM leases WHERE name = 'timeline')"
)
_INSERT = postgresql.insert(Lease).inline()
_SET_MARK = _INSERT.on_conflict_do_update(
    index_elements=[Lease.name],
    set_={"holder": _INSERT.excluded.holder},
    where=Lease.holder.not_like(bindparam("of_this_timeline")),
).values(
    name=bindparam("mark"),
    holder=bindparam("new"),
    expires_at=bindparam("never", type_=postgresql.DOUBLE_PRECISION),
)


class Reason(StrEnum):
    """Why a replica is passed over."""

    UNMEASURED = "unmeasured"  # the primary has not said lately where it is
    UNREACHABLE = "unreachable"
    LAGGING = "lagging"
    PRIMARY = "primary"  # no replica at all, or one that was promoted
    ASYNCHRONOUS = "asynchronous"  # the primary acknowledges what is not on its disk
    ANOTHER_CLUSTER = "another_cluster"
    ANOTHER_PRIMARY = "another_primary"  # or another database


class PassedOver(psycopg.OperationalError):
    """The replica may not answer now."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason = reason


class Position(NamedTuple):
    """Where the primary was at ``asked_at`` (``time.monotonic``), or later.

    ``asynchronous``: a commit that was acknowledged before may be missing.
    """

    asked_at: float
    cluster: int
    written: int
    mark: str
    asynchronous: bool


class Positions:
    """The positions of ``primary`` in the last ``lag_seconds``."""

    def __init__(self, primary: Store, lag_seconds: float) -> None:
        self.lag_seconds = lag_seconds
        self._primary = primary
        # Replaced as a whole, since threads read it. The newest is first.
        self._known: tuple[Position, ...] = ()

    def ask(self) -> None:
        """Ask the primary where it is, and see to its mark. Raises StoreUnavailable."""
        asked_at = time.monotonic()
        cluster, written, timeline, mark, asynchronous = self._look()
        if mark is None or not mark.startswith(timeline):
            self._set_mark(timeline)
            cluster, written, timeline, mark, asynchronous = self._look()
        position = Position(asked_at, cluster, written, mark, asynchronous)
        # Asked more often than needed, the newest replaces the last: older ones must not be crowded out.
        kept, apart = self._known, self.lag_seconds / QUESTIONS / 2
        if len(kept) > 1 and kept[0].asked_at < kept[1].asked_at + apart:
            kept = kept[1:]
        since = asked_at - self.lag_seconds
        self._known = (position, *(one for one in kept if one.asked_at > since))

    def replayed(
        self, in_recovery: bool, cluster: int, replayed: int | None, mark: str | None
    ) -> Position:
        """The newest position that a replica in this state has replayed. Raises PassedOver."""
        if not in_recovery:
            raise PassedOver(Reason.PRIMARY)
        since = time.monotonic() - self.lag_seconds
        known = [position for position in self._known if position.asked_at > since]
        if not known:
            raise PassedOver(Reason.UNMEASURED)
        if cluster != known[0].cluster:
            raise PassedOver(Reason.ANOTHER_CLUSTER)
        if known[0].asynchronous:
            raise PassedOver(Reason.ASYNCHRONOUS)
        of_this_primary = [
            position for position in known if position.mark == mark and not position.asynchronous
        ]
        if not of_this_primary:
            raise PassedOver(Reason.ANOTHER_PRIMARY)
        for position in of_this_primary:
            if position.written <= (replayed or 0):
                return position
        raise PassedOver(Reason.LAGGING)

    def _look(self) -> Any:
        return self._primary.read(_POSITION)[0]

    def _set_mark(self, timeline: str) -> None:
        """Write the mark, unless another process has done it meanwhile."""
        with self._primary.write() as writing:
            writing.execute(
                _SET_MARK,
                {
                    "mark": MARK,
                    "new": f"{timeline} {uuid.uuid4()}",
                    "never": 0.0,
                    "of_this_timeline": f"{timeline}%",
                },
            )
