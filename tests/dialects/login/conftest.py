"""The seed's own user with the key that the seed prints, and the two formats of the API."""

import json
from xml.etree import ElementTree

import pytest

from app.core.core import Core
from app.core.credentials import api_keys
from tests.conftest import START
from tests.factories import Identities, Somebody

LOGIN = "John.Doo"
KEY = "hDn/LFXIPESM036W+s7VKg=="
TYPES = ("application/json", "text/json", "application/xml", "text/xml")

PARAMETERS = "Entry parameter missing or parameter bindings failed"
MESSAGES = {
    1002: (400, PARAMETERS),
    1003: (401, "UserLogin or ApiKey are unknown"),
    1004: (401, "ApiKey is invalid"),
    404: (404, "There is no such resource"),
    405: (405, "The method is not allowed; use POST"),
    406: (406, "Only application/json, text/json, application/xml and text/xml are offered"),
    413: (413, "The body is larger than 64 KiB"),
    415: (
        415,
        "The request entity has a media type which the server or resource does not support."
        " Only application/json and application/xml are supported",
    ),
    429: (429, "Too many failures; try later"),
    500: (500, "Something went wrong on our side. The request's id is "),
    503: (503, "The service is not available; try again"),
}


def body_in(media_type: str, login: str = LOGIN, key: str = KEY) -> bytes:
    if media_type.endswith("json"):
        return json.dumps({"UserLogin": login, "ApiKey": key}).encode()
    return f"<Request><UserLogin>{login}</UserLogin><ApiKey>{key}</ApiKey></Request>".encode()


def post(client, media_type: str = "application/json", body: bytes | str | None = None, **headers):
    """POST /login; header names with underscores for hyphens."""
    fields = {name.replace("_", "-"): value for name, value in headers.items()}
    data = body_in(media_type.partition(";")[0].lower()) if body is None else body
    return client.post("/login", data=data, headers={"Content-Type": media_type, **fields})


def result_of(response) -> dict[str, object]:
    """The ``Result`` of an error in either format; nothing may stand beside it."""
    name, _, parameter = response.content_type.partition("; ")
    assert (name in TYPES, parameter) == (True, "charset=utf-8")
    if name.endswith("json"):
        body = json.loads(response.data)
        assert list(body) == ["Result"]
        return body["Result"]
    root = ElementTree.fromstring(response.data)
    assert (root.tag, [child.tag for child in root]) == ("Response", ["Result"])
    message, code, errors = root[0]
    assert (message.tag, code.tag, errors.tag) == ("Message", "Code", "ModelStateErr")
    assert {entry.tag for entry in errors} <= {"string"}
    return {
        "Message": message.text,
        "Code": int(code.text or ""),
        "ModelStateErr": [entry.text for entry in errors],
    }


def assert_refused(
    response, code: int, errors: list[str] | None = None, media_type: str = "application/json"
) -> None:
    """The whole documented ``Result``, its format, and what every error carries around it."""
    status, message = MESSAGES[code]
    assert response.status_code == status, response.text
    assert response.content_type == f"{media_type}; charset=utf-8"
    result = result_of(response)
    assert list(result) == ["Message", "Code", "ModelStateErr"]
    assert result["Code"] == code
    assert str(result["Message"]).startswith(message)
    assert result["Message"] == message or status == 500
    if errors is None:
        assert bool(result["ModelStateErr"]) == (code == 1002)
    else:
        assert result["ModelStateErr"] == errors
    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert ("WWW-Authenticate" in response.headers) == (status == 401)


@pytest.fixture
def john(core: Core, identities: Identities) -> Somebody:
    user = identities.add(LOGIN)
    with core.store.write() as writing:
        api_keys.insert_key(writing, START, user.id, KEY)
    return user
