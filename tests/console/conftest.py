"""An admin in a browser, as far as a test client is one: it keeps cookies and sends what a browser sends."""

import re
from collections.abc import Callable, Iterable
from contextlib import suppress
from html import unescape
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import create_engine, text
from werkzeug.test import TestResponse

from app.core.core import Core
from app.core.identities import prove
from app.core.refusals import Refused
from tests import grants
from tests.browser.visits import Visit
from tests.conftest import settings_for
from tests.factories import ORIGIN, PASSWORD, Identities, Somebody

COOKIE = "watchword-console"
LOGIN = "/console/login"
SAME_ORIGIN = {"Sec-Fetch-Site": "same-origin"}
NASTY = (
    "مستخدم-باسم-طويل-جدا",
    "🦊🦊🦊🦊🦊🦊🦊🦊🦊🦊",
    "name-without-a-space-" * 11,
    "a name of many words " * 11 + "end",
    "<script>alert(1)</script>&amp;",
    "../../etc/passwd",
)
LONG_ADDRESS = "2001:db8:1234:5678:9abc:def0:1234:5678"
_FORM = re.compile(r'<form[^>]* action="([^"]+)"[^>]*>(.*?)</form>', re.DOTALL)
_HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)">')


class Browser:
    """One browser with a cookie jar, of one operator."""

    def __init__(self, app: Flask, base_url: str = "http://localhost") -> None:
        self.client: FlaskClient = app.test_client()
        self._base_url = base_url

    def get(self, url: str, **options: object) -> TestResponse:
        return self.client.get(url, base_url=self._base_url, **options)  # type: ignore[arg-type]

    def post(self, url: str, fields: dict[str, object] | None = None, **options) -> TestResponse:
        """A form, sent as it is, without a token."""
        headers = {**SAME_ORIGIN, **options.pop("headers", {})}
        return self.client.post(
            url, base_url=self._base_url, data=fields or {}, headers=headers, **options
        )

    def log_in(self, name: str = "admin", password: str = PASSWORD, **fields: str) -> TestResponse:
        """Open the login, and send its form."""
        given = {"username": name, "password": password, "form": self.token(LOGIN), **fields}
        return self.post(LOGIN, given)

    def hidden(self, page: str, action: str | None = None) -> dict[str, str]:
        """The hidden fields of the form on a page that is sent to ``action``, by default the page itself."""
        found = dict(_FORM.findall(self.get(page).text))
        fields = _HIDDEN.findall(found[action or page.partition("?")[0]])
        return {name: unescape(value) for name, value in fields}

    def token(self, page: str, action: str | None = None) -> str:
        """The token of that form."""
        return self.hidden(page, action)["form"]

    def do(self, page: str, action: str | None = None, **fields: object) -> TestResponse:
        """Open a page, and send its form."""
        url = action or page.partition("?")[0]
        return self.post(url, {**self.hidden(page, action), **fields})

    @property
    def cookie(self) -> str | None:
        found = self.client.get_cookie(COOKIE, path="/console")
        return found.value if found else None


def said(response: TestResponse) -> str:
    """The text of the page's note or alert."""
    found = re.findall(r'<p class="(?:note|alert)"[^>]*>(.*?)</p>', response.text)
    return unescape(" ".join(found))


def execute(app: Flask, sql: str, **parameters: object) -> None:
    """Change the database behind the service's back."""
    execute_all(app, [(sql, parameters)])


def execute_all(app: Flask, statements: Iterable[tuple[str, dict[str, object]]]) -> None:
    """The same, with several statements and their parameters in one transaction."""
    engine = create_engine(app.config["SQLALCHEMY_DATABASE_URI"])
    with engine.begin() as connection:
        for sql, parameters in statements:
            connection.execute(text(sql), parameters)
    engine.dispose()


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


@pytest.fixture
def enter(app: Flask, admin: Somebody) -> Callable[..., Visit]:
    """Log a visit in, as ``admin`` or by another name, without going through the pages of the login."""

    def as_whom(visit: Visit, name: str = "admin") -> Visit:
        browser = Browser(app)
        assert browser.log_in(name).status_code == 303
        cookie: Any = {"name": COOKIE, "value": browser.cookie, "domain": "127.0.0.1"}
        cookie |= {"path": "/console", "httpOnly": True, "sameSite": "Strict"}
        visit.context.add_cookies([cookie])
        return visit

    return as_whom


@pytest.fixture
def inhabited(admin: Somebody, identities: Identities, core: Core) -> Somebody:
    """Names that are long, of right-to-left scripts or pictures, with sessions, credentials and events."""
    identities.client("koms-web")
    identities.client("x" * 200, confidential=True)
    for number, name in enumerate(NASTY):
        user = identities.add(name, email=f"{'long-' * 12}{number}@{'sub.' * 20}example.com")
        proven = prove(core, name, PASSWORD, ORIGIN)
        # Two sessions and a code of one user look as those of all do, and each row is judged with each page.
        for _ in range(1 if number else 2):
            grants.session_pair(core, proven, "koms-web", ORIGIN._replace(address=LONG_ADDRESS))
        if not number:
            identities.code(user)
        with suppress(Refused):
            prove(core, name, "mistyped", ORIGIN._replace(request_id=f"{'long-' * 20}{user.id}"))
    return admin
