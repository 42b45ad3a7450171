"""What every request must bring, and the table of errors: reached row by row."""

import json

import pytest
from hypothesis import HealthCheck, given, settings, strategies
from sqlalchemy import text

from app.core.credentials import clients
from app.core.refusals import Refusal
from app.dialects.session.errors import TABLE
from tests.cases import each
from tests.conftest import settings_for
from tests.factories import ORIGIN
from tests.texts import HEADER, WRITABLE

from .conftest import CLIENT, HEADERS, JSON, OPERATIONS, TYPES, Api, assert_refused


def test_each_error_type_has_one_status():
    found = {(row.code, row.status) for row in TABLE.values()}
    assert found == set(TYPES.items())


def test_an_unknown_login_and_a_wrong_password_are_one_row():
    assert TABLE[Refusal.LOGIN_UNKNOWN] == TABLE[Refusal.PASSWORD_WRONG]


def test_the_documented_error_body_word_for_word(client, api: Api):
    response = client.get("/session", headers={**HEADERS, "X-Request-ID": "id-of-the-caller"})
    assert response.text == (
        '{"errorType":"Unauthorized","httpStatus":401,"requestId":"id-of-the-caller",'
        '"message":"An access token is required."}'
    )
    assert response.headers["WWW-Authenticate"] == 'Bearer realm="watchword"'


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
class TestEveryOperation:
    def test_names_its_client(self, client, api: Api, core, method, path):
        missing = client.open(path, method=method, headers=JSON)
        assert_refused(missing, "BadRequest", "The x-koms-clientid header is missing.")
        for unknown in ("", "nobody", "KOMS-WEB", "x" * 300, "' OR 1=1"):
            headers = {**JSON, "x-koms-clientid": unknown}
            refused = client.open(path, method=method, headers=headers)
            assert_refused(refused, "Unauthorized", "The client id is not known.")
        clients.set_disabled(core, CLIENT, True, ORIGIN)
        disabled = client.open(path, method=method, headers=HEADERS)
        assert_refused(disabled, "Unauthorized", "The client id is not known.")

    def test_says_application_json(self, client, api: Api, method, path):
        named = {"X-Koms-ClientId": CLIENT}
        for content_type in (None, "", "text/plain", "text/json", "application/jsonp", "*/*"):
            headers = named if content_type is None else {**named, "Content-Type": content_type}
            response = client.open(path, method=method, headers=headers)
            assert_refused(response, "UnsupportedMediaType", "application/json")
        for content_type in ("application/json; charset=utf-8", "APPLICATION/JSON;x=y"):
            headers = {**named, "Content-Type": content_type}
            assert client.open(path, method=method, headers=headers).status_code in (400, 401)

    def test_is_503_while_the_database_is_away(self, client, api: Api, core, method, path):
        with core.store.write() as writing:
            writing.execute(text("ALTER TABLE clients RENAME TO elsewhere"))
        response = client.open(path, method=method, headers=HEADERS)
        assert_refused(response, "ServiceUnavailable", "not available")
        assert int(response.headers["Retry-After"]) >= 1

    def test_takes_no_more_than_64_kib(self, client, api: Api, method, path):
        response = client.open(path, method=method, headers=HEADERS, data=b" " * 65_537)
        assert_refused(response, "PayloadTooLarge", "larger than 64 KiB")


@each(
    "authorization",
    [None, "", "Basic am9objpwYXNz", "Digest x", "Bearer", "Bearer a b", "Bearer ~", "Bearer x"],
)
def test_what_needs_a_token_is_refused_without_a_usable_one(client, api: Api, authorization):
    headers = HEADERS if authorization is None else {**HEADERS, "Authorization": authorization}
    body = json.dumps({"refresh_token": "x"})
    for method, path in (("GET", "/session"), ("DELETE", "/session"), ("GET", "/user")):
        assert_refused(client.open(path, method=method, headers=headers), "Unauthorized")
    assert_refused(client.put("/session", headers=headers, data=body), "Unauthorized")


@each(
    ("body", "message"),
    [
        (b"", "not valid JSON"),
        (b"{", "not valid JSON"),
        (b"\xff", "not valid JSON"),
        (b"[]", "not a JSON object"),
        (b'{"a":1,"a":2}', "twice"),
        (
            b"{}",
            "The body is not valid: account_type: Missing data for required field.;"
            " email: Missing data for required field.; password: Missing data",
        ),
        (b'{"account_type":"traditional","email":1,"password":"x"}', "email: Not a valid string."),
        (
            b'{"account_type":"traditional","email":"a","password":"x\\u0000"}',
            "password: Not a valid string.",
        ),
        (b'{"account_type":null,"email":"a","password":"x"}', "account_type: Field may not be"),
    ],
)
def test_a_malformed_body_is_told_what_is_wrong_with_it(client, api: Api, body, message):
    refused = client.post("/session", headers=HEADERS, data=body)
    assert_refused(refused, "BadRequest", message)


def test_unknown_fields_are_ignored(api: Api, user):
    body = {
        "account_type": "traditional",
        "email": user.email,
        "password": user.password,
        "remember_me": {"days": [30]},
    }
    assert api.call("POST", "/session", body=body).status_code == 200


def test_a_refresh_without_its_token_names_the_missing_field(api: Api, user):
    refused = api.call("PUT", "/session", api.open(user).access, {"refreshToken": "x"})
    assert_refused(refused, "BadRequest", "refresh_token: Missing data for required field.")


def test_other_urls_are_404_and_other_methods_405(client):
    for path in ("/session/", "/session/1", "/user/", "/user/me"):
        assert_refused(client.get(path), "NotFound", "There is no such resource.")
    for path, allowed in (
        ("/session", "DELETE, GET, HEAD, POST, PUT"),
        ("/user", "GET, HEAD, POST"),
    ):
        for method in ("PATCH", "OPTIONS", "TRACE"):
            response = client.open(path, method=method)
            assert_refused(response, "MethodNotAllowed", "not allowed")
            assert response.headers["Allow"] == allowed


def test_a_fault_of_ours_is_500_and_says_nothing_of_itself(api: Api, user, core):
    with core.store.write() as writing:
        writing.execute(text("ALTER TABLE login_names RENAME COLUMN user_id TO owner"))
    refused = api.create(user.email, user.password)
    assert_refused(refused, "InternalServerError")
    assert refused.json["message"] == "Something went wrong on our side."


class TestLimits:
    @pytest.fixture
    def settings(self, database_url, monkeypatch):
        return settings_for(
            database_url, monkeypatch, address_failures=3, hashing_slots=1, hashing_queue=0
        )

    def test_an_address_with_many_failures_is_told_to_wait(self, api: Api, user, clock):
        for number in range(3):
            assert_refused(api.create(f"guess{number}@example.com", "wrong"), "Unauthorized")
        refused = api.create(user.email, user.password)
        assert_refused(refused, "TooManyRequests", "Too many failures; try later.")
        assert refused.headers["Retry-After"] == "60"
        clock.advance(60)
        assert api.create(user.email, user.password).status_code == 200

    def test_a_full_queue_asks_to_come_back(self, api: Api, user, core, rows):
        with core.passwords.slots.taken(None):
            for refused in (
                api.create(user.email, user.password),
                api.register("mary@example.com", user.password),
            ):
                assert_refused(refused, "ServiceUnavailable", "The service is busy; try again.")
                assert refused.headers["Retry-After"] == "2"
                assert refused.headers["Connection"] == "close"
        assert rows("SELECT id FROM sessions") == []
        assert rows("SELECT count(*) AS n FROM users") == [{"n": 1}]


NAMES = ("account_type", "email", "password", "refresh_token")
values = (
    strategies.none()
    | strategies.booleans()
    | strategies.text(WRITABLE, max_size=30)
    | strategies.lists(strategies.integers(), max_size=2)
    | strategies.just("traditional")
)
header_text = strategies.text(HEADER, max_size=60)


class TestHostileInput:
    """Whatever a request holds, the answer is a documented error or a success."""

    @settings(
        max_examples=80,
        deadline=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture],
    )
    @given(
        operation=strategies.sampled_from(OPERATIONS),
        body=strategies.binary(max_size=120)
        | strategies.fixed_dictionaries({}, optional=dict.fromkeys(NAMES, values)).map(
            lambda value: json.dumps(value).encode()
        ),
        authorization=header_text | header_text.map("Bearer {}".format),
        client_id=strategies.just(CLIENT) | header_text,
    )
    def test_is_answered_in_the_documented_shape(
        self, client, core, operation, body, authorization, client_id
    ):
        if not clients.listed(core, limit=1):
            clients.add(core, CLIENT, CLIENT, ORIGIN, confidential=False)
        method, path = operation
        headers = {**JSON, "x-koms-clientid": client_id, "Authorization": authorization}
        response = client.open(path, method=method, headers=headers, data=body)
        if response.status_code != 201:
            assert_refused(response, response.json["errorType"])
            assert response.status_code < 500
