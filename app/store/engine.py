"""What each database needs to be told so that a commit is durable and nobody waits for ever.

Every wait ends before three seconds, so that a database in trouble becomes a 503 and not a pile of
stuck threads.
"""

import sqlite3
from typing import Any

from sqlalchemy import Engine, event, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection

WAIT_SECONDS = 2


def engine_options(url: str, *, connections: int) -> dict[str, Any]:
    """``SQLALCHEMY_ENGINE_OPTIONS`` for ``url``; ``connections`` is how many threads may write."""
    options: dict[str, Any] = {"pool_timeout": WAIT_SECONDS, "pool_size": connections}
    if make_url(url).get_backend_name() == "postgresql":
        options["pool_pre_ping"] = True
        options["connect_args"] = postgresql_arguments()
    else:
        options["connect_args"] = {"timeout": WAIT_SECONDS, "check_same_thread": False}
    return options


def postgresql_arguments() -> dict[str, Any]:
    return {
        "connect_timeout": WAIT_SECONDS,
        "tcp_user_timeout": WAIT_SECONDS * 1000,
        "options": f"-c statement_timeout={WAIT_SECONDS}s -c lock_timeout={WAIT_SECONDS}s"
        " -c idle_in_transaction_session_timeout=10s",
    }


def prepare_engine(engine: Engine, *, synchronous: str = "FULL") -> None:
    """Give a SQLite engine its PRAGMAs and real transactions; PostgreSQL needs nothing here.

    ``synchronous`` FULL survives a power cut; NORMAL may lose the last commits to one, but never
    breaks the file, and commits several times as fast.
    """
    if engine.dialect.name != "sqlite":
        return

    @event.listens_for(engine, "connect")
    def configure(connection: DBAPIConnection, _record: object) -> None:
        prepare_sqlite(connection, synchronous)  # type: ignore[arg-type]

    @event.listens_for(engine, "begin")
    def begin(connection: Any) -> None:
        if connection.get_execution_options().get("isolation_level") == "AUTOCOMMIT":
            return
        # The write lock is taken before the first read, so that what was read is still true at the
        # write: a deferred transaction would fail there with SQLITE_BUSY_SNAPSHOT.
        connection.exec_driver_sql("BEGIN IMMEDIATE")


def prepare_sqlite(connection: sqlite3.Connection, synchronous: str = "FULL") -> None:
    connection.isolation_level = None
    for pragma in (
        "journal_mode=WAL",
        f"synchronous={synchronous}",
        "foreign_keys=ON",
        # Pages are in the system's cache already; every thread's own copy would be memory twice.
        "cache_size=-512",
        f"busy_timeout={WAIT_SECONDS * 1000}",
    ):
        connection.execute(f"PRAGMA {pragma}")
