"""The fixtures that the contract suite asks for, on a world of the harness."""

from collections.abc import Iterator
from typing import cast

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.core.core import Core
from harness.client import Watchword
from harness.plane.world import World
from harness.plane.worlds import Worlds
from tests.conftest import START
from tests.contract.conftest import driver, drivers, pytest_generate_tests, user
from tests.harness.over_http import HttpClient

__all__ = ["driver", "drivers", "pytest_generate_tests", "user"]


class TurnedClock:
    """The clock of a world, turned over HTTP."""

    def __init__(self, watchword: Watchword, world: World) -> None:
        self._watchword = watchword
        self._world = world

    def now(self) -> float:
        return self._world.clock.now()

    def advance(self, seconds: float) -> None:
        self._watchword.clock.tick(seconds)


@pytest.fixture
def watchword(worlds: Worlds) -> Iterator[Watchword]:
    """A world in which nobody is yet."""
    default = Watchword(worlds.url_of(worlds.default))
    made = default.world(seed={}, now=START, frozen=True)
    yield made
    made.close()


@pytest.fixture
def inside(worlds: Worlds, watchword: Watchword) -> World:
    """The same world from within: what its database holds, and its core."""
    found = worlds.get(watchword.name)
    assert found is not None
    return found


@pytest.fixture
def database_url(inside: World) -> str:
    return f"sqlite:///{inside.home}/watchword.sqlite3"


@pytest.fixture
def app(inside: World) -> Flask:
    return inside.app


@pytest.fixture
def core(inside: World) -> Core:
    return inside.core


@pytest.fixture
def clock(watchword: Watchword, inside: World) -> TurnedClock:
    return TurnedClock(watchword, inside)


@pytest.fixture
def client(watchword: Watchword) -> FlaskClient:
    return cast(FlaskClient, HttpClient(watchword))
