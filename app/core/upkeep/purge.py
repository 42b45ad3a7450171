"""Purge: delete what no longer counts, in batches, one worker at a time; and count what is left.

A batch holds SQLite's write lock for about a tenth of a second on a busy core: verification goes on
meanwhile, and a login waits its turn.
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

LEASE = "purge"
# Counting goes over an index, at a million entries in a tenth of a second.
COUNT_AT_MOST = 1_000_000
_MOST: BindParameter[int] = bindparam("most", type_=Integer)


class Table(NamedTuple):
    """A table and the columns its rows are due by, whichever is first."""

    model: Any
    due_by: tuple[Any, ...]


_TABLES = {
    "sessions": Table(Session, (Session.expires_at,)),
    "throttles": Table(Throttle, (Throttle.expires_at,)),
    "access_codes": Table(AccessCode, (AccessCode.expires_at, AccessCode.revoked_at)),
    "audit_events": Table(AuditEvent, (AuditEvent.at,)),
}


class Target(NamedTuple):
    """A table by its name, and how many seconds its rows stay after they are due.

    ``alive_seconds`` of that time they still are what they were written for.
    """

    name: str
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
        Target("sessions", keep),
        Target("throttles", 0),
        # Kept as long as the trail, which names them by their numbers: SQLite gives a number anew once
        # its row is gone. And an expired code is told from one that never was.
        Target("access_codes", long),
        Target("audit_events", long, alive_seconds=long),
    ]


def purge(core: Core, pause: Callable[[], None] = lambda: None) -> dict[str, int]:
    """Delete everything that is due; the number of rows by table. ``pause`` runs between batches."""
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
        return writing.execute(statement, given).rowcount


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
    """How many rows of each table are alive, and how many only wait for the purge.

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
# PostgreSQL's statement, and SQLite's word for word. Not rowcount: only UPDATE and DELETE have one that
# every driver keeps.
_TAKE = (
    postgresql.insert(Lease)
    .values(name=LEASE, holder=bindparam("me"), expires_at=_UNTIL)
    .on_conflict_do_nothing()
    .returning(Lease.name)
)


def acquire_lease(core: Core, holder: str, seconds: float) -> bool:
    """Become, or stay, the one who purges. A dead holder's lease lapses by itself.

    ``holder`` is nobody else's, on no machine. A lease of more than ``seconds`` and a third from now is
    void: the clock was set back since it was taken. The third is for machines whose clocks differ.
    """
    now = core.clock.now()
    taken = {"me": holder, "until": now + seconds}
    void = {"now": now, "void_from": now + seconds * 4 / 3}
    with core.store.write() as writing:
        if writing.execute(_RENEW, taken | void).rowcount:
            return True
        return writing.execute(_TAKE, taken).first() is not None
