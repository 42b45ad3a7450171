"""An admin in a browser, as far as a test client is one: it keeps cookies and sends what a browser sends."""

import re
from collections.abc import Callable
from html import unescape

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.conftest import settings_for
from tests.factories import PASSWORD, Identities, Somebody

COOKIE = "watchword-console"
SAME_ORIGIN = {"Sec-Fetch-Site": "same-origin"}
_TOKEN = re.compile(r'action="([^"]+)"[^>]*>\s*<input type="hidden" name="form" value="([^"]+)"')


class Browser:
    """One browser with a cookie jar, of one operator."""

    def __init__(self, app: Flask) -> None:
        self.client: FlaskClient = app.test_client()

    def get(self, url: str, **options: object) -> TestResponse:
        return self.client.get(url, **options)  # type: ignore[arg-type]

    def post(self, url: str, fields: dict[str, object] | None = None, **options) -> TestResponse:
        """A form, sent as it is, without a token."""
        headers = {**SAME_ORIGIN, **options.pop("headers", {})}
        return self.client.post(url, data=fields or {}, headers=headers, **options)

    def log_in(self, name: str = "admin", password: str = PASSWORD, **fields: str) -> TestResponse:
        given = {"username": name, "password": password, **fields}
        return self.post("/console/login", given)

    def token(self, page: str, action: str | None = None) -> str:
        """The token of the form on a page that is sent to ``action``; by default to the page itself."""
        found = dict(_TOKEN.findall(self.get(page).text))
        return found[action or page.partition("?")[0]]

    def do(self, page: str, action: str | None = None, **fields: object) -> TestResponse:
        """Open a page, and send its form."""
        url = action or page.partition("?")[0]
        return self.post(url, {"form": self.token(page, action), **fields})

    @property
    def cookie(self) -> str | None:
        found = self.client.get_cookie(COOKIE, path="/console")
        return found.value if found else None


def said(response: TestResponse) -> str:
    """The text of the page's note or alert."""
    found = re.findall(r'<p class="(?:note|alert)"[^>]*>(.*?)</p>', response.text)
    return unescape(" ".join(found))


@pytest.fixture
def settings(database_url: str, monkeypatch):
    return settings_for(database_url, monkeypatch, console="on")


@pytest.fixture
def admin(identities: Identities) -> Somebody:
    return identities.add("admin", roles=("admin",))


@pytest.fixture
def browsers(app: Flask) -> Callable[[], Browser]:
    return lambda: Browser(app)


@pytest.fixture
def browser(app: Flask, admin: Somebody) -> Browser:
    """The admin's, logged in."""
    browser = Browser(app)
    assert browser.log_in().status_code == 303
    return browser
