"""Writes on SQLite: one at a time, and short ones share a commit (group commit).

SQLite has one writer, and most of a short write is the wait until the disk has it. So transactions of one
process that meet are committed together. Each runs in turn on one connection, inside one SQLite
transaction. One that ends while others wait for their turn does not commit: the last of the group is its
leader, and commits for all. Each returns only after that commit: a client is never told of what the disk does
not have. No transaction waits for others to come.

A transaction that raises is undone alone, by a savepoint. A commit that fails fails all of
the group. A long transaction (``alone``) joins no group, so that no short one waits for its commit.
"""

import sqlite3
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from .faults import StoreUnavailable, is_busy, name_of
from .opening import WAIT_SECONDS

# With the database's own wait behind it, still under three seconds.
TURN_SECONDS = 0.9
# After so many a group is committed, so that long transactions get a turn in between.
MAX_GROUP = 16
LOOK_SECONDS = 0.05

# One thread of this process writes at a time. At SQLite's own lock a thread sleeps up to 100 ms before it
# asks again; this lock wakes it at once.
_WRITING = threading.Lock()


def take_turn(seconds: float = TURN_SECONDS) -> None:
    """Wait for the lock of this process. Raises StoreUnavailable after ``seconds``."""
    if not _WRITING.acquire(timeout=seconds):
        raise StoreUnavailable("Locked")


def take_turn_at_once() -> bool:
    """Whether the turn was free, and is now the caller's."""
    return _WRITING.acquire(blocking=False)


def give_turn() -> None:
    _WRITING.release()


class Group:
    """Transactions that are committed together. ``fault`` is why they were not."""

    def __init__(self) -> None:
        self.size = 0
        self.over = threading.Event()
        self.fault: str | None = None


class SqliteWriter:
    """``connect`` opens a connection in autocommit mode: one for the groups, one for long transactions."""

    def __init__(self, connect: Callable[[], sqlite3.Connection]) -> None:
        self._connect = connect
        self._connection: sqlite3.Connection | None = None
        self._long: sqlite3.Connection | None = None
        self._inherited: list[sqlite3.Connection] = []
        self._turn = threading.Lock()
        self.waiting: deque[object] = deque()
        self._group: Group | None = None

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Returns when what the block wrote is committed; undoes it if it raises.

        Raises StoreUnavailable, or whatever sqlite3 raises in the block.
        """
        deadline = time.monotonic() + TURN_SECONDS
        self._wait_for_turn()
        try:
            group, connection = self._joined(deadline)
            # The first of a group can be undone with the group: it needs no savepoint.
            is_first = group.size == 1
            try:
                if not is_first:
                    connection.execute("SAVEPOINT one")
                yield connection
                if not is_first:
                    connection.execute("RELEASE one")
            except BaseException as error:
                if is_first:
                    self._give_up(connection, group)
                else:
                    self._undo(connection, group, error)
                raise
        finally:
            self._commit_unless_others_do()
            self._turn.release()
        self._await(group)

    @contextmanager
    def alone(self) -> Iterator[sqlite3.Connection]:
        """The same for a transaction that may take long: on a connection of its own, in no group."""
        take_turn()
        try:
            connection = self._long = self._long or self._connect()
            try:
                connection.execute("BEGIN IMMEDIATE")
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                self._long = None
                connection.close()  # which undoes what is not committed
                raise
        finally:
            give_turn()

    def at_once(self, sql: str, arguments: Any) -> bool:
        """Run and commit one statement, unless another writer would have to be waited for.

        Returns whether it ran: False if the file is locked. Raises sqlite3's other errors.
        """
        if not self._turn.acquire(blocking=False):
            return False
        try:
            if self._group is not None or not take_turn_at_once():
                return False
            try:
                return self._run_unless_locked(sql, arguments)
            finally:
                give_turn()
        finally:
            self._turn.release()

    def _run_unless_locked(self, sql: str, arguments: Any) -> bool:
        if self._connection is None:
            self._connection = self._connect()
        connection = self._connection
        connection.execute("PRAGMA busy_timeout=0")
        try:
            connection.execute(sql, arguments)
        except sqlite3.Error as error:
            if is_busy(error):
                return False
            self._drop()
            raise
        finally:
            if self._connection is not None:
                connection.execute(f"PRAGMA busy_timeout={WAIT_SECONDS * 1000}")
        return True

    def _wait_for_turn(self) -> None:
        me = object()
        self.waiting.append(me)
        has_turn = self._turn.acquire(timeout=TURN_SECONDS)
        self.waiting.remove(me)
        if not has_turn:
            raise StoreUnavailable("Locked")

    def _joined(self, deadline: float) -> tuple[Group, sqlite3.Connection]:
        if self._connection is None:
            self._connection = self._connect()
        if self._group is None:
            take_turn(max(0.0, deadline - time.monotonic()))
            try:
                self._connection.execute("BEGIN IMMEDIATE")
            except BaseException:
                give_turn()
                raise
            self._group = Group()
        self._group.size += 1
        return self._group, self._connection

    def _give_up(self, connection: sqlite3.Connection, group: Group) -> None:
        """Undo a group of one. No other transaction can have joined it: the caller still has the turn."""
        self._group = None
        try:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
        except sqlite3.Error:
            self._drop()
        finally:
            give_turn()
            group.over.set()

    def _undo(self, connection: sqlite3.Connection, group: Group, error: BaseException) -> None:
        with suppress(sqlite3.Error):
            connection.execute("ROLLBACK TO one")
            connection.execute("RELEASE one")
        if not connection.in_transaction:
            # SQLite has undone all of it, as it does when the disk is full.
            group.fault = name_of(error)

    def _commit_unless_others_do(self) -> None:
        group = self._group
        if group is not None and (group.fault or not self.waiting or group.size >= MAX_GROUP):
            self._commit(group)

    def _commit(self, group: Group) -> None:
        assert self._connection is not None
        self._group = None
        try:
            if group.fault is None:
                self._connection.execute("COMMIT")
        except sqlite3.Error as error:
            group.fault = name_of(error)
        finally:
            if group.fault is not None:
                self._drop()
            give_turn()
            group.over.set()

    def _await(self, group: Group) -> None:
        while not group.over.wait(LOOK_SECONDS):
            # Those who were to commit may have given up waiting for their turn.
            with self._turn:
                if self._group is group:
                    self._commit(group)
        if group.fault is not None:
            raise StoreUnavailable(group.fault)

    def close(self) -> None:
        """Close the connections that no transaction is on; the next write opens one again."""
        with self._turn:
            if self._group is None:
                self._drop()
        if take_turn_at_once():
            try:
                if self._long is not None:
                    self._long.close()
                    self._long = None
            finally:
                give_turn()

    def _drop(self) -> None:
        """Close the connection, which undoes what is not committed."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(sqlite3.Error):
                connection.close()

    def forget(self) -> None:
        """In a forked child: the connections are the parent's. They are kept here, and so never closed."""
        self._inherited += [one for one in (self._connection, self._long) if one is not None]
        self._connection = self._long = None
