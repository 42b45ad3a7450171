"""The table of error codes: as documented, reached row by row, and never a 500 or a page of HTML instead."""

import json

import pytest
from hypothesis import HealthCheck, given, settings, strategies
from sqlalchemy import text

from app.core.refusals import Refusal
from app.dialects.token_v2.errors import TABLE
from tests.cases import each
from tests.conftest import settings_for
from tests.texts import HEADER, WRITABLE

from .conftest import EMAIL, FAILURES, PASSWORD, PATH, Api, assert_refused

JSON = {"Content-Type": "application/json"}


def test_the_table_says_what_the_documentation_says():
    assert {row.code for row in TABLE.values()} == set(FAILURES)


def test_an_unknown_login_and_a_wrong_password_are_one_row():
    assert TABLE[Refusal.LOGIN_UNKNOWN] == TABLE[Refusal.PASSWORD_WRONG]


@each(
    ("body", "message"),
    [
        (b"", "not valid JSON"),
        (b"{", "not valid JSON"),
        (b"username=ethan&password=x", "not valid JSON"),
        (b"\xff\xfe", "not valid JSON"),
        (b'{"username":"\xff","password":"x"}', "not valid JSON"),
        (b'{"username":NaN,"password":"x"}', "not valid JSON"),
        (b"[" * 30_000, "not valid JSON"),
        (b'["username","password"]', "not a JSON object"),
        (b"null", "not a JSON object"),
        (b"{}", "password: Missing data for required field.; username: Missing data"),
        (b'{"username":"x"}', "password: Missing data for required field."),
        (b'{"password":"x"}', "username: Missing data for required field."),
        (b'{"username":1,"password":"x"}', "username: Not a valid string."),
        (b'{"username":"x","password":null}', "password: Field may not be null."),
        (b'{"username":{"$ne":""},"password":"x"}', "username: Not a valid string."),
        (b'{"username":"x\\u0000","password":"x"}', "username: Not a valid string."),
        (b'{"username":"x","password":"\\ud800"}', "password: Not a valid string."),
        (b'{"username":"a","username":"b","password":"x"}', "twice"),
    ],
)
def test_a_malformed_request_is_told_what_is_wrong_with_it(client, rows, body, message):
    assert_refused(client.post(PATH, data=body, headers=JSON), "GEN_1001", message)
    assert rows("SELECT event FROM audit_events WHERE event = 'login_refused'") == []


def test_a_refresh_without_a_refresh_token_names_the_missing_field(client):
    response = client.put(PATH, json={"refresh_token": "x"})
    assert response.json == {
        "errorCode": "GEN_1001",
        "errorMessage": "Malformed request: refreshToken: Missing data for required field.",
        "content": "",
        "pageable": "",
    }


@each("token", ["", " ", "x", "a.b", "a.b.c", "ü.ü.ü", "~", "a~b", "." * 9_000])
def test_a_refresh_token_of_any_other_form_is_refused_as_a_token(client, token):
    assert_refused(client.put(PATH, json={"refreshToken": token}), "AUTH_1002")


@pytest.mark.parametrize("path", ["/api/v2", "/api/v2/", "/api/v2/auth/tokens", f"{PATH}/"])
def test_an_unknown_url_is_gen_1002(client, path):
    assert_refused(client.post(path, json={}), "GEN_1002")


@pytest.mark.parametrize("method", ["GET", "PATCH", "OPTIONS", "TRACE"])
def test_another_method_is_gen_1003_and_told_which_are_allowed(client, method):
    response = client.open(PATH, method=method)
    assert_refused(response, "GEN_1003")
    assert response.headers["Allow"] == "DELETE, POST, PUT"


def test_more_than_64_kib_are_gen_1004_and_exactly_64_kib_are_read(client, api: Api, ethan):
    body = json.dumps({"username": EMAIL, "password": PASSWORD, "padding": ""}).encode()
    exact = body[:-2] + b"x" * (64 * 1024 - len(body)) + body[-2:]
    assert client.post(PATH, data=exact, headers=JSON).status_code == 200
    assert_refused(client.post(PATH, data=exact + b" ", headers=JSON), "GEN_1004")


@each("content_type", [None, "", "text/plain", "text/json", "application/xml", "application/jsonp"])
def test_another_media_type_is_gen_1005(client, content_type):
    body = json.dumps({"username": EMAIL, "password": PASSWORD}).encode()
    headers = {} if content_type is None else {"Content-Type": content_type}
    assert_refused(client.post(PATH, data=body, headers=headers), "GEN_1005")
    assert_refused(client.put(PATH, data=body, headers=headers), "GEN_1005")


@pytest.mark.parametrize(
    "content_type", ["Application/JSON", "application/json; charset=UTF-8", "application/json;v=1"]
)
def test_the_media_type_may_be_in_any_case_and_have_parameters(client, ethan, content_type):
    body = json.dumps({"username": EMAIL, "password": PASSWORD}).encode()
    assert client.post(PATH, data=body, content_type=content_type).status_code == 200


def test_a_fault_of_ours_is_gen_1500_and_says_nothing_of_itself(api: Api, ethan, core):
    with core.store.write() as writing:
        writing.execute(text("ALTER TABLE login_names RENAME COLUMN user_id TO owner"))
    response = api.create()
    assert_refused(response, "GEN_1500")
    assert response.json["errorMessage"] == "Internal error"


def test_a_database_that_is_away_is_gen_1503(api: Api, ethan, core):
    with core.store.write() as writing:
        writing.execute(text("ALTER TABLE login_names RENAME TO elsewhere"))
    response = api.create()
    assert_refused(response, "GEN_1503", "Service unavailable")
    assert int(response.headers["Retry-After"]) >= 1


class TestNoHashingSlot:
    @pytest.fixture
    def settings(self, database_url, monkeypatch):
        return settings_for(database_url, monkeypatch, hashing_slots=1, hashing_queue=0)

    def test_a_full_queue_is_gen_1503_and_asks_to_come_back(self, api: Api, ethan, core, rows):
        with core.passwords.slots.taken(None):
            response = api.create(password="wrong")
        assert_refused(response, "GEN_1503", "Service busy")
        assert response.headers["Retry-After"] == "2"
        assert rows("SELECT failures FROM throttles") == []
        assert api.create().status_code == 200


hostile = strategies.recursive(
    strategies.none()
    | strategies.booleans()
    | strategies.floats()
    | strategies.text(WRITABLE, max_size=40),
    lambda inner: (
        strategies.lists(inner, max_size=3)
        | strategies.dictionaries(strategies.text(WRITABLE, max_size=8), inner, max_size=3)
    ),
    max_leaves=6,
)


class TestHostileInput:
    """Whatever a request holds, the answer is a documented failure."""

    @settings(
        max_examples=60,
        deadline=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture],
    )
    @given(
        method=strategies.sampled_from(["POST", "PUT", "DELETE"]),
        body=strategies.binary(max_size=200)
        | strategies.fixed_dictionaries(
            {}, optional=dict.fromkeys(("username", "password", "refreshToken"), hostile)
        ).map(lambda value: json.dumps(value).encode()),
        authorization=strategies.text(HEADER, max_size=60),
    )
    def test_is_answered_in_the_documented_shape(self, client, method, body, authorization):
        headers = {**JSON, "Authorization": authorization}
        response = client.open(PATH, method=method, data=body, headers=headers)
        code = response.json["errorCode"]
        assert code in {"AUTH_1001", "AUTH_1002", "AUTH_1003", "AUTH_1005", "GEN_1001"}
        assert_refused(response, code)
