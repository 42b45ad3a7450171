"""The seed's table of 17 error ids: all there, reachable, and in the documented shape."""

import io
import json

import pytest
from flask import Flask
from sqlalchemy import text

from app.core import identities as core_identities
from app.core.refusals import Refusal
from app.dialects.aaa.errors import TABLE
from tests.cases import each
from tests.dialects.aaa.conftest import (
    CASCADE,
    CODES,
    COMMON,
    KEEPALIVE,
    NPM_TOKEN,
    TEXTS,
    TOKEN,
    assert_refused,
    basic,
    bearer,
    cookie,
    wrapped,
)
from tests.factories import ORIGIN, PASSWORD, Identities


def test_the_table_says_what_the_seed_says():
    assert {row.code for row in TABLE.values()} == set(TEXTS)
    for row in TABLE.values():
        status, sentence = TEXTS[row.code]
        assert row.text == sentence
        assert row.status in (status, 413, 429, 503)


def test_an_unknown_login_and_a_wrong_password_are_one_row():
    assert TABLE[Refusal.LOGIN_UNKNOWN] == TABLE[Refusal.PASSWORD_WRONG]


def test_every_error_id_of_the_seed_is_reached(
    app: Flask, api, client, core, identities: Identities, user, clock
):
    plain = identities.add("plain", permissions=())
    gone = identities.add("gone")
    late = identities.add("late")
    core_identities.disable(core, gone.id, ORIGIN)
    core_identities.expire_password(core, late.id, ORIGIN)
    code = identities.code(user)
    token = api.oauth_token(code)
    clock.advance(3_600)
    reached = [
        client.get(KEEPALIVE),
        client.get(KEEPALIVE, headers=basic(user.username, "wrong")),
        client.get(KEEPALIVE, headers=cookie("0" * 64)),
        client.get(KEEPALIVE, headers=basic(late.username, PASSWORD)),
        client.get(KEEPALIVE, headers=basic(gone.username, PASSWORD)),
        client.get(NPM_TOKEN, headers=basic(plain.username, PASSWORD)),
        client.get(KEEPALIVE, headers=bearer("nonsense")),
        client.get(KEEPALIVE, headers=bearer(token)),
        api.exchange("nonsense"),
        client.get(f"{CASCADE}/nothing"),
        client.post(KEEPALIVE),
        client.get(KEEPALIVE, headers={"Authorization": "Basic %"}),
        client.post(f"{COMMON}/login", json=[]),
        client.get(f"{COMMON}/ping?verbose=1"),
        client.post(TOKEN, data={}),
    ]
    clock.advance(365 * 86_400)
    reached.append(api.exchange(code))
    sessid = api.login(user)
    with core.store.write() as writing:
        writing.execute(text("UPDATE sessions SET expires_at = 'no number at all'"))
    reached.append(client.get(KEEPALIVE, headers=cookie(sessid)))
    for response in reached:
        assert_refused(response, response.json["error_id"])
    assert sorted(response.json["error_id"] for response in reached) == sorted(TEXTS)
    assert len(TEXTS) == 17


def test_an_error_body_is_the_documented_one_and_nothing_else(client):
    response = client.get(KEEPALIVE)
    assert json.loads(response.data) == {
        "error_id": "AUTH_REQUIRED",
        "error_text": "The requested resource requires authentication.",
    }


@each(
    "path",
    [
        CASCADE,
        COMMON,
        f"{CASCADE}/",
        f"{COMMON}/oauth",
        f"{CODES}/",
        "/api/common",
        "/api/cascade.aaa/",
        "/api/common/2.0/ping",
        "/api/cascade.aaa/1.1/keepalive",
        "/api/common//1.0/ping",
    ],
)
@each("method", ["GET", "POST", "DELETE", "OPTIONS"])
def test_any_other_url_under_the_prefixes_is_not_found(client, path, method):
    assert_refused(client.open(path, method=method), "RESOURCE_NOT_FOUND")


@each(
    ("method", "path", "allowed"),
    [
        ("POST", KEEPALIVE, "GET, HEAD"),
        ("OPTIONS", NPM_TOKEN, "GET, HEAD"),
        ("GET", f"{COMMON}/login", "POST"),
        ("POST", f"{COMMON}/password", "PUT"),
        ("PATCH", CODES, "GET, HEAD, POST"),
        ("GET", f"{CODES}/1", "DELETE"),
        ("BREW", TOKEN, "POST"),
    ],
)
def test_a_wrong_method_is_told_the_right_ones(client, method, path, allowed):
    response = client.open(path, method=method)
    assert_refused(response, "HTTP_INVALID_METHOD")
    assert response.headers["Allow"] == allowed


@each(
    ("method", "path"),
    [
        ("GET", KEEPALIVE),
        ("GET", NPM_TOKEN),
        ("POST", f"{COMMON}/logout"),
        ("GET", CODES),
        ("POST", CODES),
        ("DELETE", f"{CODES}/1"),
    ],
)
def test_an_unknown_query_parameter_is_refused_once_the_caller_is_known(client, user, method, path):
    headers = basic(user.username, user.password)
    response = client.open(path, method=method, headers=headers, query_string={"x": "1"})
    assert_refused(response, "URI_INVALID_PARAMETER")
    response = client.open(path, method=method, query_string={"x": "1"})
    assert_refused(response, "AUTH_REQUIRED")


@pytest.mark.parametrize("path", ["ping", "services", "auth_info"])
def test_open_resources_know_no_parameter_at_all(client, path):
    assert_refused(client.get(f"{COMMON}/{path}?x"), "URI_INVALID_PARAMETER")


@each("content_type", ["text/plain", "application/xml", "", "/", "é"])
def test_a_content_type_that_the_resource_does_not_take_is_a_malformed_header(
    client, user, content_type
):
    headers = {**basic(user.username, user.password), "Content-Type": content_type}
    for method, path in (
        ("POST", f"{COMMON}/login"),
        ("PUT", f"{COMMON}/password"),
        ("POST", CODES),
    ):
        response = client.open(path, method=method, headers=headers, data=b"{}")
        assert_refused(response, "HTTP_INVALID_HEADER")
    if content_type:
        response = client.post(TOKEN, headers={"Content-Type": content_type}, data=b"x=1")
        assert_refused(response, "HTTP_INVALID_HEADER")


@each(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'"x"',
        b"{}",
        b'{"username": "a"}',
        b'{"username": "a", "password": 1}',
        b'{"username": null, "password": "b"}',
        b'{"username": "a", "password": "b", "purpose": {}}',
        b'{"username": "a", "username": "a", "password": "b"}',
        b'{"username": "a\\u0000", "password": "b"}',
        b'{"username": "a\\ud800", "password": "b"}',
        b'{"username": "\xff", "password": "b"}',
        b'{"username": "a", "password": NaN}',
        b"[" * 50_000,
    ],
)
def test_a_body_of_another_shape_is_invalid_input_and_opens_nothing(client, user, rows, body):
    response = client.post(f"{COMMON}/login", data=body, content_type="application/json")
    assert_refused(response, "REQUEST_INVALID_INPUT")
    assert rows("SELECT id FROM sessions") == []


def test_a_fault_names_the_field(client):
    response = client.post(f"{COMMON}/login", json={"username": "a"})
    assert response.json["error_text"] == (
        "Malformed input structure. password: Missing data for required field."
    )


def test_unknown_fields_of_a_login_are_ignored(client, user):
    response = client.post(
        f"{COMMON}/login",
        json={"username": user.username, "password": user.password, "extra": [1], "purpose": None},
    )
    assert response.status_code == 200


@pytest.mark.parametrize("path", [f"{COMMON}/login", TOKEN, CODES, f"{COMMON}/nothing"])
def test_a_body_beyond_64_kib_keeps_its_status(client, path):
    response = client.post(path, data=b"x" * (64 * 1024 + 1), content_type="application/json")
    assert_refused(response, "REQUEST_INVALID_INPUT", status=413)


@pytest.mark.parametrize(("size", "status"), [(64 * 1024, 200), (64 * 1024 + 1, 413)])
def test_a_chunked_body_is_measured_too_and_never_cut_off(client, identities, user, size, status):
    form = f"grant_type=access_code&assertion={wrapped(identities.code(user))}&state=".encode()
    response = client.post(
        TOKEN,
        input_stream=io.BytesIO(form + b"x" * (size - len(form))),
        environ_overrides={"wsgi.input_terminated": True, "HTTP_TRANSFER_ENCODING": "chunked"},
    )
    assert response.status_code == status
    if status == 413:
        assert_refused(response, "REQUEST_INVALID_INPUT", status=413)


def test_an_address_that_fails_too_often_is_answered_429_with_the_time_to_wait(api, client):
    for number in range(100):
        api.exchange(f"guess-{number}")
    for response in (
        api.exchange("one more"),
        client.post(f"{COMMON}/login", json={"username": "a", "password": "b"}),
    ):
        assert_refused(response, "AUTH_DISABLED_ACCOUNT", status=429)
        assert response.json["error_info"] == {"retry_after": 60}
        assert response.headers["Retry-After"] == "60"


def test_a_database_that_is_away_is_an_internal_error_with_status_503(app: Flask, core, client):
    core.keys.load()
    with core.store.write() as writing:
        writing.execute(text("ALTER TABLE sessions RENAME TO elsewhere"))
    response = client.get(KEEPALIVE, headers=cookie("0" * 64))
    assert_refused(response, "INTERNAL_ERROR", status=503)
    assert int(response.headers["Retry-After"]) >= 1
