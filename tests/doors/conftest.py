"""Live tokens of every kind, and both ways into ``/verify``."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.core import identities, sessions
from app.core.core import Core
from app.core.credentials import access_codes, api_keys
from tests import grants
from tests.factories import ORIGIN, Identities, Somebody
from tests.grants import CODES, LOGIN, Purpose

CLIENT = "koms-web"
ACCESS_KINDS = ("sessid", "npm", "npm of a password", "oauth", "jwt", "login", "session")
REFRESH_KINDS = ("jwt refresh", "session refresh")
DIALECTS = {
    "sessid": "aaa",
    "npm": "aaa",
    "npm of a password": "aaa",
    "oauth": "aaa",
    "jwt": "token_v2",
    "jwt refresh": "token_v2",
    "login": "login",
    "session": "session",
    "session refresh": "session",
}
LIFETIMES = {
    "sessid": 1_800,
    "npm": 1_800,  # its session's idle time, which ends before the token's own hour
    "npm of a password": 3_600,
    "oauth": 3_600,
    "jwt": 3_600,
    "jwt refresh": 30 * 86_400,
    "login": 20,
    "session": 3_600,
    "session refresh": 30 * 86_400,
}


@dataclass(frozen=True)
class Tokens:
    """Makes a token of any kind for one user, each from its own login."""

    core: Core
    identities: Identities
    user: Somebody

    def mint(self, kind: str) -> str:
        core = self.core
        if kind == "oauth":
            return access_codes.exchange(core, CODES, self.identities.code(self.user), ORIGIN).token
        if kind == "login":
            return api_keys.exchange(
                core, LOGIN, self.user.username, self.user.api_key, ORIGIN
            ).token
        identity = identities.prove(core, self.user.username, self.user.password, ORIGIN)
        if kind == "npm of a password":
            return grants.npm_token_of_user(core, identity, ORIGIN).token
        if kind in ("jwt", "jwt refresh"):
            pair = grants.jwt_pair(core, identity, ORIGIN)
            return pair.access if kind == "jwt" else pair.refresh
        if kind in ("session", "session refresh"):
            pair = grants.session_pair(core, identity, CLIENT, ORIGIN)
            return pair.access if kind == "session" else pair.refresh
        sessid = grants.aaa_session(core, identity, ORIGIN)
        if kind == "sessid":
            return sessid
        row = sessions.verify(core, sessid, Purpose.AAA_SESSION)
        assert row.dialect == "aaa"
        return grants.npm_token_of_session(core, row).token


@pytest.fixture
def user(identities: Identities) -> Somebody:
    identities.client(CLIENT)
    return identities.add()


@pytest.fixture
def tokens(core: Core, identities: Identities, user: Somebody) -> Tokens:
    return Tokens(core, identities, user)


@pytest.fixture(params=["short cut", "route"])
def verify(app: Flask, client: FlaskClient, request) -> Callable[..., TestResponse]:
    """Ask ``/verify`` through the middleware, or with it bypassed."""
    if request.param == "route":
        del app.wsgi_app

    def ask(path: str = "/verify", method: str = "GET", **request_values) -> TestResponse:
        return client.open(path, method=method, **request_values)

    return ask


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


NO_CREDENTIALS = "Bearer"


METHODS = (
    "GET",
    "POST",
    "PUT",
    "PATCH",
    "DELETE",
    "OPTIONS",
    "TRACE",
    "CONNECT",
    "PROPFIND",
    "X-1",
)


def challenge(description: str) -> str:
    return f'Bearer error="invalid_token", error_description="{description}"'


def assert_refused(response, description: str | None) -> None:
    expected = NO_CREDENTIALS if description is None else challenge(description)
    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"] == expected
    assert response.content_type == "application/problem+json"
    assert response.json == {
        "type": "about:blank",
        "title": "A live token is required",
        "status": 401,
        "instance": f"urn:request:{response.headers['X-Request-ID']}",
    }
    assert not any(name.startswith("X-Auth") for name, _ in response.headers)
