"""The one way to read: always the newest commit, whatever happened to the connection meanwhile."""

import os
import shutil
import threading
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import bindparam, insert, select, text, update

from app.core.core import Core
from app.store.faults import StoreUnavailable
from app.store.models import Lease
from app.store.store import Store

HOLDER = select(Lease.holder, Lease.expires_at).where(Lease.name == bindparam("name"))


@pytest.fixture
def store(database_url: str, open_store) -> Store:
    return open_store(database_url).store


@pytest.fixture
def lease(core: Core) -> None:
    with core.store.write() as writing:
        writing.execute(insert(Lease).values(name="purge", holder="one", expires_at=1.5))


def test_a_row_is_a_tuple(store: Store, lease):
    assert store.first(HOLDER, name="purge") == ("one", 1.5)


def test_no_row_is_none_and_no_rows_are_an_empty_list(store: Store, lease):
    assert store.first(HOLDER, name="other") is None
    assert store.read(HOLDER, name="other") == []


def test_parameters_go_by_name_whatever_their_order(store: Store, lease):
    both = partial(
        store.read,
        select(Lease.name).where(
            Lease.holder == bindparam("holder"), Lease.name == bindparam("name")
        ),
    )
    assert both(name="purge", holder="one") == [("purge",)]
    assert both(holder="purge", name="one") == []


def test_values_that_stand_in_the_statement_go_along(store: Store, lease):
    query = select(Lease.name).where(Lease.holder == "one", Lease.name == bindparam("name"))
    assert store.first(query.limit(1), name="purge") == ("purge",)
    assert store.first(query.where(Lease.expires_at > 2).limit(1), name="purge") is None


def test_a_parameter_is_never_part_of_the_statement(store: Store, lease):
    assert store.first(HOLDER, name="' OR ''='") is None


def test_another_connections_commit_is_seen_by_the_very_next_read(core: Core, store, lease):
    holder = partial(store.first, HOLDER)
    for number in range(5):
        with core.store.write() as writing:
            writing.execute(update(Lease).values(holder=f"holder {number}"))
            assert holder(name="purge")[0] != f"holder {number}", "it is not committed yet"
        assert holder(name="purge")[0] == f"holder {number}"


def test_a_read_does_not_wait_for_a_writer(core: Core, store: Store, lease):
    with core.store.write() as writing:
        writing.execute(update(Lease).values(holder="another"))
        assert store.first(HOLDER, name="purge") == ("one", 1.5)


def test_every_thread_reads_on_a_connection_of_its_own(store: Store, lease):
    holder = partial(store.first, HOLDER)
    found = []

    def read() -> None:
        found.extend(holder(name="purge") for _ in range(50))

    threads = [threading.Thread(target=read) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [("one", 1.5)] * 200


def test_a_forked_worker_opens_its_own_and_leaves_its_parents_alone(store: Store, lease):
    holder = partial(store.first, HOLDER)
    assert holder(name="purge") == ("one", 1.5)
    child = os.fork()
    if child == 0:
        correct = holder(name="purge") == ("one", 1.5)
        os._exit(0 if correct else 1)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0
    assert holder(name="purge") == ("one", 1.5)


def test_a_read_recovers_after_the_server_closed_its_connection(
    postgresql_url: str, open_store, operator
):
    store = open_store(postgresql_url)
    alive = partial(store.store.first, select(text("pg_backend_pid()")))
    before = alive()
    operator(postgresql_url, "SELECT pg_terminate_backend(:pid)", pid=before[0])
    assert alive() != before


def test_a_missing_database_is_unavailable_and_found_again_when_it_is_back(
    sqlite_template: Path, tmp_path: Path, open_store
):
    home = tmp_path / "volume"
    store = open_store(f"sqlite:///{home}/watchword.sqlite3")
    names = partial(store.store.read, select(Lease.name))
    with pytest.raises(StoreUnavailable) as caught:
        names()
    assert str(caught.value) == "SQLITE_CANTOPEN"
    home.mkdir()
    shutil.copy(sqlite_template, home / "watchword.sqlite3")
    assert names() == []


def test_an_unreachable_server_is_unavailable(tmp_path: Path, open_store):
    store = open_store(f"postgresql+psycopg://postgres@/watchword?host={tmp_path}")
    with pytest.raises(StoreUnavailable) as caught:
        store.store.read(select(Lease.name))
    assert str(caught.value) == "OperationalError"
