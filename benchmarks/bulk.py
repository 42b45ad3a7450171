"""Insert many rows at once: SQLite without its journal, PostgreSQL by COPY."""

import sqlite3
from collections.abc import Iterable
from typing import Any

import psycopg
from sqlalchemy import URL, Table

from app.store.store import Store


def bulk_insert(store: Store, table: Table, rows: Iterable[dict[str, Any]]) -> None:
    """Insert rows whose values are as the driver takes them; what a row leaves out is NULL."""
    names = [column.name for column in table.columns]
    values = (tuple(map(row.get, names)) for row in rows)
    columns = ", ".join(names)
    if store.backend == "postgresql":
        into = f"COPY {table.name} ({columns}) FROM STDIN"
        with _postgresql(store.url) as connection, connection.cursor().copy(into) as copy:
            for row in values:
                copy.write_row(row)
        return
    store.close()  # the journal can be off only if no other connection uses the file
    connection = sqlite3.connect(store.url.database, isolation_level=None)
    connection.execute("PRAGMA journal_mode=OFF")
    connection.execute("PRAGMA synchronous=OFF")
    connection.execute("PRAGMA cache_size=-1000000")
    marks = ", ".join("?" * len(names))
    connection.execute("BEGIN")
    connection.executemany(f"INSERT INTO {table.name} ({columns}) VALUES ({marks})", values)
    connection.execute("COMMIT")
    connection.execute("PRAGMA journal_mode=WAL")
    connection.close()


def finish_loading(store: Store) -> None:
    """Do now what PostgreSQL's autovacuum would do during a run."""
    if store.backend == "postgresql":
        with _postgresql(store.url, autocommit=True) as connection:
            connection.execute("VACUUM ANALYZE")
            connection.execute("CHECKPOINT")


def _postgresql(url: URL, *, autocommit: bool = False) -> psycopg.Connection:
    address = url.set(drivername="postgresql").render_as_string(hide_password=False)
    return psycopg.connect(address, autocommit=autocommit)
