"""How a connection is opened: the one place, for reads, writes and migrations.

What the operator's URL says (several hosts, ``options``, ``sslmode``, a ``search_path``) holds on every
connection. So do our limits, which end every wait before three seconds: a database in trouble becomes a 503,
and not a pile of threads that wait.
"""

import os
import sqlite3
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import psycopg
from psycopg.pq import TransactionStatus
from sqlalchemy import URL

from .faults import NotUtf8, OptionsRefused, ReadOnly, Silent
from .urls import arguments, places

WAIT_SECONDS = 2
# The limit for one use of the database: connect, ask, and once more if the connection is lost.
PATIENCE_SECONDS = 2.8
# The limit for the answer whether a server is still the primary.
CHECK_SECONDS = 0.8

LIMITS = {
    "statement_timeout": f"{WAIT_SECONDS}s",
    "lock_timeout": f"{WAIT_SECONDS}s",
    "idle_in_transaction_session_timeout": "10s",
}
# A migration may take long, but waits only briefly for a lock: requests would queue up behind it.
MIGRATION_LIMITS = {"statement_timeout": "0", "lock_timeout": "5s"}

# Settings that the code needs, whatever a database, a role or libpq's environment says.
FIXED = {"default_transaction_isolation": r"read\ committed"}

_IS_READ_ONLY = "SELECT pg_is_in_recovery() OR current_setting('transaction_read_only')::bool"


class SqliteConnection(sqlite3.Connection):
    """A file has no other primary: it needs no check and no deadline."""

    check_at = float("inf")
    deadline = float("inf")


class PostgresqlConnection(psycopg.Connection[tuple[Any, ...]]):
    """``deadline`` (of ``time.monotonic``) ends its waits, whatever the server or the network does."""

    opened_at = 0.0
    check_at = 0.0
    deadline = float("inf")
    # Of a replica: until then, what it shows is recent enough (``replica``).
    fresh_until = float("inf")

    def wait(self, gen: Any, interval: float = 0.1, timeout: float | None = None) -> Any:
        if timeout is None and self.deadline != float("inf"):
            timeout = max(0.0, self.deadline - time.monotonic())
        try:
            return super().wait(gen, interval, timeout)
        except psycopg.OperationalError as error:
            if timeout is None or self.pgconn.transaction_status != TransactionStatus.ACTIVE:
                raise
            # A late answer must not be read as the answer to the next statement.
            self.close()
            raise Silent("no answer in time") from error

    def check(self) -> None:
        """Raises ReadOnly, or the driver's error if the connection is lost."""
        autocommit = self.autocommit
        if not autocommit:
            self.autocommit = True
        row = self.execute(_IS_READ_ONLY, prepare=False).fetchone()
        if not autocommit:
            self.autocommit = False
        if row != (False,):
            raise ReadOnly("the database is read-only")


Check = Callable[[PostgresqlConnection], None]


def _options(settings: dict[str, str]) -> str:
    return " ".join(f"-c {name}={value}" for name, value in settings.items())


class Opener:
    """Opens connections to ``url``. ``check`` asks whether its server is the right one."""

    def __init__(
        self, url: URL, synchronous: str, check: Check = PostgresqlConnection.check
    ) -> None:
        self.is_sqlite = url.get_backend_name() == "sqlite"
        self.url = url
        self.check = check
        self._synchronous = synchronous
        self._first = 0

    @property
    def file(self) -> Path | None:
        """SQLite's file; None of PostgreSQL."""
        if not self.is_sqlite:
            return None
        (name,), options = self.url.get_dialect()().create_connect_args(self.url)
        # SQLite resolves the percent signs of a URI itself (https://www.sqlite.org/uri.html).
        return Path(unquote(urlsplit(name).path) if options.get("uri") else name)

    def sqlite(self, *, for_reading: bool = False) -> SqliteConnection:
        """``synchronous`` FULL survives a power cut; NORMAL may lose the last commits to one, but never
        breaks the file, and commits several times as fast."""
        (path,), options = self.url.get_dialect()().create_connect_args(self.url)
        if not options.get("uri"):
            _make_private(path)
        connection = sqlite3.connect(
            path,
            isolation_level=None,
            factory=SqliteConnection,
            **{**options, "timeout": WAIT_SECONDS, "check_same_thread": False},
        )
        # The system caches the pages already. A copy for each connection would only take memory.
        pragmas = ["query_only=ON", "cache_size=-256"]
        if not for_reading:
            pragmas = [
                "journal_mode=WAL",
                f"synchronous={self._synchronous}",
                "foreign_keys=ON",
                "cache_size=-512",
                # A transaction's savepoints would spill to TMPDIR, and fail where that is full.
                "temp_store=MEMORY",
            ]
        try:
            for pragma in pragmas:
                connection.execute(f"PRAGMA {pragma}")
        except sqlite3.Error:
            connection.close()
            raise
        return connection

    def postgresql(
        self,
        *,
        autocommit: bool = False,
        until: float | None = None,
        limits: dict[str, str] = LIMITS,
    ) -> PostgresqlConnection:
        """A connection to a server that passes ``check``. Raises ReadOnly if there is none."""
        chosen = arguments(self.url)
        until = until or time.monotonic() + PATIENCE_SECONDS
        asked = chosen.pop("options", "") or os.environ.get("PGOPTIONS", "")
        # The later one counts: an operator may ask for other limits.
        options = " ".join(filter(None, (_options(limits), asked, _options(FIXED))))
        chosen |= {
            "connect_timeout": WAIT_SECONDS,
            "tcp_user_timeout": WAIT_SECONDS * 1000,
            "client_encoding": "UTF8",
            "options": options,
        }
        connection = self._connect(chosen, autocommit, until)
        try:
            if connection.pgconn.parameter_status(b"server_encoding") != b"UTF8":
                raise NotUtf8("the server's encoding is not UTF8")
            connection.opened_at = time.monotonic()
            connection.deadline = min(until, time.monotonic() + PATIENCE_SECONDS)
            self.check(connection)
            connection.deadline = until
        except psycopg.Error:
            connection.close()
            raise
        return connection

    def _connect(
        self, chosen: dict[str, Any], autocommit: bool, until: float
    ) -> PostgresqlConnection:
        """Connect to the first place that accepts, beginning with the one that did last time.

        The driver gives each place two seconds. No further place is tried if that would take too long.
        """
        found = places(chosen, until)
        error: psycopg.Error = Silent("no time left to connect")
        first = self._first
        for number in range(len(found)):
            if number and until - time.monotonic() < WAIT_SECONDS - CHECK_SECONDS:
                break
            at = (first + number) % len(found)
            try:
                connection = PostgresqlConnection.connect(
                    autocommit=autocommit,
                    # The service prepares every statement at once; a migration asks most things once.
                    prepare_threshold=0 if autocommit else 5,
                    **{**chosen, **found[at]},
                )
            except psycopg.Error as failed:
                error = failed
                if "unsupported startup parameter" in str(failed):
                    error = OptionsRefused("a pooler refuses options")
                self._first = at + 1
            else:
                self._first = at
                return connection
        raise error


def _make_private(path: str) -> None:
    """Create a missing database that only its owner can read; ``-wal`` and ``-shm`` get the same mode."""
    with suppress(OSError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
