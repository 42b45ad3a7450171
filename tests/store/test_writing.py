"""The one way to write: all of a block or nothing of it, on SQLite as on PostgreSQL."""

import threading
import time

import pytest
from sqlalchemy import bindparam, insert, select, text, update

from app.core.core import Core
from app.store.faults import Conflict, StoreUnavailable
from app.store.models import Lease, LoginName, User
from tests.factories import Identities, at_once

LEASE = {"name": "purge", "holder": "me", "expires_at": 1.5}
INSERT = insert(Lease).inline()
TAKE = (
    update(Lease).where(Lease.holder == bindparam("held_by")).values(holder=bindparam("taken_by"))
)
LATER = update(Lease).values(expires_at=Lease.expires_at + 1)
HOLDER = select(Lease.holder).where(Lease.name == bindparam("name"))


@pytest.fixture(params=["short", "alone"])
def write(request: pytest.FixtureRequest, core: Core):
    """A transaction, with others or by itself."""
    return lambda: core.store.write(alone=request.param == "alone")


def test_a_block_that_ends_is_committed(write, rows):
    with write() as writing:
        writing.execute(INSERT, LEASE)
    assert rows("SELECT * FROM leases") == [LEASE]


def test_a_block_that_raises_leaves_nothing_behind_and_holds_no_lock(write, rows):
    with pytest.raises(LookupError), write() as writing:
        writing.execute(INSERT, LEASE)
        raise LookupError
    assert rows("SELECT * FROM leases") == []
    with write() as writing:
        writing.execute(INSERT, LEASE | {"holder": "another"})
    assert rows("SELECT holder FROM leases") == [{"holder": "another"}]


def test_a_violated_constraint_is_a_conflict_and_nothing_is_kept(write, rows):
    with pytest.raises(Conflict), write() as writing:
        writing.execute(INSERT, LEASE)
        writing.execute(INSERT, LEASE)
    assert rows("SELECT * FROM leases") == []


def test_so_is_a_login_name_of_nobody(write, rows):
    with pytest.raises(Conflict), write() as writing:
        writing.execute(insert(LoginName).inline(), {"name": "nobody", "user_id": 999})
    assert rows("SELECT * FROM login_names") == []


def test_a_value_that_is_missing_is_no_conflict_but_a_bug(write):
    with pytest.raises(Exception, match=r"(?i)not.null") as caught, write() as writing:
        writing.execute(INSERT, LEASE | {"holder": None})
    assert not isinstance(caught.value, Conflict | StoreUnavailable)


def test_what_belongs_to_a_user_goes_with_it(core: Core, identities: Identities, rows):
    user = identities.add()
    identities.code(user)
    with core.store.write() as writing:
        writing.execute(User.__table__.delete())
    for table in ("login_names", "api_keys", "access_codes"):
        assert rows(f"SELECT * FROM {table}") == []


def test_a_statement_tells_how_many_rows_it_changed_and_what_it_read(write, rows):
    with write() as writing:
        writing.execute(INSERT, LEASE)
        assert writing.execute(TAKE, {"held_by": "nobody", "taken_by": "you"}).rowcount == 0
        assert writing.execute(TAKE, {"held_by": "me", "taken_by": "you"}).rowcount == 1
        assert writing.execute(LATER).rowcount == 1
        assert writing.execute(HOLDER, {"name": "purge"}).one() == ("you",)
        assert writing.execute(HOLDER, {"name": "other"}).first() is None
        assert writing.execute(HOLDER, {"name": "other"}).all() == []
    assert rows("SELECT * FROM leases") == [LEASE | {"holder": "you", "expires_at": 2.5}]


def test_many_rows_go_in_one_statement_and_none_are_no_statement(write, rows):
    names = [f"lease {number:02}" for number in range(20)]
    with write() as writing:
        writing.execute_many(INSERT, [LEASE | {"name": name} for name in names])
        writing.execute_many(INSERT, [])
    assert [row["name"] for row in rows("SELECT name FROM leases ORDER BY name")] == names


def test_writers_of_one_process_all_get_their_turn(core: Core, rows):
    def write(number: int) -> None:
        for step in range(5):
            with core.store.write(alone=number == 0) as writing:
                writing.execute(INSERT, LEASE | {"name": f"{number}-{step}"})

    at_once(core, 8, write)
    assert len(rows("SELECT * FROM leases")) == 40


def test_one_that_fails_undoes_no_other_of_its_group(core: Core, rows):
    def write(number: int) -> None:
        for step in range(10):
            with core.store.write() as writing:
                writing.execute(INSERT, LEASE | {"name": f"{number}-{step}"})
                if number % 2:
                    writing.execute(INSERT, LEASE | {"name": f"{number}-{step}"})

    def try_to(number: int) -> None:
        if number % 2:
            with pytest.raises(Conflict):
                write(number)
        else:
            write(number)

    at_once(core, 8, try_to)
    assert len(rows("SELECT * FROM leases")) == 40


def test_a_database_that_is_locked_is_unavailable_in_under_three_seconds(write, core: Core, rows):
    failed = []

    def late() -> None:
        started = time.monotonic()
        try:
            with write() as writing:
                writing.execute(INSERT, LEASE | {"name": "other"})
        except StoreUnavailable:
            failed.append(time.monotonic() - started)

    with core.store.write() as holder:
        holder.execute(INSERT, LEASE)
        if core.store.backend == "postgresql":
            holder.execute(text("LOCK TABLE leases IN ACCESS EXCLUSIVE MODE"))
        thread = threading.Thread(target=late)
        thread.start()
        thread.join()
    assert len(failed) == 1
    assert failed[0] < 3
    late()
    assert rows("SELECT name FROM leases ORDER BY name") == [{"name": "other"}, {"name": "purge"}]


def test_a_write_at_once_is_left_undone_while_another_writes(core: Core, rows):
    with core.store.write() as writing:
        writing.execute(INSERT, LEASE)
        if core.store.backend == "postgresql":
            writing.execute(text("LOCK TABLE leases IN ACCESS EXCLUSIVE MODE"))
        assert core.store.write_at_once(LATER, {}) is False
    assert core.store.write_at_once(LATER, {}) is True
    assert rows("SELECT expires_at FROM leases") == [{"expires_at": 2.5}]


def test_a_write_at_once_meets_a_conflict_like_any_other(core: Core):
    assert core.store.write_at_once(INSERT, LEASE)
    with pytest.raises(Conflict):
        core.store.write_at_once(INSERT, LEASE)


def test_a_missing_database_is_unavailable_and_the_error_names_no_place(
    missing_url: str, open_store
):
    store = open_store(missing_url).store
    for write in (store.write(), store.write(alone=True)):
        with pytest.raises(StoreUnavailable) as caught, write:
            pass
        assert str(caught.value) in ("SQLITE_CANTOPEN", "OperationalError")
    with pytest.raises(StoreUnavailable):
        store.write_at_once(LATER, {})


END_THE_OTHERS = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
)


def test_a_connection_that_the_server_closed_is_replaced(postgresql_url: str, open_store, operator):
    store = open_store(postgresql_url).store
    with store.write() as writing:
        writing.execute(INSERT, LEASE)
    assert operator(postgresql_url, END_THE_OTHERS)
    with store.write() as writing:
        assert writing.execute(HOLDER, {"name": "purge"}).one() == ("me",)


def test_a_transaction_whose_server_goes_away_is_unavailable_and_undone(
    postgresql_url: str, open_store, operator
):
    store = open_store(postgresql_url).store
    with pytest.raises(StoreUnavailable), store.write() as writing:
        writing.execute(INSERT, LEASE)
        operator(postgresql_url, END_THE_OTHERS)
        writing.execute(LATER)
    assert operator(postgresql_url, "SELECT * FROM leases") == []
