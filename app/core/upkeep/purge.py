"""The purge deletes expired rows in batches, in one process at a time (a lease); and rows are counted here.

A batch holds SQLite's write lock for about a tenth of a second on a busy core. Verifications go on
meanwhile; logins wait.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

from sqlalchemy import (
    BindParameter,
    Delete,
    Double,
    Integer,
    and_,
    bindparam,
    delete,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.dialects import postgresql

from ...store.models import AccessCode, AuditEvent, Lease, Session, Throttle
from ..core import Core
from . import event_hours

LEASE = "purge"
# A count reads an index: a million entries take a tenth of a second.
COUNT_AT_MOST = 1_000_000
_MOST: BindParameter[int] = bindparam("most", type_=Integer)


class Table(NamedTuple):
    """A table, and the time columns that make a row due: the earlier one decides."""

    model: Any
    due_by: tuple[Any, ...]


_TABLES = {
    "sessions": Table(Session, (Session.expires_at,)),
    "throttles": Table(Throttle, (Throttle.expires_at,)),
    "access_codes": Table(AccessCode, (AccessCode.expires_at, AccessCode.revoked_at)),
    "audit_events": Table(AuditEvent, (AuditEvent.at,)),
}


class Target(NamedTuple):
    """How long the rows of a table are kept after the time in their column.

    For ``alive_seconds`` of that time they count as alive in metrics: an audit event is alive until the
    purge.
    """

    name: str
    retention_seconds: int
    alive_seconds: int = 0


class RowCount(NamedTuple):
    """The number of rows in a state. COUNT_AT_MOST means that many or more."""

    table: str
    state: str
    rows: int


def targets(core: Core) -> list[Target]:
    keep = core.policy.expired_retention_seconds
    long = core.policy.audit_retention_seconds
    return [
        Target("sessions", keep),
        Target("throttles", 0),
        # Kept as long as the audit trail, which names codes by their ids: SQLite uses an id again when its
        # row is gone. And so an expired code still gets another answer than an unknown one.
        Target("access_codes", long),
        Target("audit_events", long, alive_seconds=long),
    ]


def purge(core: Core, pause: Callable[[], None] = lambda: None) -> dict[str, int]:
    """Delete all rows that are due. Returns their number by table. ``pause`` is called after each batch."""
    deleted = {}
    for target in targets(core):
        deleted[target.name] = 0
        for statement in _DELETE[target.name]:
            while rows := _batch(core, target, statement):
                deleted[target.name] += rows
                pause()
    return deleted


def _deleting(table: Table, column: Any) -> Delete:
    key = table.model.__mapper__.primary_key[0]
    due = select(key).where(column <= bindparam("due")).order_by(column).limit(_MOST)
    return delete(table.model).where(key.in_(due))


_DELETE = {
    name: [_deleting(table, column) for column in table.due_by] for name, table in _TABLES.items()
}


def _batch(core: Core, target: Target, statement: Delete) -> int:
    due = core.clock.now() - target.retention_seconds
    with core.store.write(alone=True) as writing:
        given = {"due": due, "most": core.policy.purge_batch_rows}
        deleted = writing.execute(statement, given).rowcount
        if target.name == "audit_events":
            event_hours.after_purge(core, writing)
        return deleted


def _counting(table: Table, *, expired: bool) -> Any:
    first, *others = table.due_by
    over = first <= bindparam("over")
    for column in others:
        over = or_(over, and_(column.is_not(None), column <= bindparam("over")))
    some = select(1).select_from(table.model).where(over if expired else ~over).limit(_MOST)
    return select(func.count()).select_from(some.subquery())


_COUNT = {
    name: {
        "alive": _counting(table, expired=False),
        "expired": _counting(table, expired=True),
    }
    for name, table in _TABLES.items()
}


def count_rows(core: Core) -> list[RowCount]:
    """How many rows of each table are alive, and how many wait for the purge.

    Raises StoreUnavailable.
    """
    found = []
    for target in targets(core):
        over = core.clock.now() - target.alive_seconds
        for state, statement in _COUNT[target.name].items():
            ((rows,),) = core.store.read(statement, over=over, most=COUNT_AT_MOST)
            found.append(RowCount(target.name, state, rows))
    return found


_THE_LEASE = Lease.name == LEASE
_UNTIL: BindParameter[float] = bindparam("until", type_=Double())
_RENEW = (
    update(Lease)
    .where(
        _THE_LEASE,
        or_(
            Lease.expires_at <= bindparam("now"),
            Lease.expires_at > bindparam("void_from"),
            Lease.holder == bindparam("me"),
        ),
    )
    .values(holder=bindparam("me"), expires_at=_UNTIL)
)
# The same SQL runs on PostgreSQL and SQLite. It uses RETURNING and not rowcount, which drivers report
# reliably for UPDATE and DELETE only.
_TAKE = (
    postgresql.insert(Lease)
    .values(name=LEASE, holder=bindparam("me"), expires_at=_UNTIL)
    .on_conflict_do_nothing()
    .returning(Lease.name)
)


def acquire_lease(core: Core, holder: str, seconds: float) -> bool:
    """Take or renew the lease of the purge. Returns whether ``holder`` has it. It expires after ``seconds``.

    ``holder`` must be unique across all machines. A lease that expires more than ``seconds`` and a third from
    now is void: the clock was set back after it was taken. The third allows for clocks that differ.
    """
    now = core.clock.now()
    taken = {"me": holder, "until": now + seconds}
    void = {"now": now, "void_from": now + seconds * 4 / 3}
    with core.store.write() as writing:
        if writing.execute(_RENEW, taken | void).rowcount:
            return True
        return writing.execute(_TAKE, taken).first() is not None
