"""The unit of work: one transaction, rolled back unless it ran to its end."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from .connections import patience
from .faults import StoreUnavailable, unavailable
from .opening import PATIENCE_SECONDS

__all__ = ["StoreUnavailable", "reading", "transaction"]

# With the database's own wait behind it, still under three seconds.
TURN_SECONDS = 0.9
_WRITING = threading.Lock()


@contextmanager
def transaction(engine: Engine, seconds: float | None = PATIENCE_SECONDS) -> Iterator[Connection]:
    """Commit when the block ends, roll back if it raises.

    Raises StoreUnavailable where the database is gone, locked, full or shutting down, or all its
    statements together take longer than ``seconds``; a violated constraint stays
    ``sqlalchemy.exc.IntegrityError``.
    """
    with _passing_faults(), _turn(engine), patience(seconds), engine.begin() as connection:
        yield connection


@contextmanager
def _turn(engine: Engine) -> Iterator[None]:
    """SQLite admits one writer, and who finds it taken sleeps up to 100 ms before asking again: the
    threads of a process wait for one another here instead, and are woken at once."""
    if engine.dialect.name != "sqlite":
        yield
        return
    take_turn()
    try:
        yield
    finally:
        give_turn()


def take_turn(seconds: float = TURN_SECONDS) -> None:
    if not _WRITING.acquire(timeout=seconds):
        raise StoreUnavailable("Locked")


def take_turn_at_once() -> bool:
    """Whether the turn was free, and is now the caller's."""
    return _WRITING.acquire(blocking=False)


def give_turn() -> None:
    _WRITING.release()


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """Several rows at once, outside any transaction and without SQLite's write lock."""
    with _passing_faults(), patience(PATIENCE_SECONDS), engine.connect() as connection:
        yield connection.execution_options(isolation_level="AUTOCOMMIT")


@contextmanager
def _passing_faults() -> Iterator[None]:
    try:
        yield
    except (DBAPIError, PoolTimeout) as error:
        refused = unavailable(error)
        if refused is None:
            raise
        raise refused from error
