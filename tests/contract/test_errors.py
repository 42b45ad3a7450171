"""Every error under a dialect's URLs has the shape of that dialect."""

import json

import pytest

from app.store.faults import StoreUnavailable
from tests.factories import Somebody

from .drivers import Driver, every

LIMIT = 64 * 1024

MALFORMED = {
    "empty": b"",
    "cut off": b'{"username": "a"',
    "no object": b"[]",
    "a number": b"42",
    "null": b"null",
    "a key twice": b'{"username":"a","username":"b","UserLogin":"a","UserLogin":"b"}',
    "invalid UTF-8": b'{"username": "\xff\xfe\xfa"}',
    "NaN": b'{"username": NaN}',
    "deep": b"[" * 30_000,
    "nothing in it": b"{}",
    "XML": b"<Request/>",
}


def of_wrong_type(driver: Driver, user: Somebody, value: object) -> dict[str, object]:
    """The right login, but one field holds ``value``."""
    body: dict[str, object] = dict(driver.login_body(user.email, user, user.password))
    body[list(body)[-1]] = value
    return body


def assert_common_headers(driver: Driver, response) -> None:
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["X-Request-ID"]
    assert response.headers["Content-Type"] == driver.content_type


@every()
def test_an_unknown_url(driver: Driver, user):
    for suffix in ("", "/deeper", "/%2e%2e/%00", "?a=b", "/ü"):
        response = driver.client.get(driver.unknown_url + suffix, headers=driver.headers)
        assert driver.error(response) == driver.says["not found"], suffix
        assert_common_headers(driver, response)


@every()
def test_a_method_the_resource_does_not_have(driver: Driver, user):
    for method in ("PATCH", "OPTIONS", "TRACE", "PROPFIND"):
        response = driver.client.open(driver.url, method=method, headers=driver.headers)
        assert driver.error(response) == driver.says["method"], method
        assert "POST" in response.headers["Allow"].split(", ")
        assert_common_headers(driver, response)


@every()
def test_a_head_of_an_error_has_no_body(driver: Driver, user):
    response = driver.client.head(driver.unknown_url, headers=driver.headers)
    assert (response.status_code, response.data) == (404, b"")


@every()
@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_over_64_kib(driver: Driver, user, chunked: bool, rows):
    options = {"environ_base": {"wsgi.input_terminated": True}} if chunked else {}
    response = driver.client.post(
        driver.url, headers=driver.headers, data=b" " * (LIMIT + 1), **options
    )
    assert driver.error(response) == driver.says["too large"]
    assert_common_headers(driver, response)


@every()
def test_a_body_of_64_kib_is_read(driver: Driver, user: Somebody):
    body = driver.login_body(user.email, user, user.password) | {"extra": ""}
    text = json.dumps(body)
    padded = text[:-2] + "x" * (LIMIT - len(text)) + text[-2:]
    assert len(padded) == LIMIT
    response = driver.client.post(driver.url, headers=driver.headers, data=padded)
    assert response.status_code == 200


@every()
def test_a_media_type_that_is_not_taken(driver: Driver, user):
    for given in ("text/plain", "application/x-www-form-urlencoded", "json", "", "a/b; =;"):
        headers = driver.headers | {"Content-Type": given}
        response = driver.client.post(driver.url, headers=headers, data=b"{}")
        assert driver.error(response) == driver.says["media type"], given
        assert_common_headers(driver, response)


@every()
def test_a_malformed_body(driver: Driver, user, rows):
    for name, body in MALFORMED.items():
        response = driver.client.post(driver.url, headers=driver.headers, data=body)
        assert driver.error(response) == driver.says["malformed"], name
        assert_common_headers(driver, response)
    assert rows("SELECT * FROM throttles") == []


@every()
def test_a_field_of_the_wrong_type(driver: Driver, user, rows):
    for value in (None, 1, 1.5, True, [], {}, ["x"], "a\0b", "\ud800"):
        response = driver.client.post(
            driver.url, headers=driver.headers, json=of_wrong_type(driver, user, value)
        )
        assert driver.error(response) == driver.says["malformed"], ascii(value)
    assert rows("SELECT * FROM sessions") == []


@every()
def test_a_missing_field(driver: Driver, user):
    body = driver.login_body(user.email, user, user.password)
    for name in body:
        rest = {other: value for other, value in body.items() if other != name}
        response = driver.client.post(driver.url, headers=driver.headers, json=rest)
        assert driver.error(response) == driver.says["malformed"]
        assert name in response.text, "it says which"


@every()
def test_fields_that_nobody_knows_are_ignored(driver: Driver, user: Somebody):
    body = driver.login_body(user.email, user, user.password) | {"extra": {"deep": [1]}}
    assert driver.client.post(driver.url, headers=driver.headers, json=body).status_code == 200


@every()
def test_a_sane_request_id_is_the_answers_too_and_stands_in_the_audit_trail(driver, user, rows):
    response = driver.client.post(
        driver.url,
        headers=driver.headers | {"X-Request-ID": "caller:42/a"},
        json=driver.login_body(user.email, user, user.password),
    )
    assert response.status_code == 200
    assert response.headers["X-Request-ID"] == "caller:42/a"
    assert rows("SELECT request_id FROM audit_events WHERE event = 'login'") == [
        {"request_id": "caller:42/a"}
    ]


@every()
def test_any_other_request_id_is_replaced(driver: Driver, user):
    for given in ("", "two words", "x" * 129, '"', "<b>", "ü", "-", "a,b"):
        headers = driver.headers | {"X-Request-ID": given}
        response = driver.client.get(driver.unknown_url, headers=headers)
        assert len(response.headers["X-Request-ID"]) == 32, given


@every()
def test_a_success_carries_the_common_headers_too(driver: Driver, user: Somebody):
    assert_common_headers(driver, driver.log_in(user))


@every()
def test_a_database_that_is_away_is_said_in_the_dialects_own_shape(driver, user, core, monkeypatch):
    def away(*_statement: object, **_parameters: object) -> None:
        raise StoreUnavailable("OperationalError")

    monkeypatch.setattr(core.store, "read", away)
    response = driver.log_in(user)
    assert driver.error(response) == driver.says["unavailable"]
    assert response.headers["Retry-After"]
    assert "Operational" not in response.text
    assert_common_headers(driver, response)


@every()
def test_a_fault_of_the_program_shows_nothing_of_itself(driver, user, core, monkeypatch):
    def broken(*_statement: object, **_parameters: object) -> None:
        raise ZeroDivisionError("the secret of the database")

    monkeypatch.setattr(core.store, "read", broken)
    response = driver.log_in(user)
    assert driver.error(response)[0] == 500
    assert "secret" not in response.text
    assert "ZeroDivision" not in response.text
    assert_common_headers(driver, response)


@every("has_resources")
def test_a_401_says_how_to_authenticate(driver: Driver, user):
    held = driver.open(user)
    driver.end(held)
    for response in (driver.end(held), driver.log_in(user, secret="wrong")):
        assert response.status_code == 401
        assert response.headers["WWW-Authenticate"].startswith(("Basic ", "Bearer "))


@every()
def test_a_session_whose_key_is_retired_while_it_opens_has_ended(driver, user, core, monkeypatch):
    for keys_of in ("sealer", "jwt_key"):
        monkeypatch.setattr(core.keys, keys_of, lambda _key_id: None)
    response = driver.log_in(user)
    # Random tokens need no key.
    assert response.status_code == (401 if driver.signs else 200)
