"""The allowance: how many audit events one address may cause in an hour.

Every new row that a client can cause comes with an event: a session with a login, a user with a
registration, a counter with a refusal. So the allowance limits how fast one address can fill any table. The
count is in the database, in the table of the brute-force counters, so it is exact across workers.
"""

import hashlib
from typing import NamedTuple

from sqlalchemy import bindparam, case, or_
from sqlalchemy.dialects import postgresql

from ...store.models import Throttle
from ...store.store import Writing

WINDOW_SECONDS = 3_600


class Spent(NamedTuple):
    """``events`` in the window that ends at ``until``, an hour after its first event."""

    events: int
    until: float


def key_of(network: str) -> bytes:
    return hashlib.sha256(f"events\0{network}".encode()).digest()


def spend(writing: Writing, now: float, network: str) -> Spent:
    """Count one event, in the transaction that writes it. Returns the count with it."""
    parameters = {"window": key_of(network), "now": now, "closes_at": now + WINDOW_SECONDS}
    row = writing.execute(_SPEND, parameters).first()
    assert row is not None, "an upsert returns its row"
    return Spent(*row)


def is_open(row: Spent, now: float) -> bool:
    """Whether the window is still open.

    One that ends too far in the future counts as closed: the clock was set back since it was opened.
    """
    return now < row.until <= now + WINDOW_SECONDS


_CLOSED = or_(Throttle.expires_at <= bindparam("now"), Throttle.expires_at > bindparam("closes_at"))
# The same SQL runs on PostgreSQL and SQLite.
_SPEND = (
    postgresql.insert(Throttle)
    .values(
        key=bindparam("window"), failures=1, paused_until=0.0, expires_at=bindparam("closes_at")
    )
    .on_conflict_do_update(
        index_elements=[Throttle.key],
        set_={
            "failures": case((_CLOSED, 1), else_=Throttle.failures + 1),
            "expires_at": case((_CLOSED, bindparam("closes_at")), else_=Throttle.expires_at),
        },
    )
    .returning(Throttle.failures, Throttle.expires_at)
)
