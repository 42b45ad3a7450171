"""Alembic's environment: the application's own engine and metadata, on SQLite and PostgreSQL."""

from alembic import context
from flask import current_app
from sqlalchemy import Connection, text


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
    with extension.db.engine.connect() as connection:
        prepare(connection)
        context.configure(
            connection=connection,
            target_metadata=extension.db.metadatas[None],
            **extension.configure_args,
        )
        with context.begin_transaction():
            context.run_migrations()
        connection.commit()
        # The pool must not hand out a connection with these settings.
        connection.invalidate()


run()
