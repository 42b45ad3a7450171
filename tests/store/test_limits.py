"""The settings of each database's connections, for writes and for reads."""

import sqlite3
from contextlib import closing

import pytest
from sqlalchemy import column, literal_column, select, table, text

from app.store.faults import StoreUnavailable
from app.store.models import Lease
from app.store.store import Store


def pragma(name: str, result: str):
    return select(column(result)).select_from(table(f"pragma_{name}"))


SQLITE_SETTINGS = {
    pragma("journal_mode", "journal_mode"): "wal",
    pragma("synchronous", "synchronous"): 2,  # FULL
    pragma("foreign_keys", "foreign_keys"): 1,
    pragma("busy_timeout", "timeout"): 2000,
    pragma("temp_store", "temp_store"): 2,  # MEMORY: a full TMPDIR costs no login
}


@pytest.fixture
def sqlite_store(sqlite_url: str, open_store) -> Store:
    return open_store(sqlite_url).store


@pytest.fixture
def postgresql_store(postgresql_url: str, open_store) -> Store:
    return open_store(postgresql_url).store


@pytest.mark.parametrize("alone", [False, True])
def test_sqlite_commits_survive_a_power_cut_and_references_hold(sqlite_store: Store, alone: bool):
    with sqlite_store.write(alone=alone) as writing:
        found = {query: writing.execute(query).one()[0] for query in SQLITE_SETTINGS}
    assert found == SQLITE_SETTINGS


def test_sqlite_durability_is_lowered_only_where_it_is_asked_for(sqlite_url: str, open_store):
    with open_store(sqlite_url, synchronous="NORMAL").store.write() as writing:
        assert writing.execute(pragma("synchronous", "synchronous")).one() == (1,)


def test_sqlite_reads_wait_as_long_and_can_write_nothing(sqlite_store: Store):
    assert sqlite_store.first(pragma("busy_timeout", "timeout")) == (2000,)
    assert sqlite_store.first(pragma("query_only", "query_only")) == (1,)
    assert sqlite_store.first(pragma("journal_mode", "journal_mode")) == ("wal",)


def test_sqlite_takes_the_write_lock_before_the_first_read(sqlite_store: Store, sqlite_url: str):
    with sqlite_store.write() as writing:
        writing.execute(select(Lease.name))
        other = sqlite3.connect(sqlite_url.removeprefix("sqlite:///"), timeout=0)
        with closing(other), pytest.raises(sqlite3.OperationalError, match="locked"):
            other.execute("BEGIN IMMEDIATE")


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("statement_timeout", "2s"),
        ("lock_timeout", "2s"),
        ("idle_in_transaction_session_timeout", "10s"),
    ],
)
def test_postgresql_waits_end(postgresql_store: Store, setting: str, value: str):
    query = select(literal_column(f"current_setting('{setting}')"))
    with postgresql_store.write() as writing:
        assert writing.execute(query).one() == (value,)
    assert postgresql_store.first(query) == (value,)


def test_postgresql_statements_that_take_too_long_are_refused_as_unavailable(
    postgresql_store: Store,
):
    with pytest.raises(StoreUnavailable), postgresql_store.write() as writing:
        writing.execute(text("SET LOCAL statement_timeout = '20ms'"))
        writing.execute(text("SELECT pg_sleep(5)"))


def test_postgresql_locks_that_do_not_come_free_are_refused_as_unavailable(
    postgresql_store: Store,
):
    with postgresql_store.write() as first:
        first.execute(text("LOCK TABLE leases"))
        with pytest.raises(StoreUnavailable), postgresql_store.write() as second:
            second.execute(text("SET LOCAL lock_timeout = '20ms'"))
            second.execute(select(Lease.name))
