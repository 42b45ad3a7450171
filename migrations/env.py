"""Alembic's environment: the application's own engine and metadata, on SQLite and PostgreSQL."""

import sqlite3

from alembic import context
from alembic.util import CommandError
from flask import current_app
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError


def prepare(connection: Connection) -> None:
    """Lift the limits that are for requests, and keep SQLite's table copies from cascading."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SET statement_timeout = 0"))
        # A migration waits briefly for a table, rather than queue every request up behind it.
        connection.execute(text("SET lock_timeout = '5s'"))
        connection.commit()
    else:
        connection.connection.dbapi_connection.execute("PRAGMA foreign_keys=OFF")


def run() -> None:
    extension = current_app.extensions["migrate"]
    try:
        opened = extension.db.engine.connect()
    except (DBAPIError, sqlite3.Error) as error:
        cause = type(getattr(error, "orig", error)).__name__
        raise CommandError(f"the database cannot be reached ({cause})") from None
    with opened as connection:
        prepare(connection)
        context.configure(
            connection=connection,
            target_metadata=extension.db.metadatas[None],
            transaction_per_migration=True,
            **extension.configure_args,
        )
        with context.begin_transaction():
            context.run_migrations()
        connection.commit()
        # The pool must not hand out a connection with these settings.
        connection.invalidate()


run()
