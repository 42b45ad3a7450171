"""A client application, a user of it, and the six calls of the Session API Reference."""

import json
from dataclasses import dataclass
from typing import NamedTuple

import pytest
from flask.testing import FlaskClient

from tests.factories import Identities, Somebody

CLIENT = "koms-web"
JSON = {"Content-Type": "application/json"}
HEADERS = {"x-koms-clientid": CLIENT, **JSON}

TYPES = {
    "BadRequest": 400,
    "Unauthorized": 401,
    "Forbidden": 403,
    "NotFound": 404,
    "MethodNotAllowed": 405,
    "Conflict": 409,
    "PayloadTooLarge": 413,
    "UnsupportedMediaType": 415,
    "TooManyRequests": 429,
    "InternalServerError": 500,
    "ServiceUnavailable": 503,
}

# Every resource and method of the reference.
OPERATIONS = (
    ("POST", "/session"),
    ("PUT", "/session"),
    ("GET", "/session"),
    ("DELETE", "/session"),
    ("POST", "/user"),
    ("GET", "/user"),
)


class Pair(NamedTuple):
    access: str
    refresh: str


def pair_of(response) -> Pair:
    assert response.status_code == 200, response.text
    assert list(json.loads(response.data)) == [
        "access_token",
        "refresh_token",
        "access_token_expires_in",
    ]
    return Pair(response.json["access_token"], response.json["refresh_token"])


def assert_refused(response, error_type: str, message: str = "") -> None:
    """The whole documented error, and what every error carries around it."""
    status = TYPES[error_type]
    assert response.status_code == status, response.text
    assert response.content_type == "application/json"
    body = json.loads(response.data)
    assert list(body) == ["errorType", "httpStatus", "requestId", "message"]
    assert (body["errorType"], body["httpStatus"]) == (error_type, status)
    assert body["requestId"] == response.headers["X-Request-ID"]
    assert message in body["message"]
    assert body["message"].endswith(".") or ": " in body["message"]
    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert ("WWW-Authenticate" in response.headers) == (status == 401)


@dataclass(frozen=True)
class Api:
    """The calls, as the client application ``client_id`` makes them."""

    http: FlaskClient
    client_id: str = CLIENT

    def call(self, method: str, path: str, token: str | None = None, body: object = None):
        headers = {"x-koms-clientid": self.client_id, **JSON}
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        data = None if body is None else json.dumps(body)
        return self.http.open(path, method=method, headers=headers, data=data)

    def create(self, email: str, password: str, account_type: str = "traditional"):
        body = {"account_type": account_type, "email": email, "password": password}
        return self.call("POST", "/session", body=body)

    def open(self, user: Somebody) -> Pair:
        return pair_of(self.create(user.email, user.password))

    def refresh(self, access: str, refresh: str):
        return self.call("PUT", "/session", access, {"refresh_token": refresh})

    def show(self, access: str):
        return self.call("GET", "/session", access)

    def end(self, access: str):
        return self.call("DELETE", "/session", access)

    def register(self, email: str, password: str):
        return self.call("POST", "/user", body={"email": email, "password": password})

    def who(self, access: str):
        return self.call("GET", "/user", access)

    def lives(self, access: str) -> bool:
        statuses = {self.show(access).status_code, self.who(access).status_code}
        assert statuses in ({200}, {401})
        return statuses == {200}


@pytest.fixture
def api(client: FlaskClient, identities: Identities) -> Api:
    identities.client(CLIENT)
    return Api(client)


@pytest.fixture
def other_api(client: FlaskClient, identities: Identities) -> Api:
    identities.client("koms-mobile")
    return Api(client, "koms-mobile")


@pytest.fixture
def user(identities: Identities) -> Somebody:
    return identities.add()
