"""One driver for each dialect: the same operations, as requests of that dialect.

A driver also states what its dialect can do and how it says each fault, so that one suite may ask
every dialect the same questions. A dialect is not asked for what it cannot do.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, ClassVar

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.factories import Somebody

CLIENT = "koms-web"


@dataclass(frozen=True)
class Held:
    """What a client holds after a login."""

    access: str
    refresh: str = ""


class Driver:
    """A dialect: a login at ``url``, the shape of its errors, and its codes for the common faults.

    ``says`` gives the status and the dialect's own code for each fault by its name.
    """

    name: ClassVar[str]
    url: ClassVar[str]
    unknown_url: ClassVar[str]
    headers: ClassVar[dict[str, str]] = {"Content-Type": "application/json"}
    content_type: ClassVar[str] = "application/json"
    lifetime: ClassVar[int]
    refreshes: ClassVar[bool] = False
    # Its tokens follow from a signing key; others are random.
    signs: ClassVar[bool] = False
    ends: ClassVar[bool] = False
    takes_passwords: ClassVar[bool] = True
    has_resources: ClassVar[bool] = True
    opens_despite_expired_password: ClassVar[bool] = False
    # The status of a use while the password must be changed.
    restricted: ClassVar[int] = 403
    says: ClassVar[dict[str, tuple[int, Any]]]

    def __init__(self, client: FlaskClient) -> None:
        self.client = client

    def login_body(self, login: str, user: Somebody, password: str) -> dict[str, str]:
        raise NotImplementedError

    def log_in(
        self, user: Somebody, *, login: str | None = None, secret: str | None = None
    ) -> TestResponse:
        """Log in, by default with the right secret."""
        body = self.login_body(
            login or user.email, user, user.password if secret is None else secret
        )
        return self.client.post(self.url, headers=self.headers, json=body)

    def held(self, response: TestResponse) -> Held:
        raise NotImplementedError

    def open(self, user: Somebody) -> Held:
        response = self.log_in(user)
        assert response.status_code == 200, response.text
        return self.held(response)

    def use(self, held: Held) -> TestResponse:
        """A protected call: one of the dialect, or ``/verify`` if it has none."""
        return self.client.get("/verify", headers=bearer(held.access))

    def refresh(self, held: Held) -> TestResponse:
        raise NotImplementedError

    def end(self, held: Held) -> TestResponse:
        raise NotImplementedError

    def error(self, response: TestResponse) -> tuple[int, Any]:
        """The status and code of an error whose whole shape is the dialect's."""
        raise NotImplementedError


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


class Aaa(Driver):
    name = "aaa"
    url = "/api/common/1.0/login"
    unknown_url = "/api/common/1.0/nothing"
    lifetime = 1_800
    ends = True
    opens_despite_expired_password = True
    says: ClassVar = {
        "login": (401, "AUTH_INVALID_CREDENTIALS"),
        "dead": (401, "AUTH_INVALID_SESSION"),
        "disabled": (403, "AUTH_DISABLED_ACCOUNT"),
        "session of a disabled user": (403, "AUTH_DISABLED_ACCOUNT"),
        "paused": (403, "AUTH_DISABLED_ACCOUNT"),
        "password expired": (403, "AUTH_EXPIRED_PASSWORD"),
        "address paused": (429, "AUTH_DISABLED_ACCOUNT"),
        "foreign": (401, "AUTH_INVALID_TOKEN"),
        "not found": (404, "RESOURCE_NOT_FOUND"),
        "method": (405, "HTTP_INVALID_METHOD"),
        "too large": (413, "REQUEST_INVALID_INPUT"),
        "media type": (400, "HTTP_INVALID_HEADER"),
        "malformed": (400, "REQUEST_INVALID_INPUT"),
        "unavailable": (503, "INTERNAL_ERROR"),
    }

    def login_body(self, login: str, user: Somebody, password: str) -> dict[str, str]:
        return {"username": login, "password": password}

    def held(self, response: TestResponse) -> Held:
        return Held(response.json["session_id"])

    def use(self, held: Held) -> TestResponse:
        return self.client.get("/api/cascade.aaa/1.0/keepalive", headers=self._cookie(held))

    def use_as_bearer(self, token: str) -> TestResponse:
        return self.client.get("/api/cascade.aaa/1.0/keepalive", headers=bearer(token))

    def end(self, held: Held) -> TestResponse:
        return self.client.post("/api/common/1.0/logout", headers=self._cookie(held))

    def change_password(self, held: Held, old: str, new: str) -> TestResponse:
        return self.client.put(
            "/api/common/1.0/password",
            headers=self._cookie(held),
            json={"password": old, "new_password": new},
        )

    def _cookie(self, held: Held) -> dict[str, str]:
        return {"Cookie": f"SESSID={held.access}"}

    def error(self, response: TestResponse) -> tuple[int, Any]:
        body = response.json
        assert body.keys() in ({"error_id", "error_text"}, {"error_id", "error_text", "error_info"})
        return response.status_code, body["error_id"]


class TokenV2(Driver):
    name = "token_v2"
    restricted = 401  # as a gateway is told: it has no resource of its own
    url = "/api/v2/auth/token"
    unknown_url = "/api/v2/nothing"
    lifetime = 3_600
    refreshes = True
    signs = True
    ends = True
    says: ClassVar = {
        "login": (401, "AUTH_1001"),
        "dead": (401, "AUTH_1002"),
        "disabled": (403, "AUTH_1003"),
        "session of a disabled user": (401, "AUTH_1002"),
        "paused": (403, "AUTH_1003"),
        "password expired": (403, "AUTH_1004"),
        "address paused": (429, "AUTH_1005"),
        "foreign": (401, "AUTH_1002"),
        "not found": (404, "GEN_1002"),
        "method": (405, "GEN_1003"),
        "too large": (413, "GEN_1004"),
        "media type": (415, "GEN_1005"),
        "malformed": (400, "GEN_1001"),
        "unavailable": (503, "GEN_1503"),
    }

    def login_body(self, login: str, user: Somebody, password: str) -> dict[str, str]:
        return {"username": login, "password": password}

    def held(self, response: TestResponse) -> Held:
        [content] = response.json["content"]
        return Held(content["token"], content["refreshToken"])

    def refresh(self, held: Held) -> TestResponse:
        return self.client.put(self.url, json={"refreshToken": held.refresh})

    def end(self, held: Held) -> TestResponse:
        return self.client.delete(self.url, headers=bearer(held.access))

    def error(self, response: TestResponse) -> tuple[int, Any]:
        body = response.json
        assert body.keys() == {"errorCode", "errorMessage", "content", "pageable"}
        assert (body["content"], body["pageable"]) == ("", "")
        return response.status_code, body["errorCode"]


class Login(Driver):
    name = "login"
    restricted = 204  # an API key opened it
    url = "/login"
    unknown_url = "/login/nothing"
    content_type = "application/json; charset=utf-8"  # as its documentation shows it
    lifetime = 20
    takes_passwords = False
    has_resources = False
    says: ClassVar = {
        "login": (401, 1003),
        "disabled": (401, 1004),
        "address paused": (429, 429),
        "not found": (404, 404),
        "method": (405, 405),
        "too large": (413, 413),
        "media type": (415, 415),
        "malformed": (400, 1002),
        "unavailable": (503, 503),
    }

    def login_body(self, login: str, user: Somebody, password: str) -> dict[str, str]:
        key = user.api_key if password == user.password else password
        return {"UserLogin": login, "ApiKey": key}

    def held(self, response: TestResponse) -> Held:
        return Held(response.json["Token"])

    def error(self, response: TestResponse) -> tuple[int, Any]:
        assert response.json.keys() == {"Result"}
        result = response.json["Result"]
        assert result.keys() == {"Message", "Code", "ModelStateErr"}
        return response.status_code, result["Code"]


class Session(Driver):
    name = "session"
    url = "/session"
    unknown_url = "/session/nothing"
    headers: ClassVar = {"Content-Type": "application/json", "x-koms-clientid": CLIENT}
    lifetime = 3_600
    refreshes = True
    signs = True
    ends = True
    says: ClassVar = {
        "login": (401, "Unauthorized"),
        "dead": (401, "Unauthorized"),
        "disabled": (403, "Forbidden"),
        "session of a disabled user": (401, "Unauthorized"),
        "paused": (429, "TooManyRequests"),
        "password expired": (403, "Forbidden"),
        "address paused": (429, "TooManyRequests"),
        "foreign": (401, "Unauthorized"),
        "not found": (404, "NotFound"),
        "method": (405, "MethodNotAllowed"),
        "too large": (413, "PayloadTooLarge"),
        "media type": (415, "UnsupportedMediaType"),
        "malformed": (400, "BadRequest"),
        "unavailable": (503, "ServiceUnavailable"),
    }

    def login_body(self, login: str, user: Somebody, password: str) -> dict[str, str]:
        return {"account_type": "traditional", "email": login, "password": password}

    def held(self, response: TestResponse) -> Held:
        return Held(response.json["access_token"], response.json["refresh_token"])

    def use(self, held: Held) -> TestResponse:
        return self.client.get(self.url, headers=self.headers | bearer(held.access))

    def refresh(self, held: Held) -> TestResponse:
        body = {"refresh_token": held.refresh}
        return self.client.put(self.url, headers=self.headers | bearer(held.access), json=body)

    def end(self, held: Held) -> TestResponse:
        return self.client.delete(self.url, headers=self.headers | bearer(held.access))

    def error(self, response: TestResponse) -> tuple[int, Any]:
        body = response.json
        assert body.keys() == {"errorType", "httpStatus", "requestId", "message"}
        assert body["httpStatus"] == response.status_code
        assert body["requestId"] == response.headers["X-Request-ID"]
        return response.status_code, body["errorType"]


DRIVERS: list[type[Driver]] = [Aaa, TokenV2, Login, Session]


def every(*capabilities: str, but: Iterable[type[Driver]] = ()) -> pytest.MarkDecorator:
    """Run the test with each dialect that can do all of this, as ``driver``."""
    return pytest.mark.every(*capabilities, but=tuple(but))


def is_asked(mark: pytest.Mark, driver: type[Driver]) -> bool:
    """Whether a test marked with ``every`` is one for this driver."""
    return driver not in mark.kwargs["but"] and all(getattr(driver, name) for name in mark.args)


def parametrize(metafunc: pytest.Metafunc, drivers: Iterable[type[Driver]]) -> None:
    """Carry out ``every`` with these drivers."""
    for mark in metafunc.definition.iter_markers("every"):
        able = [driver for driver in drivers if is_asked(mark, driver)]
        ids = [driver.name for driver in able]
        metafunc.parametrize("driver", able, indirect=True, ids=ids)
