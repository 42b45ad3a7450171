"""Which clients may use ``/oauth2``, in which form, and how others are refused."""

from base64 import b64encode

import pytest

from app.core import sessions
from app.core.credentials import clients
from tests.cases import each
from tests.conftest import START
from tests.doors.conftest import (
    bearer,
)
from tests.doors.oauth2.conftest import INACTIVE, PATHS, basic
from tests.factories import ORIGIN

INVALID_CLIENT = {
    "error": "invalid_client",
    "error_description": "A confidential client must prove itself",
}


@each("token", ["%00", "%FF", "a%00b", "%ED%A0%80", "a.b.%ff", "%00~%ff"])
@each(("path", "body"), [(PATHS[0], b'{"active":false}'), (PATHS[1], b"")])
def test_a_token_that_is_no_text_is_an_unknown_one(client, secret, path, body, token):
    headers = {**basic("gate:1", secret), "Content-Type": "application/x-www-form-urlencoded"}
    response = client.post(path, headers=headers, data=f"token={token}")
    assert (response.status_code, response.data) == (200, body)
    for name in ("client_id", "token_type_hint", "extra"):
        response = client.post(path, headers=headers, data=f"token=x&{name}=%FF")
        assert (response.status_code, response.json["error"]) == (400, "invalid_request")


def test_a_client_may_prove_itself_in_the_form(client, secret, tokens):
    form = {"client_id": "gate:1", "client_secret": secret, "token": tokens.mint("login")}
    assert client.post("/oauth2/introspect", data=form).json["active"] is True


def test_a_client_may_repeat_its_id_beside_the_header(client, secret):
    form = {"client_id": "gate:1", "token": "x"}
    response = client.post("/oauth2/introspect", headers=basic("gate:1", secret), data=form)
    assert (response.status_code, response.json) == (200, INACTIVE)


def test_a_secret_with_reserved_characters_arrives_form_urlencoded(client, core):
    own = "a+b %:/\u00e9" * 3
    with core.store.write() as writing:
        clients.insert_client(writing, START, "odd", "Odd", own)
    response = client.post("/oauth2/introspect", headers=basic("odd", own), data={"token": "x"})
    assert response.json == INACTIVE


@pytest.mark.parametrize("path", PATHS)
def test_who_is_no_confidential_client_is_told_nothing(
    client, core, identities, secret, tokens, path
):
    identities.client("public")
    identities.client("off", confidential=True)
    off = clients.rotate_secret(core, "off", ORIGIN)
    clients.set_disabled(core, "off", True, ORIGIN)
    token = tokens.mint("session")
    attempts = [
        ({}, {}),
        ({}, {"client_id": "gate:1"}),
        ({}, {"client_secret": secret}),
        ({}, {"client_id": "gate:1", "client_secret": "wrong"}),
        ({}, {"client_id": "", "client_secret": ""}),
        ({}, {"client_id": "public", "client_secret": ""}),
        (basic("gate:1", "wrong"), {}),
        (basic("nobody", secret), {}),
        (basic("public", ""), {}),
        (basic("off", off), {}),
        (basic("gate:1", secret + "\0"), {}),
        ({"Authorization": "Basic " + b64encode(b"%ff:%ff").decode()}, {}),
        ({"Authorization": "Basic !"}, {}),
        (bearer(token), {}),
    ]
    for headers, form in attempts:
        response = client.post(path, headers=headers, data={"token": token, **form})
        assert (response.status_code, response.json) == (401, INVALID_CLIENT)
        assert response.headers["WWW-Authenticate"] == 'Basic realm="watchword"'
    assert sessions.verify(core, token)


@each("path", PATHS)
@each(
    ("form", "description"),
    [
        ({}, "token: Missing data for required field."),
        (
            {"token": "x", "client_id": "gate:1", "client_secret": "s"},
            "client credentials stand in the header already",
        ),
        ({"token": "x", "client_id": "other"}, "client credentials stand in the header already"),
        ({"token": ["x", "y"]}, "a field stands in the form twice"),
        ({"token": "x", "token_type_hint": "\0"}, "token_type_hint: Not a valid string."),
    ],
)
def test_a_request_that_is_no_such_form_is_invalid(client, secret, path, form, description):
    response = client.post(path, headers=basic("gate:1", secret), data=form)
    assert response.status_code == 400
    assert response.json == {
        "error": "invalid_request",
        "error_description": f"The request is not valid: {description}",
    }


@each(
    ("method", "path", "values", "status"),
    [
        ("GET", "/oauth2/introspect", {}, 405),
        ("DELETE", "/oauth2/revoke", {}, 405),
        ("POST", "/oauth2/token", {}, 404),
        ("GET", "/oauth2", {}, 404),
        ("POST", "/oauth2/introspect", {"json": {"token": "x"}}, 415),
        ("POST", "/oauth2/introspect", {"data": {"token": "x" * 70_000}}, 413),
    ],
)
def test_every_error_under_oauth2_has_its_body(client, method, path, values, status):
    response = client.open(path, method=method, **values)
    assert (response.status_code, response.json["error"]) == (status, "invalid_request")
    assert response.json.keys() == {"error", "error_description"}
    assert response.headers.get("Allow") == ("POST" if status == 405 else None)


def test_guessing_secrets_is_slowed_down_by_address(client, identities, secret, core, clock):
    for _ in range(core.policy.address_failures):
        client.post("/oauth2/introspect", headers=basic("gate:1", "wrong"), data={"token": "x"})
    response = client.post(
        "/oauth2/introspect", headers=basic("gate:1", secret), data={"token": "x"}
    )
    assert (response.status_code, response.headers["Retry-After"]) == (429, "60")
    assert response.json["error"] == "temporarily_unavailable"
    clock.advance(60)
    assert client.post(
        "/oauth2/introspect", headers=basic("gate:1", secret), data={"token": "x"}
    ).json == {"active": False}
