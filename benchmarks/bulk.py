"""Many rows at once: SQLite without its journal, PostgreSQL by COPY."""

import sqlite3
from collections.abc import Iterable
from typing import Any

import psycopg
from sqlalchemy import Engine, Table


def bulk_insert(engine: Engine, table: Table, rows: Iterable[dict[str, Any]]) -> None:
    """Insert rows whose values are as the driver takes them; what a row leaves out is NULL."""
    names = [column.name for column in table.columns]
    values = (tuple(map(row.get, names)) for row in rows)
    columns = ", ".join(names)
    if engine.dialect.name == "postgresql":
        into = f"COPY {table.name} ({columns}) FROM STDIN"
        with _postgresql(engine) as connection, connection.cursor().copy(into) as copy:
            for row in values:
                copy.write_row(row)
        return
    engine.dispose()  # the journal can be left off only by whoever is alone with the file
    connection = sqlite3.connect(engine.url.database, isolation_level=None)
    connection.execute("PRAGMA journal_mode=OFF")
    connection.execute("PRAGMA synchronous=OFF")
    connection.execute("PRAGMA cache_size=-1000000")
    marks = ", ".join("?" * len(names))
    connection.execute("BEGIN")
    connection.executemany(f"INSERT INTO {table.name} ({columns}) VALUES ({marks})", values)
    connection.execute("COMMIT")
    connection.execute("PRAGMA journal_mode=WAL")
    connection.close()


def finish_loading(engine: Engine) -> None:
    """Do at once what PostgreSQL's autovacuum would do in the middle of a run."""
    if engine.dialect.name == "postgresql":
        with _postgresql(engine, autocommit=True) as connection:
            connection.execute("VACUUM ANALYZE")
            connection.execute("CHECKPOINT")


def _postgresql(engine: Engine, *, autocommit: bool = False) -> psycopg.Connection:
    url = engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    return psycopg.connect(url, autocommit=autocommit)
