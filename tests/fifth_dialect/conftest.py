"""The application with the line that names the fifth dialect, and a driver that speaks it."""

from pathlib import Path
from typing import Any, ClassVar

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app import dialects
from app.settings.settings import Settings
from tests.conftest import settings_for
from tests.contract.conftest import driver, user
from tests.contract.drivers import DRIVERS, Driver, Held, is_asked, parametrize
from tests.factories import Somebody

from . import opaque_key

__all__ = ["driver", "user"]

# Of every test of the run it is asked whether it is one of these: by text, not by ``Path``.
HERE = str(Path(__file__).parent)


class OpaqueKey(Driver):
    name = "opaque_key"
    url = "/opaque/key"
    unknown_url = "/opaque/nothing"
    lifetime = 3_600
    signs = True
    ends = True
    says: ClassVar = {
        "login": (401, "LOGIN"),
        "dead": (401, "KEY"),
        "disabled": (403, "DISABLED"),
        "session of a disabled user": (401, "KEY"),
        "paused": (429, "PAUSED"),
        "password expired": (403, "CHANGE"),
        "address paused": (429, "PAUSED"),
        "foreign": (401, "KEY"),
        "not found": (404, "NOTHING"),
        "method": (405, "METHOD"),
        "too large": (413, "LARGE"),
        "media type": (415, "JSON"),
        "malformed": (400, "BODY"),
        "unavailable": (503, "AWAY"),
    }

    def login_body(self, login: str, user: Somebody, password: str) -> dict[str, str]:
        return {"login": login, "password": password}

    def held(self, response: TestResponse) -> Held:
        return Held(response.json["key"])

    def use(self, held: Held) -> TestResponse:
        return self.client.get(self.url, headers={"X-Opaque-Key": held.access})

    def end(self, held: Held) -> TestResponse:
        return self.client.delete(self.url, headers={"X-Opaque-Key": held.access})

    def error(self, response: TestResponse) -> tuple[int, Any]:
        assert response.json.keys() == {"problem", "says"}
        return response.status_code, response.json["problem"]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """The questions of the contract suite, to the fifth dialect alone."""
    parametrize(metafunc, [OpaqueKey])


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """A question about what the dialect cannot do, such as to refresh, is not asked of it."""
    unasked = [item for item in items if _is_beyond(item)]
    items[:] = [item for item in items if item not in unasked]
    config.hook.pytest_deselected(items=unasked)


def _is_beyond(item: pytest.Item) -> bool:
    here = str(item.path).startswith(HERE)
    marks = item.iter_markers("every") if here else ()
    return any(not is_asked(mark, OpaqueKey) for mark in marks)


@pytest.fixture
def drivers(client: FlaskClient) -> list[Driver]:
    """All five."""
    return [driver(client) for driver in (*DRIVERS, OpaqueKey)]


@pytest.fixture
def the_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dialects, "PACKAGES", (*dialects.PACKAGES, opaque_key))


@pytest.fixture
def settings(the_one_line: None, database_url: str, monkeypatch: pytest.MonkeyPatch) -> Settings:
    return settings_for(database_url, monkeypatch)


@pytest.fixture
def speaker(client: FlaskClient) -> OpaqueKey:
    """The driver by itself, for what is asked of this dialect only."""
    return OpaqueKey(client)
