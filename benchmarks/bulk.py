"""Insert many rows at once: SQLite without its journal, PostgreSQL by COPY."""

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
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
    store.close()
    connection = _sqlite(store.url)
    marks = ", ".join("?" * len(names))
    connection.execute("BEGIN")
    connection.executemany(f"INSERT INTO {table.name} ({columns}) VALUES ({marks})", values)
    connection.execute("COMMIT")
    connection.execute("PRAGMA journal_mode=WAL")
    connection.close()


@contextmanager
def without_indexes(store: Store, *tables: Table) -> Iterator[None]:
    """Drop the indexes of these tables, and make them again afterwards: to sort once is faster than to insert
    millions of times. Those of constraints stay."""
    names = [table.name for table in tables]
    if store.backend == "postgresql":
        with _postgresql(store.url, autocommit=True) as connection:
            found = connection.execute(
                "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = ANY(%s)"
                " AND indexname NOT IN (SELECT conname FROM pg_constraint)",
                (names,),
            ).fetchall()
            _run(connection, [f"DROP INDEX {name}" for name, _ in found])
        yield
        with _postgresql(store.url, autocommit=True) as connection:
            connection.execute("SET maintenance_work_mem = '512MB'")
            _run(connection, [definition for _, definition in found])
        return
    store.close()
    connection = _sqlite(store.url)
    marks = ", ".join("?" * len(names))
    found = connection.execute(
        "SELECT name, sql FROM sqlite_master"
        f" WHERE type = 'index' AND sql IS NOT NULL AND tbl_name IN ({marks})",
        names,
    ).fetchall()
    _run(connection, [f"DROP INDEX {name}" for name, _ in found])
    connection.close()
    yield
    connection = _sqlite(store.url)
    _run(connection, [definition for _, definition in found])
    connection.execute("PRAGMA journal_mode=WAL")
    connection.close()


def _run(connection: Any, statements: Iterable[str]) -> None:
    for statement in statements:
        connection.execute(statement)


def _sqlite(url: URL) -> sqlite3.Connection:
    """Without its journal: only if no other connection uses the file."""
    assert url.database is not None
    connection = sqlite3.connect(url.database, isolation_level=None)
    for pragma in ("journal_mode=OFF", "synchronous=OFF", "cache_size=-1000000"):
        connection.execute(f"PRAGMA {pragma}")
    return connection


def finish_loading(store: Store) -> None:
    """Do now what PostgreSQL's autovacuum would do during a run."""
    if store.backend == "postgresql":
        with _postgresql(store.url, autocommit=True) as connection:
            connection.execute("VACUUM ANALYZE")
            connection.execute("CHECKPOINT")


def _postgresql(url: URL, *, autocommit: bool = False) -> psycopg.Connection:
    address = url.set(drivername="postgresql").render_as_string(hide_password=False)
    return psycopg.connect(address, autocommit=autocommit)
