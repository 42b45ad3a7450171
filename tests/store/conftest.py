"""Every test here runs on SQLite and on PostgreSQL. Where PostgreSQL cannot start, it fails."""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import pytest
from sqlalchemy import create_engine, make_url, text

from app.store.connections import Connections
from app.store.store import Store
from chaos.failover import Standby, standby_of

from .replicas import Nearby, in_database


class Opened(NamedTuple):
    """A store, and the connections under it."""

    store: Store
    connections: Connections


@pytest.fixture
def open_store() -> Iterator[Callable[..., Opened]]:
    """A function from a URL to a store of the test's own."""
    opened: list[Opened] = []

    def open_it(url: str, **options: Any) -> Opened:
        connections = Connections(make_url(url), **options)
        dialect = create_engine(url).dialect
        opened.append(Opened(Store(connections, dialect), connections))
        return opened[-1]

    yield open_it
    for one in opened:
        one.store.close()


@pytest.fixture
def operator() -> Callable[..., list[Any]]:
    """A function that runs SQL on the database of a URL, on a connection past the store; its rows."""

    def run(url: str, sql: str, **parameters: object) -> list[Any]:
        engine = create_engine(url, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            found = connection.execute(text(sql), parameters)
            rows = [tuple(row) for row in found] if found.returns_rows else []
        engine.dispose()
        return rows

    return run


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture
def missing_url(database_url: str, tmp_path: Any) -> str:
    """The URL of a database that is not there: no such directory, no such socket."""
    missing = tmp_path / "missing"
    if database_url.startswith("sqlite"):
        return f"sqlite:///{missing}/watchword.sqlite3"
    return f"postgresql+psycopg://postgres@/watchword?host={missing}"


@pytest.fixture(scope="module")
def standby(postgresql_server) -> Iterator[Standby]:
    url = postgresql_server.url.render_as_string(hide_password=False)
    with standby_of(url, postgresql_server.user) as standby:
        yield standby


@pytest.fixture
def start(standby: Standby, postgresql_url: str, monkeypatch) -> Iterator[Callable[..., Nearby]]:
    """A function to an application on the test's database, whose replica is the standby.

    It waits for the disk, which the tests' server does not do by default.
    """
    started: list[Nearby] = []
    database = str(make_url(postgresql_url).database)

    def start_it(replica: str = "", commit: str = "local", **settings: object) -> Nearby:
        options = {"options": f"-c synchronous_commit={commit}"}
        primary = make_url(postgresql_url).update_query_dict(options)
        url = replica or in_database(standby.url, database)
        started.append(
            Nearby(primary.render_as_string(hide_password=False), url, monkeypatch, **settings)
        )
        return started[-1]

    yield start_it
    for one in started:
        one.core.close()
