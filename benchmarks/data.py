"""Databases full of sessions, made at first use and kept for later parts and runs.

If a model, a migration or ``filling.py`` changes, they are made again.
"""

import hashlib
import secrets as random_secrets
import shutil
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple
from unittest import mock

from flask_migrate import upgrade

from app import create_app
from app.core.core import Core
from config import read_settings

from .filling import KIND_OF, fill
from .servers import CACHE, ROOT

KEPT_SECONDS = 7 * 86_400
KINDS = tuple(KIND_OF)


class Database(NamedTuple):
    """A database, the environment of a service on it, and the file of its tokens."""

    url: str
    secret: str
    notes: Path
    file: Path | None = None

    @property
    def environment(self) -> dict[str, str]:
        return {"WATCHWORD_DATABASE_URL": self.url, "WATCHWORD_SECRET_KEYS": self.secret}

    def noted(self, name: str) -> list[str]:
        """The file with a token a line, as ``fill`` wrote it, of a kind or ``session-refresh``."""
        return (self.notes / f"{name}.txt").read_text().splitlines()

    @contextmanager
    def copy(self) -> Iterator["Database"]:
        """A SQLite database for writes, deleted afterwards."""
        assert self.file is not None, "only files are copied"
        copied = self.file.with_name(f"copy-{uuid.uuid4().hex}.sqlite3")
        shutil.copy(self.file, copied)
        try:
            yield self._replace(url=f"sqlite:///{copied}", file=copied)
        finally:
            for leftover in copied.parent.glob(f"{copied.name}*"):
                leftover.unlink()


def default_threads() -> int:
    """The default number of threads of Watchword's worker. The baselines get as many."""
    environment = {"WATCHWORD_SECRET_KEYS": new_secret()}
    with mock.patch.dict("os.environ", environment):
        return read_settings().threads


def sqlite(sessions: int, kinds: tuple[str, ...] = KINDS) -> Database:
    """A SQLite database with so many sessions of each kind."""
    home = CACHE / "data" / _fingerprint(f"sqlite-{'-'.join(kinds)}-{sessions}")
    file = home / "watchword.sqlite3"
    database = Database(f"sqlite:///{file}", secret_of(home), home, file)
    return _filled(database, sessions, kinds)


def postgresql(server: Callable[[str], str], sessions: int, kinds: tuple[str, ...]) -> Database:
    """The same in PostgreSQL; ``server`` makes a database by name and tells its URL."""
    home = CACHE / "data" / _fingerprint(f"postgresql-{'-'.join(kinds)}-{sessions}")
    if not (home / "complete").exists():
        shutil.rmtree(home, ignore_errors=True)
    secret = secret_of(home)
    return _filled(Database(server(postgresql_name(home, secret)), secret, home), sessions, kinds)


def _fingerprint(name: str) -> str:
    return f"{name}-{fingerprint(Path(__file__).with_name('filling.py'))}"


def fingerprint(maker: Path) -> str:
    """What a database depends on that the module ``maker`` fills, in a few letters."""
    sources = [
        maker,
        ROOT / "app" / "store" / "models.py",
        ROOT / "app" / "core" / "sessions" / "tokens.py",
        *sorted((ROOT / "migrations" / "versions").glob("*.py")),
    ]
    made_by = hashlib.sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()[:8]
    # Rows live for a month; a kept database is used for a week.
    return f"{made_by}_{int(time.time()) // (KEPT_SECONDS)}"


def new_secret() -> str:
    return random_secrets.token_urlsafe(48)


def postgresql_name(home: Path, secret: str) -> str:
    """Of the database of these notes. All checkouts share a server, and each has its own secrets."""
    return f"watchword_{hashlib.sha256(f'{home.name}{secret}'.encode()).hexdigest()[:16]}"


def secret_of(home: Path) -> str:
    home.mkdir(parents=True, exist_ok=True)
    file = home / "secret"
    if not file.exists():
        file.write_text(new_secret())
    return file.read_text()


def _filled(database: Database, sessions: int, kinds: tuple[str, ...]) -> Database:
    complete = database.notes / "complete"
    if not complete.exists():
        print(f"  making {database.notes.name} …", flush=True)
        for leftover in database.notes.glob("watchword.sqlite3*"):
            leftover.unlink()  # of a run that was stopped half-way
        with application(database) as core:
            fill(core, database.notes, sessions, kinds)
        complete.touch()
    return database


@contextmanager
def application(database: Database) -> Iterator[Core]:
    """Watchword's core on a migrated database, in this process."""
    with mock.patch.dict("os.environ", {**database.environment, "WATCHWORD_LOG_LEVEL": "error"}):
        app = create_app(read_settings())
    with app.app_context():
        upgrade(directory=str(ROOT / "migrations"))
        core: Core = app.extensions["watchword"].core
        core.keys.load()
        try:
            yield core
        finally:
            core.close()
