"""Transactions that share a commit: each is undone alone, and none is told of before the disk has it."""

import sqlite3
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from app.store.faults import StoreUnavailable
from app.store.sqlite_writer import MAX_GROUP, SqliteWriter, give_turn, take_turn

WAIT_SECONDS = 5.0


class House:
    """A SQLite file, its group commit, and a look at it from outside."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.writer = SqliteWriter(self.connect)
        with closing(self.connect()) as connection:
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("CREATE TABLE things (name TEXT)")

    def connect(self) -> sqlite3.Connection:
        return sqlite3.connect(
            self.path, isolation_level=None, check_same_thread=False, timeout=0.2
        )

    def names(self) -> list[str]:
        with closing(self.connect()) as connection:
            return sorted(name for (name,) in connection.execute("SELECT name FROM things"))

    def add(
        self, name: str, *, entered: threading.Event | None = None, hold: object = None
    ) -> None:
        with self.writer.transaction() as connection:
            connection.execute("INSERT INTO things VALUES (?)", (name,))
            if entered is not None:
                entered.set()
            if isinstance(hold, threading.Event):
                assert hold.wait(WAIT_SECONDS)
            elif isinstance(hold, Exception):
                raise hold

    def wait_for_waiting(self, number: int) -> None:
        for _ in range(500):
            if len(self.writer.waiting) == number:
                return
            threading.Event().wait(0.01)
        pytest.fail("nobody waits")


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    house = House(tmp_path / "things.sqlite3")
    yield house
    house.writer.close()


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(MAX_GROUP + 4) as pool:
        yield pool


def test_a_transaction_alone_is_committed_when_its_block_ends(house: House):
    house.add("one")
    assert house.names() == ["one"]


def test_one_that_raises_is_undone_alone(house: House, pool: ThreadPoolExecutor):
    entered, go = threading.Event(), threading.Event()
    first = pool.submit(house.add, "first", entered=entered, hold=go)
    assert entered.wait(WAIT_SECONDS)
    second = pool.submit(house.add, "second", hold=LookupError("mine alone"))
    house.wait_for_waiting(1)
    go.set()
    assert first.result(WAIT_SECONDS) is None
    with pytest.raises(LookupError, match="mine alone"):
        second.result(WAIT_SECONDS)
    assert house.names() == ["first"]


def test_nobody_goes_on_before_the_commit_that_was_left_to_another(
    house: House, pool: ThreadPoolExecutor
):
    entered, go, later, end = (threading.Event() for _ in range(4))
    first = pool.submit(house.add, "first", entered=entered, hold=go)
    assert entered.wait(WAIT_SECONDS)
    second = pool.submit(house.add, "second", entered=later, hold=end)
    house.wait_for_waiting(1)
    go.set()
    assert later.wait(WAIT_SECONDS)
    assert house.names() == []
    assert not first.done()
    end.set()
    first.result(WAIT_SECONDS)
    second.result(WAIT_SECONDS)
    assert house.names() == ["first", "second"]


def test_many_at_once_are_all_there(house: House, pool: ThreadPoolExecutor):
    names = [f"{number:03}" for number in range(200)]
    list(pool.map(house.add, names))
    assert house.names() == names


def test_a_commit_that_fails_is_nobodys_success(house: House, pool: ThreadPoolExecutor):
    with closing(house.connect()) as connection:
        (pages,) = connection.execute("PRAGMA page_count").fetchone()
    entered, go = threading.Event(), threading.Event()

    def limited(name: str) -> None:
        with house.writer.transaction() as connection:
            connection.execute(f"PRAGMA max_page_count={pages}")
            connection.execute("INSERT INTO things VALUES (?)", (name,))

    first = pool.submit(house.add, "first", entered=entered, hold=go)
    assert entered.wait(WAIT_SECONDS)
    second = pool.submit(limited, "x" * 100_000)
    house.wait_for_waiting(1)
    go.set()
    with pytest.raises(sqlite3.OperationalError, match="full"):
        second.result(WAIT_SECONDS)
    try:
        first.result(WAIT_SECONDS)
    except StoreUnavailable:
        assert house.names() == []
    else:
        assert house.names() == ["first"]
    house.writer.close()
    house.add("third")
    assert "third" in house.names()


def test_a_lock_held_by_another_process_is_told_and_let_go_of(house: House):
    with closing(house.connect()) as holder:
        holder.execute("BEGIN IMMEDIATE")
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            house.add("one")
        holder.execute("ROLLBACK")
    house.add("two")
    assert house.names() == ["two"]


def test_no_turn_within_the_time_is_unavailable(house: House):
    take_turn()
    try:
        with pytest.raises(StoreUnavailable):
            house.add("one")
    finally:
        give_turn()
    house.add("two")
    assert house.names() == ["two"]


def test_a_long_one_is_alone_and_no_short_one_waits_for_its_commit(
    house: House, pool: ThreadPoolExecutor
):
    entered, go = threading.Event(), threading.Event()
    first = pool.submit(house.add, "first", entered=entered, hold=go)
    assert entered.wait(WAIT_SECONDS)

    def purge() -> list[str]:
        with house.writer.alone() as connection:
            before = house.names()
            connection.execute("INSERT INTO things VALUES ('long')")
        return before

    long = pool.submit(purge)
    go.set()
    first.result(WAIT_SECONDS)
    assert long.result(WAIT_SECONDS) == ["first"]
    assert house.names() == ["first", "long"]


def test_a_long_one_that_raises_is_undone_and_holds_no_lock(house: House):
    with pytest.raises(LookupError), house.writer.alone() as connection:
        connection.execute("INSERT INTO things VALUES ('long')")
        raise LookupError
    house.add("one")
    assert house.names() == ["one"]
