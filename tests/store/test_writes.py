"""The short way to write keeps what ``transaction`` promises: all or nothing, and 503 for the rest."""

import threading
import time
from pathlib import Path

import pytest
from sqlalchemy import bindparam, insert, select, text, update

from app.core.core import Core
from app.store.models import Lease
from app.store.unit_of_work import StoreUnavailable, transaction

LEASE = {"name": "purge", "holder": "me", "expires_at": 1.5}
INSERT = insert(Lease).inline()
TAKE = (
    update(Lease).where(Lease.holder == bindparam("held_by")).values(holder=bindparam("taken_by"))
)
LATER = update(Lease).values(expires_at=Lease.expires_at + 1)
HOLDER = select(Lease.holder).where(Lease.name == bindparam("name"))


def test_a_block_that_ends_is_committed(core: Core, rows):
    with core.writes.transaction() as connection:
        connection.execute(INSERT, LEASE)
    assert rows("SELECT * FROM leases") == [LEASE]


def test_a_block_that_raises_leaves_nothing_behind_and_holds_no_lock(core: Core, rows):
    with pytest.raises(LookupError), core.writes.transaction() as connection:
        connection.execute(INSERT, LEASE)
        raise LookupError
    assert rows("SELECT * FROM leases") == []
    with core.writes.transaction() as connection:
        connection.execute(INSERT, LEASE)
    with transaction(core.engine) as engines:
        engines.execute(insert(Lease).values(**LEASE | {"name": "other"}))
    assert len(rows("SELECT * FROM leases")) == 2


def test_a_statement_tells_how_many_rows_it_changed_and_what_it_read(core: Core, rows):
    with core.writes.transaction() as connection:
        connection.execute(INSERT, LEASE)
        assert connection.execute(TAKE, {"held_by": "nobody", "taken_by": "you"}).rowcount == 0
        assert connection.execute(TAKE, {"held_by": "me", "taken_by": "you"}).rowcount == 1
        assert connection.execute(LATER, {}).rowcount == 1
        assert connection.execute(HOLDER, {"name": "purge"}).first() == ("you",)
        assert connection.execute(HOLDER, {"name": "other"}).first() is None
    assert rows("SELECT * FROM leases") == [LEASE | {"holder": "you", "expires_at": 2.5}]


def test_writers_of_one_process_all_get_their_turn(core: Core, rows):
    def write(number: int) -> None:
        for step in range(5):
            with core.writes.transaction() as connection:
                connection.execute(INSERT, LEASE | {"name": f"{number}-{step}"})
        core.lookups.close()

    threads = [threading.Thread(target=write, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(rows("SELECT * FROM leases")) == 40


def test_a_database_that_is_locked_is_unavailable_in_under_three_seconds(core: Core, rows):
    with transaction(core.engine) as holder:
        holder.execute(insert(Lease).values(**LEASE))
        if core.engine.dialect.name == "postgresql":
            holder.execute(text("LOCK TABLE leases IN ACCESS EXCLUSIVE MODE"))
        failed = []

        def write() -> None:
            started = time.monotonic()
            try:
                with core.writes.transaction() as connection:
                    connection.execute(INSERT, LEASE | {"name": "other"})
            except StoreUnavailable:
                failed.append(time.monotonic() - started)
            core.lookups.close()

        thread = threading.Thread(target=write)
        thread.start()
        thread.join()
    assert len(failed) == 1
    assert failed[0] < 3
    with core.writes.transaction() as connection:
        connection.execute(INSERT, LEASE | {"name": "other"})
    assert rows("SELECT name FROM leases ORDER BY name") == [{"name": "other"}, {"name": "purge"}]


def test_a_missing_database_is_unavailable_and_the_error_names_no_place(
    database_url: str, tmp_path: Path, open_store
):
    missing = tmp_path / "missing"
    url = f"sqlite:///{missing}/watchword.sqlite3"
    if not database_url.startswith("sqlite"):
        url = f"postgresql+psycopg://postgres@/watchword?host={missing}"
    with pytest.raises(StoreUnavailable) as caught, open_store(url).writes.transaction():
        pass
    assert str(caught.value) == "OperationalError"


def test_a_write_recovers_after_the_server_closed_its_connection(postgresql_url: str, open_store):
    store = open_store(postgresql_url)
    (process,) = store.lookups.first(select(text("pg_backend_pid()"))) or ()
    with store.engine.connect() as connection:
        connection.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": process})
    with store.writes.transaction() as connection:
        connection.execute(INSERT, LEASE)
    assert store.lookups.first(HOLDER, name="purge") == ("me",)
