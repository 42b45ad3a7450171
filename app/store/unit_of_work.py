"""The unit of work: one transaction, rolled back unless it ran to its end."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

__all__ = ["StoreUnavailable", "reading", "transaction"]

# A full disk, a lock that did not come free, a server that is starting, stopping or read-only:
# states that pass without anybody mending the program.
PASSING = (OperationalError, InterfaceError, PoolTimeout)

# With the database's own wait behind it, still under three seconds.
TURN_SECONDS = 0.9
_WRITING = threading.Lock()


class StoreUnavailable(Exception):
    """The database cannot be asked just now. Carries the driver's error class, never its text."""


@contextmanager
def transaction(engine: Engine) -> Iterator[Connection]:
    """Commit when the block ends, roll back if it raises.

    Raises StoreUnavailable where the database is gone, locked, full or shutting down; a violated
    constraint stays ``sqlalchemy.exc.IntegrityError``.
    """
    with _passing_faults(), _turn(engine), engine.begin() as connection:
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


def give_turn() -> None:
    _WRITING.release()


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """Several rows at once, outside any transaction and without SQLite's write lock."""
    with _passing_faults(), engine.connect() as connection:
        yield connection.execution_options(isolation_level="AUTOCOMMIT")


@contextmanager
def _passing_faults() -> Iterator[None]:
    try:
        yield
    except PASSING as error:
        raise StoreUnavailable(type(error).__name__) from error
    except DBAPIError as error:
        if error.connection_invalidated:
            raise StoreUnavailable(type(error).__name__) from error
        raise
