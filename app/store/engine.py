"""SQLAlchemy's engine on connections that are opened, checked and bounded like all others.

Every wait ends before three seconds, so that a database in trouble becomes a 503 and not a pile of
stuck threads.
"""

from typing import Any

from sqlalchemy import Engine, event
from sqlalchemy.exc import DisconnectionError

from .connections import Connections, deadline
from .faults import Fault, fault_of
from .opening import PATIENCE_SECONDS, WAIT_SECONDS

__all__ = ["PATIENCE_SECONDS", "WAIT_SECONDS", "engine_options", "prepare_engine"]

# Beside the threads that answer requests: housekeeping, the probe of readiness, the leader.
OTHER_THREADS = 4


def engine_options(connections: Connections, *, threads: int) -> dict[str, Any]:
    """``SQLALCHEMY_ENGINE_OPTIONS``; ``threads`` is how many may write at once.

    Few connections are kept, and the same ones are used again: the short writes, which are most of all,
    have those of the lookups.
    """
    kept = max(2, threads // 4)
    return {
        "creator": connections.open_for_engine,
        "pool_timeout": WAIT_SECONDS,
        "pool_size": kept,
        "max_overflow": threads + OTHER_THREADS - kept,
        "pool_use_lifo": True,
    }


def prepare_engine(engine: Engine, connections: Connections) -> None:
    """Real transactions on SQLite; on PostgreSQL, a look at each connection before it is used."""
    if engine.dialect.name == "sqlite":
        event.listen(engine, "begin", _begin_immediate)
        return

    @event.listens_for(engine, "checkout")
    def check(connection: Any, _record: object, _proxy: object) -> None:
        if not connections.is_fit(connection, deadline()):
            raise DisconnectionError

    @event.listens_for(engine, "handle_error")
    def suspect(context: Any) -> None:
        if fault_of(context.original_exception) is Fault.READ_ONLY:
            connections.suspect()


def _begin_immediate(connection: Any) -> None:
    if connection.get_execution_options().get("isolation_level") == "AUTOCOMMIT":
        return
    # The write lock is taken before the first read, so that what was read is still true at the
    # write: a deferred transaction would fail there with SQLITE_BUSY_SNAPSHOT.
    connection.exec_driver_sql("BEGIN IMMEDIATE")
