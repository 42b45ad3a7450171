"""A caller of the AAA resources, and the ways it may prove who it is."""

import base64
import json
from dataclasses import dataclass

import pytest
from flask.testing import FlaskClient

from tests.factories import Identities, Somebody

CASCADE = "/api/cascade.aaa/1.0"
COMMON = "/api/common/1.0"
KEEPALIVE = f"{CASCADE}/keepalive"
NPM_TOKEN = f"{CASCADE}/npm_token"
CODES = f"{COMMON}/oauth/codes"
TOKEN = f"{COMMON}/oauth/token"

TEXTS = {
    "INTERNAL_ERROR": (500, "Internal server error."),
    "AUTH_REQUIRED": (401, "The requested resource requires authentication."),
    "AUTH_INVALID_CREDENTIALS": (401, "Invalid username and/or password."),
    "AUTH_INVALID_SESSION": (401, "Session ID is invalid."),
    "AUTH_EXPIRED_PASSWORD": (
        403,
        "The password must be changed. Access only to password change resources.",
    ),
    "AUTH_DISABLED_ACCOUNT": (
        403,
        "Account is either temporarily or permanently disabled.",
    ),
    "AUTH_FORBIDDEN": (403, "User is not authorized to access the requested resource."),
    "AUTH_INVALID_TOKEN": (401, "OAuth access token is invalid."),
    "AUTH_EXPIRED_TOKEN": (401, "OAuth access token is expired."),
    "AUTH_INVALID_CODE": (401, "OAuth access code is invalid."),
    "AUTH_EXPIRED_CODE": (401, "OAuth access code is expired."),
    "RESOURCE_NOT_FOUND": (404, "Requested resource was not found."),
    "HTTP_INVALID_METHOD": (405, "Requested method is not available for this resource."),
    "HTTP_INVALID_HEADER": (400, "An HTTP header was malformed."),
    "REQUEST_INVALID_INPUT": (400, "Malformed input structure."),
    "URI_INVALID_PARAMETER": (400, "URI parameter is not supported or malformed."),
    "URI_MISSING_PARAMETER": (400, "Missing required parameter."),
}


def basic(username: str, password: str) -> dict[str, str]:
    pair = base64.b64encode(f"{username}:{password}".encode()).decode()
    return {"Authorization": f"Basic {pair}"}


def bearer(token: str, scheme: str = "Bearer") -> dict[str, str]:
    return {"Authorization": f"{scheme} {token}"}


def cookie(sessid: str) -> dict[str, str]:
    return {"Cookie": f"SESSID={sessid}"}


def wrapped(code: str, header: str = '{"alg":"none"}', *, padded: bool = False) -> str:
    encoded = base64.urlsafe_b64encode(header.encode()).decode()
    return f"{encoded if padded else encoded.rstrip('=')}.{code}."


def assert_refused(response, error_id: str, *, status: int | None = None, reason: str = "") -> None:
    """The whole documented error body, and what every error carries around it."""
    seed_status, text = TEXTS[error_id]
    assert response.status_code == (status or seed_status), response.text
    assert response.content_type == "application/json"
    body = json.loads(response.data)
    assert body.keys() <= {"error_id", "error_text", "error_info"}
    assert body["error_id"] == error_id
    assert body["error_text"].startswith(text)
    assert reason in body["error_text"]
    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    if response.status_code == 401:
        assert response.headers["WWW-Authenticate"]


@dataclass(frozen=True)
class Api:
    """The calls that nearly every test begins with."""

    http: FlaskClient

    def login(self, user: Somebody) -> str:
        response = self.http.post(
            f"{COMMON}/login", json={"username": user.username, "password": user.password}
        )
        assert response.status_code == 200, response.text
        return str(response.json["session_id"])

    def npm_token(self, headers: dict[str, str]) -> str:
        response = self.http.get(NPM_TOKEN, headers=headers)
        assert response.status_code == 200, response.text
        return str(response.json["access_token"])

    def exchange(self, code: str):
        return self.http.post(TOKEN, data={"grant_type": "access_code", "assertion": wrapped(code)})

    def oauth_token(self, code: str) -> str:
        response = self.exchange(code)
        assert response.status_code == 200, response.text
        return str(response.json["access_token"])

    def keepalive(self, headers: dict[str, str]):
        return self.http.get(KEEPALIVE, headers=headers)


@pytest.fixture
def api(client: FlaskClient) -> Api:
    return Api(client)


@pytest.fixture
def user(identities: Identities) -> Somebody:
    return identities.add()
