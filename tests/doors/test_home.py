"""``/``: JSON for machines, a page for browsers, and the console only for those who may reach it."""

import pytest

from app import create_app
from tests.cases import each
from tests.conftest import settings_for

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
DOORS = {
    "service": "watchword",
    "documentation": "/docs",
    "contract": "/openapi.json",
    "verification": "/verify",
    "health": "/healthz",
    "readiness": "/readyz",
}


@each(
    "accept",
    [
        None,
        "",
        "*/*",
        "application/json",
        "text/html;q=.5, */*",
        "text/html, application/json",
        "x" * 3_000,
    ],
)
def test_machines_get_json(client, accept):
    response = client.get("/", headers={"Accept": accept} if accept is not None else {})
    assert (response.status_code, response.json) == (200, DOORS)
    assert response.headers["Vary"] == "Accept"


def test_every_door_that_it_names_is_there(client):
    for path in list(DOORS.values())[1:]:
        assert client.get(path).status_code in (200, 401)


@pytest.mark.parametrize("accept", [BROWSER, "text/html", "text/*, */*;q=.1"])
def test_browsers_get_a_page(client, accept):
    response = client.get("/", headers={"Accept": accept})
    assert (response.status_code, response.content_type) == (200, "text/html; charset=utf-8")
    assert "default-src 'none'" in response.headers["Content-Security-Policy"]
    assert 'href="/docs"' in response.text
    assert "onsole" not in response.text, "there is none"


def test_the_console_is_named_to_those_who_may_reach_it(database_url, monkeypatch):
    app = create_app(settings_for(database_url, monkeypatch, console="on"))
    client = app.test_client()
    assert client.get("/").json == DOORS | {"console": "/console"}
    assert 'href="/console"' in client.get("/", headers={"Accept": BROWSER}).text
    elsewhere = {"environ_overrides": {"REMOTE_ADDR": "203.0.113.9"}}
    assert client.get("/", **elsewhere).json == DOORS
    assert "onsole" not in client.get("/", headers={"Accept": BROWSER}, **elsewhere).text
