"""Every security event is in the audit trail, with user, address and reason."""

import json

import pytest

from app.core import identities
from app.core.audit import Event
from app.core.credentials import access_codes, api_keys
from app.core.refusals import Refused
from tests.conftest import START, settings_for
from tests.factories import ORIGIN, PASSWORD, Identities, Somebody
from tests.grants import CODES
from tests.security.conftest import HERE
from tests.security.test_enumeration import DOORS, PASSWORD_DOORS, aaa_login, login, session
from tests.security.test_secrets import in_process
from tests.security.tour import AAA, Tour, wrapped


@pytest.fixture
def user(identities: Identities) -> Somebody:
    identities.client()
    return identities.add()


@pytest.fixture
def events(rows):
    """The last events of the request that the tests make, without their ids."""

    def events(request_id: str = "the-same-id") -> list[dict[str, object]]:
        return rows(
            "SELECT event, reason, dialect, user_id, address, note FROM audit_events"
            " WHERE request_id = :request_id ORDER BY id",
            request_id=request_id,
        )

    return events


DIALECTS = {
    "aaa_login": "aaa",
    "aaa_basic": "aaa",
    "token_v2": "token_v2",
    "session": "session",
    "login": "login",
}


@pytest.mark.parametrize("door", DOORS, ids=lambda door: door.__name__)
def test_a_login_is_recorded_with_who_where_from_and_through_which_api(
    client, user, events, door, rows
):
    secret = user.api_key if door is login else user.password
    assert door(client, user.username, secret).status_code == 200
    found = events()
    assert found[-1] == {
        "event": "login",
        "reason": None,
        "dialect": DIALECTS[door.__name__],
        "user_id": user.id,
        "address": "127.0.0.1",
        "note": "koms-web" if door is session else None,
    }


@pytest.mark.parametrize("door", PASSWORD_DOORS, ids=lambda door: door.__name__)
@pytest.mark.parametrize(
    "reason",
    ["login_unknown", "password_wrong", "account_disabled", "account_paused", "password_expired"],
)
def test_a_refused_password_is_recorded_with_the_exact_reason(
    client, user, core, events, door, reason: str
):
    name, password = user.username, user.password
    if reason == "login_unknown":
        name = "nobody.at.all"
    elif reason == "password_wrong":
        password = "wrong"
    elif reason == "account_disabled":
        identities.disable(core, user.id, ORIGIN)
    elif reason == "password_expired":
        identities.expire_password(core, user.id, ORIGIN)
    else:
        for _ in range(10):
            with pytest.raises(Refused):
                identities.prove(core, name, "wrong", ORIGIN)
    response = door(client, name, password)
    if reason == "password_expired" and door is aaa_login:
        assert response.status_code == 200, "AAA lets its owner in to change it"
        return
    assert response.status_code >= 400
    [event] = events()
    assert event["event"] == "login_refused"
    assert event["reason"] == reason
    assert event["dialect"] == DIALECTS[door.__name__]
    assert event["address"] == "127.0.0.1"
    # A paused name is refused before its user is looked up.
    known = reason not in ("login_unknown", "account_paused")
    assert event["user_id"] == (user.id if known else None)


@pytest.mark.parametrize("state", ["unknown", "revoked", "expired", "disabled"])
def test_a_refused_key_is_recorded_with_the_exact_reason(client, user, core, clock, events, state):
    key_id, key = api_keys.issue(core, user.id, ORIGIN, expires_at=START + 60)
    if state == "revoked":
        api_keys.revoke(core, key_id, ORIGIN)
    elif state == "expired":
        clock.advance(60)
    elif state == "disabled":
        identities.disable(core, user.id, ORIGIN)
    assert login(client, user.username, "x" if state == "unknown" else key).status_code == 401
    [event] = events()
    expected = "account_disabled" if state == "disabled" else f"api_key_{state}"
    assert (event["event"], event["reason"]) == ("login_refused", expected)
    assert event["user_id"] == (None if state == "unknown" else user.id)


@pytest.mark.parametrize("state", ["unknown", "revoked", "expired", "disabled", "password"])
def test_a_refused_code_is_recorded_with_the_exact_reason(client, user, core, clock, events, state):
    issued = access_codes.issue(core, CODES, user.id, ORIGIN)
    code = "x" if state == "unknown" else issued.code
    if state == "revoked":
        access_codes.revoke(core, issued.id, ORIGIN)
    elif state == "expired":
        clock.advance(365 * 86_400)
    elif state == "disabled":
        identities.disable(core, user.id, ORIGIN)
    elif state == "password":
        identities.expire_password(core, user.id, ORIGIN)
    form = {"grant_type": "access_code", "assertion": wrapped(code)}
    assert client.post(f"{AAA}/oauth/token", data=form, headers=HERE).status_code >= 400
    [event] = events()
    expected = {"disabled": "account_disabled", "password": "password_expired"}
    assert event["reason"] == expected.get(state, f"code_{state}")
    assert event["dialect"] == "aaa"


@pytest.mark.parametrize(
    ("client_id", "note"), [("gateway", "gateway"), ("koms-web", "koms-web"), (PASSWORD, None)]
)
def test_a_client_that_proves_nothing_is_recorded_by_name_only_if_it_is_one(
    client, user, identities, events, client_id, note
):
    identities.client("gateway", confidential=True)
    form = {"token": "x", "client_id": client_id, "client_secret": "wrong"}
    assert client.post("/oauth2/introspect", data=form, headers=HERE).status_code == 401
    [event] = events()
    assert (event["reason"], event["note"]) == ("client_unproven", note)
    assert event["dialect"] == "oauth2"


@pytest.fixture
def asking(client, identities):
    """A confidential client that asks about a token, or revokes it."""
    secret = identities.client("gateway", confidential=True)

    def ask(action: str, token: str):
        form = {"token": token, "client_id": "gateway", "client_secret": secret}
        response = client.post(f"/oauth2/{action}", data=form, headers=HERE)
        assert response.status_code == 200
        return response

    return ask


def test_a_revocation_names_the_client_that_asked_for_it(client, user, asking, events):
    headers = {"x-koms-clientid": "koms-web"}
    body = {"account_type": "traditional", "email": user.email, "password": user.password}
    pair = client.post("/session", json=body, headers=headers).json
    asking("revoke", pair["access_token"])
    [event] = events()
    assert (event["event"], event["reason"]) == ("session_ended", "revoked")
    assert (event["note"], event["user_id"]) == ("gateway", user.id)


def test_reuse_and_the_end_of_a_session_are_recorded(client, user, clock, events):
    headers = {"x-koms-clientid": "koms-web"}
    body = {"account_type": "traditional", "email": user.email, "password": user.password}
    pair = client.post("/session", json=body, headers=headers).json
    headers["Authorization"] = f"Bearer {pair['access_token']}"
    refresh = {"refresh_token": pair["refresh_token"]}
    assert client.put("/session", json=refresh, headers=headers).status_code == 200
    clock.advance(10)
    assert client.put("/session", json=refresh, headers={**headers, **HERE}).status_code == 401
    [event] = events()
    assert (event["event"], event["reason"]) == ("token_reused", "token_reused")
    assert (event["user_id"], event["dialect"]) == (user.id, "session")


def test_every_event_of_the_vocabulary_is_recorded_somewhere_and_none_without_an_origin(
    client, core, rows
):
    Tour(core, in_process(client)).take()
    found = rows("SELECT DISTINCT event FROM audit_events")
    # Those of a retired key, a reuse, a seed and the console have tests of their own.
    elsewhere = {Event.KEY_RETIRED, Event.TOKEN_REUSED, Event.SEEDED, Event.PROVEN_AGAIN}
    assert {row["event"] for row in found} == {event.value for event in set(Event) - elsewhere}
    bare = "dialect IS NULL OR ((address IS NULL OR request_id IS NULL) AND dialect <> 'cli')"
    assert rows(f"SELECT * FROM audit_events WHERE {bare}") == []


def test_a_token_that_is_refused_at_verify_is_logged_and_not_written(client, user, events, rows):
    before = rows("SELECT count(*) AS events FROM audit_events")
    client.get("/verify", headers={**HERE, "Authorization": "Bearer forged"})
    assert rows("SELECT count(*) AS events FROM audit_events") == before


class TestLogOfTheDoors:
    @pytest.fixture
    def settings(self, database_url: str, monkeypatch, logged):
        return settings_for(
            database_url, monkeypatch, log_level="info", trusted_proxies="127.0.0.1"
        )

    def test_it_says_why_under_the_requests_id(self, client, logged):
        headers = {**HERE, "X-Forwarded-For": "203.0.113.7", "Authorization": "Bearer forged"}
        client.get("/verify", headers=headers)
        [line] = [json.loads(text) for text in logged.getvalue().splitlines()]
        assert line["refusal"] == "token_malformed"
        assert line["request_id"] == "the-same-id"
        assert line["address"] == "203.0.113.7"
        assert "forged" not in logged.getvalue()

    def test_who_asks_about_tokens_is_named_there_every_time(self, asking, logged):
        for _ in range(2):
            asking("introspect", "x")
        lines = [json.loads(text) for text in logged.getvalue().splitlines()]
        assert [(line["request_id"], line["client"]) for line in lines] == [
            ("the-same-id", "gateway")
        ] * 2

    def test_who_has_not_logged_in_yet_is_no_news(self, client, logged):
        client.get("/verify")
        assert logged.getvalue() == ""
