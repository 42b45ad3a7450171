"""A fault of ours is told from a database in trouble, and no wait is waited for twice."""

import time

import psycopg
import pytest
from sqlalchemy import insert, literal_column, select, table, text
from sqlalchemy.exc import DBAPIError

from app import create_app
from app.core.core import Core
from app.extensions import db
from app.store.models import Lease
from app.store.unit_of_work import StoreUnavailable, transaction
from tests.conftest import settings_for

from .conftest import Store

MISSPELT = select(literal_column("nmae")).select_from(table("leases"))
LEASE = {"name": "purge", "holder": "me", "expires_at": 1.5}


def test_a_misspelt_column_is_a_fault_of_ours_on_every_way(database_url: str, open_store):
    store: Store = open_store(database_url)
    for way in (
        lambda: store.lookups.all(MISSPELT),
        lambda: _write(store, MISSPELT),
        lambda: _through_engine(store, MISSPELT),
    ):
        with pytest.raises(Exception) as caught:  # noqa: PT011 - of either driver, never ours
            way()
        assert not isinstance(caught.value, StoreUnavailable)


def test_a_violated_constraint_stays_what_it_is_and_the_connection_goes_on(
    database_url: str, open_store
):
    store: Store = open_store(database_url)
    with store.writes.transaction() as connection:
        connection.execute(insert(Lease).inline(), LEASE)
    with pytest.raises(Exception) as caught, store.writes.transaction() as connection:  # noqa: PT011
        connection.execute(insert(Lease).inline(), LEASE)
    assert not isinstance(caught.value, StoreUnavailable)
    assert len(store.lookups.all(select(Lease.name))) == 1


def test_a_missing_table_is_unavailable(database_url: str, open_store):
    store: Store = open_store(database_url)
    with pytest.raises(StoreUnavailable):
        store.lookups.all(select(literal_column("1")).select_from(table("not_restored_yet")))


def test_a_request_that_meets_a_fault_of_ours_is_a_500(core: Core, database_url, monkeypatch):
    app = create_app(settings_for(database_url, monkeypatch))
    with transaction(core.engine) as connection:
        connection.execute(text("ALTER TABLE sessions RENAME COLUMN ended_at TO ended"))
    answer = app.test_client().get(
        "/verify", headers={"Authorization": "Bearer 00000000-0000-4000-8000-000000000000"}
    )
    assert answer.status_code == 500
    app.extensions["watchword"].core.close()
    with app.app_context():
        db.engine.dispose()


SLEEP = select(literal_column("pg_sleep(10)"))


@pytest.mark.parametrize("way", ["lookup", "write", "engine"])
def test_a_statement_that_timed_out_is_not_asked_again(postgresql_url: str, open_store, way: str):
    store: Store = open_store(postgresql_url)
    started = time.monotonic()
    with pytest.raises(StoreUnavailable) as caught:
        if way == "lookup":
            store.lookups.all(SLEEP)
        elif way == "write":
            _write(store, SLEEP)
        else:
            _through_engine(store, SLEEP)
    assert time.monotonic() - started < 3
    assert str(caught.value) == psycopg.errors.QueryCanceled.__name__


def test_the_waits_of_one_transaction_add_up_to_less_than_three_seconds(
    postgresql_url: str, open_store
):
    store: Store = open_store(postgresql_url)
    nap = text("SELECT pg_sleep(1.5)")
    started = time.monotonic()
    with pytest.raises((StoreUnavailable, DBAPIError)), transaction(store.engine) as connection:
        for _ in range(4):
            connection.execute(nap)
    assert time.monotonic() - started < 3.5


def _write(store: Store, statement) -> None:
    with store.writes.transaction() as connection:
        connection.execute(statement, {})


def _through_engine(store: Store, statement) -> None:
    with transaction(store.engine) as connection:
        connection.execute(statement)
