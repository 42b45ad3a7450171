"""The audit trail names the client application of an event, and records false claims to be one."""

from base64 import b64encode

import pytest

from tests.factories import PASSWORD, Identities, Somebody

from .tour import JSON, bearer

HERE = {**JSON, "X-Request-ID": "the-same-id"}
APP = "app:1"


@pytest.fixture
def user(identities: Identities) -> Somebody:
    identities.client("koms-web")
    identities.client(APP, confidential=True)
    return identities.add()


@pytest.fixture
def session(client):
    """One request of the session API."""

    def ask(method: str, path: str, body: object = None, token: str | None = None):
        headers = {**HERE, "x-koms-clientid": "koms-web", **(bearer(token) if token else {})}
        return client.open(path, method=method, json=body, headers=headers)

    return ask


def test_every_event_of_the_session_api_names_the_client(session, user, clock, rows):
    login = {"account_type": "traditional", "email": user.email, "password": PASSWORD}
    session("POST", "/user", {"email": "new@example.com", "password": PASSWORD})
    session("POST", "/user", {"email": user.email, "password": PASSWORD})
    session("POST", "/session", login | {"password": "wrong"})
    stolen, ended = (session("POST", "/session", login).json for _ in range(2))
    session("DELETE", "/session", token=ended["access_token"])
    for _ in range(2):
        refresh = {"refresh_token": stolen["refresh_token"]}
        session("PUT", "/session", refresh, stolen["access_token"])
        clock.advance(10)
    found = rows("SELECT event, note FROM audit_events WHERE dialect = 'session' ORDER BY id")
    assert [row["event"] for row in found] == [
        "user_added",
        "login_refused",
        "login_refused",
        "login",
        "login",
        "session_ended",
        "token_reused",
    ]
    assert {row["note"] for row in found} == {"koms-web"}


NO_TEXT = [f"{APP}:x\0".encode(), b"\0:x", APP.encode() + b":%00", b"%ff:%ff", b"\xff:\xff"]


@pytest.mark.parametrize("pair", NO_TEXT)
@pytest.mark.parametrize(
    ("path", "note"),
    [("/session", APP), ("/user", APP), ("/oauth2/introspect", None), ("/oauth2/revoke", None)],
)
def test_basic_credentials_of_a_client_that_are_no_text_are_a_wrong_guess_on_record(
    client, user, rows, path, note, pair
):
    headers = {
        **HERE,
        "x-koms-clientid": APP,
        "Authorization": f"Basic {b64encode(pair).decode()}",
        "Content-Type": JSON["Content-Type"] if note else "application/x-www-form-urlencoded",
    }
    answer = client.post(path, data="{}" if note else "token=x", headers=headers)
    assert answer.status_code == 401
    [event] = rows("SELECT event, reason, note FROM audit_events WHERE request_id = 'the-same-id'")
    assert (event["event"], event["reason"]) == ("login_refused", "client_unproven")
    assert event["note"] in (note, APP if pair.startswith(APP.encode()) else None)
    assert {row["failures"] for row in rows("SELECT failures FROM throttles")} == {1}
