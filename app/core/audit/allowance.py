"""How many events an address may put on record in an hour, one by one.

Every row that a client can make anew goes with an event: a session with its login, a user with the
registration, a count with the refusal. So this bounds what one address adds to every table. The count
stands in the database, in the table of the guard's other counts, and is exact across workers.
"""

import hashlib
from typing import NamedTuple

from sqlalchemy import bindparam, case, or_
from sqlalchemy.dialects import postgresql

from ...store.models import Throttle
from ...store.store import Writing

WINDOW_SECONDS = 3_600


class Spent(NamedTuple):
    """``events`` until ``until``, when the window of the first of them closes."""

    events: int
    until: float


def key_of(network: str) -> bytes:
    return hashlib.sha256(f"events\0{network}".encode()).digest()


def spend(writing: Writing, now: float, network: str) -> Spent:
    """Count one event, in the transaction that writes it."""
    parameters = {"window": key_of(network), "now": now, "closes_at": now + WINDOW_SECONDS}
    row = writing.execute(_SPEND, parameters).first()
    assert row is not None, "an upsert returns its row"
    return Spent(*row)


def open_window(row: Spent, now: float) -> bool:
    """Whether the count still counts. A window from the future is one of a clock set back since."""
    return now < row.until <= now + WINDOW_SECONDS


_CLOSED = or_(Throttle.expires_at <= bindparam("now"), Throttle.expires_at > bindparam("closes_at"))
# PostgreSQL's statement, and SQLite's word for word.
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
