"""What each database is told, on the connections that write and on those that look up."""

import pytest
from sqlalchemy import Engine, column, literal_column, select, table, text

from app.store.models import Lease
from app.store.unit_of_work import StoreUnavailable, transaction

from .conftest import Store


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
    return open_store(sqlite_url)


@pytest.fixture
def sqlite_engine(sqlite_store: Store) -> Engine:
    return sqlite_store.engine


@pytest.fixture
def postgresql_store(postgresql_url: str, open_store) -> Store:
    return open_store(postgresql_url)


@pytest.fixture
def postgresql_engine(postgresql_store: Store) -> Engine:
    return postgresql_store.engine


def test_sqlite_commits_survive_a_power_cut_and_references_hold(sqlite_engine: Engine):
    with sqlite_engine.connect() as connection:
        found = {query: connection.scalar(query) for query in SQLITE_SETTINGS}
    assert found == SQLITE_SETTINGS


def test_sqlite_durability_is_lowered_only_where_it_is_asked_for(sqlite_url: str, open_store):
    with open_store(sqlite_url, synchronous="NORMAL").engine.connect() as connection:
        assert connection.scalar(pragma("synchronous", "synchronous")) == 1


def test_sqlite_lookups_wait_as_long_and_can_write_nothing(sqlite_store: Store):
    lookups = sqlite_store.lookups
    assert lookups.first(pragma("busy_timeout", "timeout")) == (2000,)
    assert lookups.first(pragma("query_only", "query_only")) == (1,)
    assert lookups.first(pragma("journal_mode", "journal_mode")) == ("wal",)


def test_sqlite_takes_the_write_lock_before_the_first_read(sqlite_engine: Engine):
    with sqlite_engine.begin() as first:
        first.execute(select(Lease.name))
        with pytest.raises(StoreUnavailable), transaction(sqlite_engine) as second:
            second.execute(select(Lease.name))


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("statement_timeout", "2s"),
        ("lock_timeout", "2s"),
        ("idle_in_transaction_session_timeout", "10s"),
    ],
)
def test_postgresql_waits_end_on_both_kinds_of_connection(
    postgresql_store: Store, setting: str, value: str
):
    query = select(literal_column(f"current_setting('{setting}')"))
    with postgresql_store.engine.connect() as connection:
        assert connection.scalar(query) == value
    assert postgresql_store.lookups.first(query) == (value,)


def test_postgresql_statements_that_take_too_long_are_refused_as_unavailable(
    postgresql_engine: Engine,
):
    with pytest.raises(StoreUnavailable), transaction(postgresql_engine) as connection:
        connection.execute(text("SET LOCAL statement_timeout = '20ms'"))
        connection.execute(text("SELECT pg_sleep(5)"))


def test_postgresql_locks_that_do_not_come_free_are_refused_as_unavailable(
    postgresql_engine: Engine,
):
    with postgresql_engine.begin() as first:
        first.execute(text("LOCK TABLE leases"))
        with pytest.raises(StoreUnavailable), transaction(postgresql_engine) as second:
            second.execute(text("SET LOCAL lock_timeout = '20ms'"))
            second.execute(select(Lease.name))
