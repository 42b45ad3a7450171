"""Alembic's environment: the application's own engine and metadata, on SQLite and PostgreSQL."""

import time

from alembic import context
from alembic.util import CommandError
from flask import current_app
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from app.store.engine import prepare_engine
from app.store.faults import DRIVER_ERRORS, reason, unavailable

# Any number that no other program locks.
LOCK = 0x57617463


def wait_for_others(connection: Connection) -> None:
    """On PostgreSQL, one migrates after the other; the later ones find the work done.

    The lock is the connection's and ends with it. Who waited for it inside a statement would hold a
    snapshot, and an index that is built concurrently would wait for that.
    """
    if connection.dialect.name != "postgresql":
        return
    while not connection.scalar(text("SELECT pg_try_advisory_lock(:lock)"), {"lock": LOCK}):
        connection.commit()
        time.sleep(0.2)
    connection.commit()


def run() -> None:
    connections = current_app.extensions["watchword"].connections
    # A connection of its own: the limits that are for requests are lifted where it is opened.
    engine = create_engine(
        connections.opener.url, creator=connections.open_for_migrations, poolclass=NullPool
    )
    prepare_engine(engine, connections)
    try:
        with engine.connect() as connection:
            migrate(connection)
    except (DBAPIError, *DRIVER_ERRORS) as error:
        cause = unavailable(error)
        if cause is None:
            raise
        raise CommandError(f"the database cannot be used ({reason(cause)})") from None


def migrate(connection: Connection) -> None:
    extension = current_app.extensions["migrate"]
    wait_for_others(connection)
    context.configure(
        connection=connection,
        target_metadata=extension.db.metadatas[None],
        transaction_per_migration=True,
        **extension.configure_args,
    )
    with context.begin_transaction():
        context.run_migrations()
    connection.commit()


run()
