"""The seed's own user, and the three calls on ``/api/v2/auth/token``."""

import json
from dataclasses import dataclass
from typing import NamedTuple

import pytest
from flask.testing import FlaskClient
from sqlalchemy import insert

from app.core.core import Core
from app.store.models import Customer
from tests.factories import Identities, Somebody

PATH = "/api/v2/auth/token"
CUSTOMER = "e7fcef24-5c03-41dd-9e33-995b7d6f47a7"
EMAIL = "ethan.buckley@datastoreltd.biz"
PASSWORD = "S0qUx56pW!"

FAILURES = {
    "AUTH_1001": (401, "Invalid credentials"),
    "AUTH_1002": (401, "Invalid or expired token"),
    "AUTH_1003": (403, "Account "),
    "AUTH_1004": (403, "Password must be changed"),
    "AUTH_1005": (429, "Too many attempts"),
    "GEN_1001": (400, "Malformed request: "),
    "GEN_1002": (404, "Not found"),
    "GEN_1003": (405, "Method not allowed"),
    "GEN_1004": (413, "Request too large"),
    "GEN_1005": (415, "Unsupported media type"),
    "GEN_1500": (500, "Internal error"),
    "GEN_1503": (503, "Service "),
}


class Pair(NamedTuple):
    token: str
    refresh: str


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def pair_of(response) -> Pair:
    assert response.status_code == 200, response.text
    [content] = response.json["content"]
    return Pair(content["token"], content["refreshToken"])


def assert_refused(response, code: str, message: str = "") -> None:
    """The whole documented failure, and what every failure carries around it."""
    status, text = FAILURES[code]
    assert response.status_code == status, response.text
    assert response.content_type == "application/json"
    body = json.loads(response.data)
    assert list(body) == ["errorCode", "errorMessage", "content", "pageable"]
    assert body["errorCode"] == code
    assert body["errorMessage"].startswith(text)
    assert message in body["errorMessage"]
    assert (body["content"], body["pageable"]) == ("", "")
    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["X-Request-ID"]
    assert ("WWW-Authenticate" in response.headers) == (status == 401)


@dataclass(frozen=True)
class Api:
    http: FlaskClient

    def create(self, username: str = EMAIL, password: str = PASSWORD, **options):
        body = {"username": username, "password": password}
        return self.http.post(PATH, json=body, **options)

    def pair(self) -> Pair:
        return pair_of(self.create())

    def extend(self, refresh: str):
        return self.http.put(PATH, json={"refreshToken": refresh})

    def end(self, token: str):
        return self.http.delete(PATH, headers=bearer(token))

    def verify(self, token: str):
        return self.http.get("/verify", headers=bearer(token))

    def lives(self, token: str) -> bool:
        status = self.verify(token).status_code
        assert status in (204, 401)
        return bool(status == 204)


@pytest.fixture
def api(client: FlaskClient) -> Api:
    return Api(client)


@pytest.fixture
def ethan(core: Core, identities: Identities) -> Somebody:
    with core.store.write() as writing:
        writing.execute(insert(Customer).values(id=CUSTOMER, name="Datastore Ltd"))
    return identities.add("ethan.buckley", email=EMAIL, password=PASSWORD, customer_id=CUSTOMER)
