"""A bug of ours differs from a database in trouble, and no wait happens twice."""

import time

import psycopg
import pytest
import structlog
from flask.testing import FlaskClient
from sqlalchemy import bindparam, delete, insert, literal_column, select, table, text, update

from app.core.core import Core
from app.http import error_pages
from app.store.faults import Conflict, StoreUnavailable
from app.store.models import Lease
from app.store.store import Store
from tests.cases import each

LEASE = {"name": "purge", "holder": "me", "expires_at": 1.5}
MISSPELT = select(literal_column("nmae")).select_from(table("leases"))
BY_HOLDER = select(Lease.name).where(Lease.holder == bindparam("holder"))
NONSENSE = text("SELEKT 1")
TAKE = update(Lease).values(holder=bindparam("taken_by"))

BUGS = {
    "a misspelt column": (MISSPELT, {}),
    "a misspelt word": (NONSENSE, {}),
    "a wrong type": (BY_HOLDER, {"holder": object()}),
    "a misspelt parameter": (BY_HOLDER, {"hodler": "me"}),
}


def written(store: Store, statement, parameters, *, alone: bool = False) -> None:
    with store.write(alone=alone) as writing:
        writing.execute(statement, parameters)


WAYS = {
    "read": lambda store, statement, given: store.read(statement, **given),
    "write": written,
    "write alone": lambda store, statement, given: written(store, statement, given, alone=True),
    "write at once": lambda store, statement, given: store.write_at_once(statement, given),
}


@each("way", WAYS)
@each(("statement", "given"), BUGS)
def test_a_bug_of_ours_is_never_taken_for_a_database_in_trouble(
    database_url: str, open_store, way, statement, given
):
    store = open_store(database_url).store
    with pytest.raises(Exception) as caught:  # noqa: PT011 - of either driver, never ours
        way(store, statement, given)
    assert not isinstance(caught.value, StoreUnavailable | Conflict)
    written(store, delete(Lease), {})
    written(store, insert(Lease).inline(), LEASE)
    assert store.read(BY_HOLDER, holder="me") == [("purge",)]


def test_an_update_that_lacks_a_parameter_changes_no_row(database_url: str, open_store):
    store = open_store(database_url).store
    written(store, insert(Lease).inline(), LEASE)
    with pytest.raises(Exception, match="taken_by"):
        written(store, TAKE, {})
    assert store.read(BY_HOLDER, holder="me") == [("purge",)]


def test_a_column_that_an_insert_does_not_have_is_a_bug_of_ours(database_url: str, open_store):
    with pytest.raises(Exception, match="hodler"):
        written(open_store(database_url).store, insert(Lease).inline(), LEASE | {"hodler": "me"})


def test_a_read_that_would_write_is_a_bug_of_ours_and_writes_nothing(database_url: str, open_store):
    store = open_store(database_url).store
    written(store, insert(Lease).inline(), LEASE)
    with pytest.raises(TypeError):
        store.read(TAKE, taken_by="you")
    assert store.read(BY_HOLDER, holder="me") == [("purge",)]


def test_a_missing_table_is_unavailable(database_url: str, open_store):
    gone = select(literal_column("1")).select_from(table("not_restored_yet"))
    with pytest.raises(StoreUnavailable):
        open_store(database_url).store.read(gone)


@pytest.mark.parametrize("bug", BUGS)
def test_a_request_that_meets_a_fault_of_ours_is_a_500(
    client: FlaskClient, core: Core, monkeypatch, bug: str
):
    statement, given = BUGS[bug]
    read = core.store.read
    monkeypatch.setattr(core.store, "read", lambda *_, **__: read(statement, **given))
    token = {"Authorization": "Bearer 00000000-0000-4000-8000-000000000000"}
    with structlog.testing.capture_logs() as lines:
        monkeypatch.setattr(error_pages, "log", structlog.get_logger())
        assert client.get("/verify", headers=token).status_code == 500
    assert [line["event"] for line in lines if "where" in line] == ["internal_error"]


SLEEP = select(literal_column("pg_sleep(10)"))


@pytest.mark.parametrize("way", ["read", "write"])
def test_a_statement_that_timed_out_is_not_asked_again(postgresql_url: str, open_store, way: str):
    store = open_store(postgresql_url).store
    started = time.monotonic()
    with pytest.raises(StoreUnavailable) as caught:
        WAYS[way](store, SLEEP, {})
    assert time.monotonic() - started < 3
    assert str(caught.value) == psycopg.errors.QueryCanceled.__name__


def test_the_waits_of_one_transaction_add_up_to_less_than_three_seconds(
    postgresql_url: str, open_store
):
    store = open_store(postgresql_url).store
    nap = text("SELECT pg_sleep(1.5)")
    started = time.monotonic()
    with pytest.raises(StoreUnavailable), store.write() as writing:
        for _ in range(4):
            writing.execute(nap)
    assert time.monotonic() - started < 3.5


def test_a_transaction_without_an_end_of_patience_may_take_longer(postgresql_url: str, open_store):
    store = open_store(postgresql_url).store
    nap = text("SELECT pg_sleep(1.5)")
    with store.write(alone=True, seconds=None) as writing:
        for _ in range(2):
            writing.execute(nap)
