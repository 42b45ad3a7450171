"""Purge: delete what no longer counts, in batches, one worker at a time; and count what is left.

A batch holds SQLite's write lock for about a tenth of a second on a busy core: verification goes on
meanwhile, and a login waits its turn.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

from sqlalchemy import and_, delete, func, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from ...store.models import AccessCode, AuditEvent, Lease, Session, Throttle
from ...store.unit_of_work import reading, transaction
from ..core import Core

LEASE = "purge"
# Counting goes over an index, at a million entries in a tenth of a second.
COUNT_AT_MOST = 1_000_000


class Target(NamedTuple):
    """A table, the columns its rows are due by, whichever is first, and how long they stay after that.

    ``alive_seconds`` of that time they still are what they were written for.
    """

    name: str
    model: Any
    due_by: tuple[Any, ...]
    retention_seconds: int
    alive_seconds: int = 0


class RowCount(NamedTuple):
    """``rows`` of COUNT_AT_MOST means so many or more."""

    table: str
    state: str
    rows: int


def targets(core: Core) -> list[Target]:
    keep = core.policy.expired_retention_seconds
    long = core.policy.audit_retention_seconds
    return [
        Target("sessions", Session, (Session.expires_at,), keep),
        Target("throttles", Throttle, (Throttle.expires_at,), 0),
        # Kept as long as the trail, which names them by their numbers: SQLite gives a number anew once
        # its row is gone. And an expired code is told from one that never was.
        Target("access_codes", AccessCode, (AccessCode.expires_at, AccessCode.revoked_at), long),
        Target("audit_events", AuditEvent, (AuditEvent.at,), long, alive_seconds=long),
    ]


def purge(core: Core, pause: Callable[[], None] = lambda: None) -> dict[str, int]:
    """Delete everything that is due; the number of rows by table. ``pause`` runs between batches."""
    deleted = {}
    for target in targets(core):
        deleted[target.name] = 0
        for column in target.due_by:
            while rows := _batch(core, target, column):
                deleted[target.name] += rows
                pause()
    return deleted


def _batch(core: Core, target: Target, column: Any) -> int:
    key = target.model.__mapper__.primary_key[0]
    due = (
        select(key)
        .where(column <= core.clock.now() - target.retention_seconds)
        .order_by(column)
        .limit(core.policy.purge_batch_rows)
    )
    with transaction(core.engine) as connection:
        return connection.execute(delete(target.model).where(key.in_(due))).rowcount


def count_rows(core: Core) -> list[RowCount]:
    """How many rows of each table are alive, and how many only wait for the purge.

    Raises StoreUnavailable.
    """
    found = []
    with reading(core.engine) as connection:
        for target in targets(core):
            first, *others = target.due_by
            over = core.clock.now() - target.alive_seconds
            expired = first <= over
            for column in others:
                expired = or_(expired, and_(column.is_not(None), column <= over))
            for state, condition in (("alive", ~expired), ("expired", expired)):
                some = select(1).select_from(target.model).where(condition).limit(COUNT_AT_MOST)
                rows = connection.execute(select(func.count()).select_from(some.subquery()))
                found.append(RowCount(target.name, state, rows.scalar_one()))
    return found


def acquire_lease(core: Core, holder: str, seconds: float) -> bool:
    """Become, or stay, the one who purges. A dead holder's lease lapses by itself.

    ``holder`` is nobody else's, on no machine. A lease of more than ``seconds`` and a third from now is
    void: the clock was set back since it was taken. The third is for machines whose clocks differ.
    """
    now = core.clock.now()
    values = {"holder": holder, "expires_at": now + seconds}
    void = or_(Lease.expires_at <= now, Lease.expires_at > now + seconds * 4 / 3)
    with transaction(core.engine) as connection:
        renewed = connection.execute(
            update(Lease)
            .where(Lease.name == LEASE, or_(void, Lease.holder == holder))
            .values(**values)
        ).rowcount
        if renewed:
            return True
        dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
        first = dialect.insert(Lease).values(name=LEASE, **values).on_conflict_do_nothing()
        # Not rowcount: only UPDATE and DELETE have one that every driver keeps.
        return connection.execute(first.returning(Lease.name)).first() is not None
