"""POST /api/v2/auth/token, as the seed prints it."""

import pytest

from app.core import identities as core_identities
from tests.conftest import START
from tests.factories import ORIGIN, Identities

from .conftest import EMAIL, PASSWORD, PATH, Api, assert_refused, pair_of

SAMPLE_REQUEST = '{\n"username": "ethan.buckley@datastoreltd.biz",\n"password": "S0qUx56pW!"\n}'


def test_the_printed_request_gets_the_printed_answer_key_for_key(client, ethan, rows):
    response = client.post(PATH, data=SAMPLE_REQUEST, content_type="application/json")
    token, refresh = pair_of(response)
    assert response.text == (
        '{"errorCode":"","errorMessage":"","content":[{'
        '"customerId":"e7fcef24-5c03-41dd-9e33-995b7d6f47a7",'
        f'"token":"{token}","refreshToken":"{refresh}","validityTime":3600'
        '}],"pageable":{"page":0,"size":10,"totalPages":1,"totalElements":1}}'
    )
    assert response.content_type == "application/json"
    assert response.headers["Cache-Control"] == "no-store"
    [row] = rows("SELECT * FROM sessions")
    assert (row["user_id"], row["dialect"], row["generation"]) == (ethan.id, "token_v2", 1)
    assert row["token_digest"] is None
    assert row["access_expires_at"] == START + 3_600
    assert row["expires_at"] == START + 30 * 86_400
    assert row["absolute_expires_at"] == START + 90 * 86_400


def test_the_printed_failure_is_the_answer_to_a_wrong_password(api: Api, ethan, rows):
    response = api.create(password="wrong")
    assert response.status_code == 401
    assert response.text == (
        '{"errorCode":"AUTH_1001","errorMessage":"Invalid credentials","content":"","pageable":""}'
    )
    assert rows("SELECT id FROM sessions") == []


def test_an_unknown_user_gets_the_very_answer_of_a_wrong_password(api: Api, ethan):
    unknown = api.create("nobody@datastoreltd.biz", PASSWORD)
    wrong = api.create(EMAIL, "wrong")
    assert unknown.data == wrong.data
    drop = {"X-Request-ID", "Date"}
    assert [pair for pair in unknown.headers if pair[0] not in drop] == [
        pair for pair in wrong.headers if pair[0] not in drop
    ]


@pytest.mark.parametrize("name", ["ethan.buckley", "ETHAN.Buckley@DataStoreLtd.biz", EMAIL])
def test_username_and_email_both_log_in_in_any_case(api: Api, ethan, name: str):
    assert api.create(name).status_code == 200


def test_unknown_fields_are_ignored(client, ethan):
    body = {"username": EMAIL, "password": PASSWORD, "rememberMe": True, "device": {"os": None}}
    assert client.post(PATH, json=body).status_code == 200


def test_a_user_without_a_customer_has_the_nil_uuid(api: Api, identities: Identities):
    user = identities.add("Alone")
    [content] = api.create(user.username, user.password).json["content"]
    assert content["customerId"] == "00000000-0000-0000-0000-000000000000"


def test_a_disabled_account_is_told_to_who_proved_the_password_and_to_nobody_else(
    api: Api, ethan, core, rows
):
    core_identities.disable(core, ethan.id, ORIGIN)
    assert_refused(api.create(), "AUTH_1003", "Account disabled")
    assert_refused(api.create(password="wrong"), "AUTH_1001")
    assert rows("SELECT id FROM sessions") == []


def test_an_expired_password_is_told_to_who_proved_it_and_to_nobody_else(
    api: Api, ethan, core, rows
):
    core_identities.expire_password(core, ethan.id, ORIGIN)
    assert_refused(api.create(), "AUTH_1004")
    assert_refused(api.create(password="wrong"), "AUTH_1001")
    assert rows("SELECT id FROM sessions") == []


@pytest.mark.parametrize("name", [EMAIL, "nobody@datastoreltd.biz"])
def test_ten_wrong_passwords_pause_the_name_whether_or_not_it_exists(
    api: Api, ethan, clock, name: str
):
    for _ in range(10):
        assert_refused(api.create(name, "wrong"), "AUTH_1001")
    paused = api.create(name, PASSWORD)
    assert_refused(paused, "AUTH_1003", "Account paused")
    assert paused.headers["Retry-After"] == "60"
    clock.advance(59.5)
    assert api.create(name, PASSWORD).headers["Retry-After"] == "1"
    clock.advance(0.5)
    assert api.create(name, PASSWORD).status_code == (200 if name == EMAIL else 401)


class TestManyFailuresFromOneAddress:
    @pytest.fixture
    def settings(self, database_url, monkeypatch):
        from tests.conftest import settings_for

        return settings_for(database_url, monkeypatch, address_failures=3)

    def test_the_address_is_told_to_wait(self, api: Api, ethan, clock):
        for number in range(3):
            assert_refused(api.create(f"guess{number}", "wrong"), "AUTH_1001")
        refused = api.create()
        assert_refused(refused, "AUTH_1005")
        assert refused.headers["Retry-After"] == "60"
        clock.advance(60)
        assert api.create().status_code == 200
