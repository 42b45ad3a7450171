"""SQLAlchemy's engine, for migrations alone: Alembic works on an engine's connection.

The service itself reads and writes through ``Store`` and opens no connection by an engine.
"""

from functools import cache
from typing import Any

from sqlalchemy import Dialect, Engine, create_engine, event
from sqlalchemy.pool import NullPool

from .connections import Connections


@cache
def dialect_of(driver: str) -> Dialect:
    """How SQLAlchemy writes statements for a driver, such as "sqlite"; made once in a process."""
    # The engine connects nowhere.
    return create_engine(f"{driver}://").dialect


def migrating_engine(connections: Connections) -> Engine:
    """An engine without a pool, whose connections have no limits of time (``open_for_migrations``)."""
    engine = create_engine(
        connections.opener.url, creator=connections.open_for_migrations, poolclass=NullPool
    )
    if connections.opener.is_sqlite:
        event.listen(engine, "begin", _begin_immediate)
    return engine


def _begin_immediate(connection: Any) -> None:
    # The write lock is taken before the first read, so that what was read is still true at the
    # write: a deferred transaction would fail there with SQLITE_BUSY_SNAPSHOT.
    connection.exec_driver_sql("BEGIN IMMEDIATE")
