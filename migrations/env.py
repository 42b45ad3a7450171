"""Alembic's environment: the application's own engine and metadata, on SQLite and PostgreSQL."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from alembic import context
from alembic.operations.ops import MigrationScript
from alembic.util import CommandError
from flask import current_app
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from app.store.engine import migrating_engine
from app.store.faults import DRIVER_ERRORS, reason, unavailable

# The number of the advisory lock: any that no other program uses.
LOCK = 0x57617463


def wait_for_others(connection: Connection) -> None:
    """Wait until no other process migrates this PostgreSQL. The later ones then find nothing to do.

    The advisory lock belongs to the connection and ends with it. It is asked for again and again: a statement
    that waited for it would hold a snapshot, and CREATE INDEX CONCURRENTLY would wait for that.
    """
    if connection.dialect.name != "postgresql":
        return
    while not connection.scalar(text("SELECT pg_try_advisory_lock(:lock)"), {"lock": LOCK}):
        connection.commit()
        time.sleep(0.2)
    connection.commit()


@contextmanager
def one_at_a_time(file: Path | None) -> Iterator[None]:
    """The same for SQLite, by a lock on the file's directory, which ends with the process.

    The lock is not on the file: closing a file drops all POSIX locks of the process on it, SQLite's own too.
    """
    if file is None:
        yield
        return
    try:
        directory = os.open(file.parent, os.O_RDONLY)
    except OSError:
        # To open the database will raise the error with a better text.
        yield
        return
    try:
        # Some network file systems have no such locks.
        with suppress(OSError):
            fcntl.flock(directory, fcntl.LOCK_EX)
        yield
    finally:
        os.close(directory)


def run() -> None:
    connections = current_app.extensions["watchword"].connections
    engine = migrating_engine(connections)
    try:
        with one_at_a_time(connections.opener.file), engine.connect() as connection:
            migrate(connection)
    except (SQLAlchemyError, *DRIVER_ERRORS) as error:
        cause = unavailable(error)
        told = reason(cause) if cause else statement_refused(error)
        raise CommandError(f"the database cannot be used ({told})") from error


def statement_refused(error: Exception) -> str:
    """Why, in one line: the driver's own text, without the statement and the values that SQLAlchemy adds."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    first, *_ = str(cause).splitlines() or [""]
    return f"{type(cause).__name__}: {first}"


def refuse_empty(_context: object, _revision: object, directives: list[MigrationScript]) -> None:
    """Write no file for ``db migrate`` where models and database agree."""
    options = context.config.cmd_opts
    ops = directives[0].upgrade_ops
    if getattr(options, "autogenerate", False) and ops is not None and ops.is_empty():
        raise CommandError("models and database agree: there is nothing to migrate")


def migrate(connection: Connection) -> None:
    extension = current_app.extensions["migrate"]
    wait_for_others(connection)
    context.configure(
        connection=connection,
        target_metadata=extension.db.metadatas[None],
        transaction_per_migration=True,
        process_revision_directives=refuse_empty,
        **extension.configure_args,
    )
    with context.begin_transaction():
        context.run_migrations()
    connection.commit()


run()
