"""Every test here runs on SQLite and on PostgreSQL. Where PostgreSQL cannot start, it fails."""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import pytest
from sqlalchemy import Engine, create_engine, make_url

from app.store.connections import Connections
from app.store.engine import engine_options, prepare_engine
from app.store.lookups import Lookups
from app.store.writes import Writes


class Store(NamedTuple):
    """All ways to one database."""

    engine: Engine
    connections: Connections
    lookups: Lookups
    writes: Writes


@pytest.fixture
def open_store() -> Iterator[Callable[..., Store]]:
    """A function from a URL to a store of the test's own; ``pool`` are options of the engine's."""
    opened: list[Store] = []

    def open_it(url: str, pool: dict[str, Any] | None = None, **options: Any) -> Store:
        connections = Connections(make_url(url), **options)
        engine = create_engine(url, **engine_options(connections, threads=2) | (pool or {}))
        prepare_engine(engine, connections)
        dialect = engine.dialect
        opened.append(
            Store(engine, connections, Lookups(connections, dialect), Writes(connections, dialect))
        )
        return opened[-1]

    yield open_it
    for store in opened:
        store.engine.dispose()
        store.connections.close()
        store.writes.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url
