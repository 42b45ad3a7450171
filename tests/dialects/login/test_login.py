"""POST /login, as the seed prints it."""

import json
import re
import uuid

import pytest

from app.core import identities as core_identities
from app.core.credentials import api_keys
from app.core.secrets import digest
from tests.conftest import START, settings_for
from tests.factories import ORIGIN, Identities

from .conftest import KEY, LOGIN, TYPES, assert_refused, body_in, post

SAMPLES = {
    "application/json": '{"Result":null,"UserLogin":"John.Doo","ApiKey":"hDn/LFXIPESM036W+s7VKg=="}',
    "application/xml": (
        "<Request> <UserLogin>John.Doo</UserLogin>"
        " <ApiKey>hDn/LFXIPESM036W+s7VKg==</ApiKey> </Request>"
    ),
    "text/json": (
        '{ "Result": { "Message": "sample string 1", "Code": 2, "ModelStateErr":'
        ' [ "sample string 1", "sample string 2" ] },'
        ' "UserLogin": "John.Doo", "ApiKey": "hDn/LFXIPESM036W+s7VKg==" }'
    ),
    "text/xml": (
        '<Request xmlns:xsd="http://www.w3.org/2001/XMLSchema"'
        ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
        " <Result> <Message>sample string 1</Message> <Code>2</Code> <ModelStateErr>"
        " <string>sample string 1</string> <string>sample string 2</string> </ModelStateErr>"
        " </Result> <UserLogin>John.Doo</UserLogin>"
        " <ApiKey>hDn/LFXIPESM036W+s7VKg==</ApiKey> </Request>"
    ),
}
UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"
JSON_ANSWER = re.compile(rf'\{{"Token":"({UUID})","ExpireInSec":20\}}')
XML_ANSWER = re.compile(
    rf"<Response><Token>({UUID})</Token><ExpireInSec>20</ExpireInSec></Response>"
)


@pytest.mark.parametrize("media_type", TYPES)
def test_the_printed_request_gets_the_printed_answer_in_its_own_format(
    client, john, rows, media_type: str
):
    response = post(client, media_type, SAMPLES[media_type])
    assert response.status_code == 200
    assert response.content_type == f"{media_type}; charset=utf-8"
    assert response.headers["Cache-Control"] == "no-store"
    pattern = JSON_ANSWER if media_type.endswith("json") else XML_ANSWER
    found = pattern.fullmatch(response.text)
    assert found
    [row] = rows("SELECT * FROM sessions")
    assert (row["user_id"], row["dialect"], row["generation"]) == (john.id, "login", 1)
    assert row["token_digest"] == digest(found[1])
    assert row["expires_at"] == row["access_expires_at"] == START + 20
    assert row["absolute_expires_at"] == START + 20
    assert found[1] not in str(row)


@pytest.mark.parametrize(
    "media_type", ["Application/JSON", "TEXT/XML; Charset=UTF-8", "text/JSON;a=b"]
)
def test_the_request_type_may_be_in_any_case_and_have_parameters(client, john, media_type: str):
    response = post(client, media_type)
    assert response.status_code == 200
    name = media_type.partition(";")[0].lower()
    assert response.content_type == f"{name}; charset=utf-8"


def test_a_token_verifies_a_batch_of_requests_for_twenty_seconds(client, john, clock):
    token = post(client).json["Token"]
    bearer = {"Authorization": f"Bearer {token}"}
    clock.advance(19.5)
    for _ in range(3):
        assert client.get("/verify", headers=bearer).status_code == 204
        assert client.get(f"/verify?Token={token}").status_code == 204
        assert client.get(f"/verify?Token={token.upper()}").status_code == 204
    clock.advance(0.5)
    for response in (client.get("/verify", headers=bearer), client.get(f"/verify?Token={token}")):
        assert response.status_code == 401
        assert 'error_description="expired"' in response.headers["WWW-Authenticate"]


class TestAnotherLifetime:
    @pytest.fixture
    def settings(self, database_url, monkeypatch):
        return settings_for(database_url, monkeypatch, login_token_seconds=45)

    def test_expire_in_sec_tells_the_truth(self, client, john, clock):
        body = post(client).json
        assert body["ExpireInSec"] == 45
        clock.advance(44.5)
        assert client.get(f"/verify?Token={body['Token']}").status_code == 204
        clock.advance(0.5)
        assert client.get(f"/verify?Token={body['Token']}").status_code == 401


def test_every_login_has_a_token_of_its_own_and_all_of_them_count(client, john, rows):
    tokens = {post(client).json["Token"] for _ in range(3)}
    assert len(tokens) == 3
    assert all(str(uuid.UUID(token)) == token for token in tokens)
    assert all(client.get(f"/verify?Token={token}").status_code == 204 for token in tokens)
    assert rows("SELECT count(*) AS n FROM sessions") == [{"n": 3}]


def test_the_login_is_the_username_or_the_email_in_any_case(client, john):
    for login in ("john.doo", "JOHN.DOO", "john.doo@example.com", "\uff2aohn.Doo"):
        assert post(client, body=body_in("application/json", login)).status_code == 200


def test_any_of_a_users_keys_will_do(client, john):
    assert post(client, body=body_in("text/json", LOGIN, john.api_key)).status_code == 200
    assert post(client, body=body_in("text/json", LOGIN, KEY)).status_code == 200


@pytest.mark.parametrize(
    ("login", "key"),
    [
        ("nobody", KEY),
        (LOGIN, "AAAAAAAAAAAAAAAAAAAAAA=="),
        (LOGIN, "not base64 at all!"),
        (LOGIN, KEY.lower()),
        (LOGIN, KEY.rstrip("=")),
        ("sample string 1", "sample string 2"),
        ("ü" * 300, "ü"),
    ],
)
def test_an_unknown_login_and_an_unknown_key_are_told_alike(
    client, john, rows, login: str, key: str
):
    for media_type in TYPES:
        body = body_in(media_type, login, key)
        assert_refused(post(client, media_type, body), 1003, [], media_type)
    assert rows("SELECT id FROM sessions") == []
    events = rows("SELECT reason FROM audit_events WHERE event = 'login_refused'")
    assert events == [{"reason": "api_key_unknown"}] * 4


def test_another_users_key_is_as_unknown_as_any(client, john, identities: Identities):
    other = identities.add("Jane")
    stolen = post(client, body=body_in("application/json", LOGIN, other.api_key))
    made_up = post(client, body=body_in("application/json", LOGIN, "A" * 22 + "=="))
    assert_refused(stolen, 1003, [])
    assert stolen.data == made_up.data


def test_a_revoked_key_is_invalid_and_ends_what_it_opened(client, john, core):
    token = post(client).json["Token"]
    [_, line] = api_keys.listed(core, john.id, limit=9)
    api_keys.revoke(core, line.id, ORIGIN)
    assert_refused(post(client), 1004, [])
    assert client.get(f"/verify?Token={token}").status_code == 401
    assert post(client, body=body_in("text/json", LOGIN, john.api_key)).status_code == 200


def test_a_key_is_invalid_from_the_second_of_its_expiry(client, john, core, clock):
    _, key = api_keys.issue(core, john.id, ORIGIN, expires_at=START + 100)
    body = body_in("application/json", LOGIN, key)
    clock.advance(99.5)
    assert post(client, body=body).status_code == 200
    clock.advance(0.5)
    assert_refused(post(client, body=body), 1004, [])


def test_a_disabled_account_has_no_valid_key(client, john, core):
    token = post(client).json["Token"]
    core_identities.disable(core, john.id, ORIGIN)
    assert_refused(post(client), 1004, [])
    unknown = post(client, body=body_in("application/json", LOGIN, "A" * 22 + "=="))
    assert_refused(unknown, 1003, [])
    assert client.get(f"/verify?Token={token}").status_code == 401


def test_a_key_does_not_stand_on_the_password(client, john, core):
    core_identities.expire_password(core, john.id, ORIGIN)
    token = post(client).json["Token"]
    assert client.get(f"/verify?Token={token}").status_code == 204


def test_wrong_keys_do_not_pause_the_login_name(client, john):
    wrong = body_in("application/json", LOGIN, "A" * 22 + "==")
    for _ in range(12):
        assert_refused(post(client, body=wrong), 1003, [])
    assert post(client).status_code == 200


class TestManyFailuresFromOneAddress:
    @pytest.fixture
    def settings(self, database_url, monkeypatch):
        return settings_for(database_url, monkeypatch, address_failures=3)

    @pytest.mark.parametrize("media_type", TYPES)
    def test_the_address_is_told_to_wait(self, client, john, clock, media_type: str):
        wrong = body_in(media_type, "nobody")
        for _ in range(3):
            assert_refused(post(client, media_type, wrong), 1003, [], media_type)
        refused = post(client, media_type)
        assert_refused(refused, 429, [], media_type)
        assert refused.headers["Retry-After"] == "60"
        clock.advance(60)
        assert post(client, media_type).status_code == 200


@pytest.mark.parametrize("media_type", TYPES)
def test_more_than_64_kib_are_refused_and_exactly_64_kib_are_read(client, john, media_type: str):
    body = body_in(media_type)
    exact = body + b" " * (64 * 1024 - len(body))
    assert post(client, media_type, exact).status_code == 200
    assert_refused(post(client, media_type, exact + b" "), 413, [], media_type)


def test_the_answer_is_json_that_any_parser_reads(client, john):
    assert json.loads(post(client).data).keys() == {"Token", "ExpireInSec"}
