"""Expired passwords, disabled accounts and paused names."""

import pytest

from app.core import identities as core_identities
from tests.dialects.aaa.conftest import (
    CODES,
    COMMON,
    KEEPALIVE,
    NPM_TOKEN,
    assert_refused,
    basic,
    bearer,
    cookie,
)
from tests.factories import ORIGIN, PASSWORD, Identities


def test_an_expired_password_only_lets_its_owner_change_it_or_log_out(
    api, client, core, identities: Identities, user
):
    old = api.login(user)
    npm = api.npm_token(cookie(old))
    oauth = api.oauth_token(identities.code(user))
    core_identities.expire_password(core, user.id, ORIGIN)
    new = api.login(user)
    everybody = [
        cookie(old),
        cookie(new),
        bearer(npm),
        bearer(oauth),
        basic(user.username, user.password),
    ]
    for headers in everybody:
        for path in (KEEPALIVE, NPM_TOKEN, CODES):
            assert_refused(client.get(path, headers=headers), "AUTH_EXPIRED_PASSWORD")
        for response in (
            client.post(CODES, headers=headers),
            client.delete(f"{CODES}/1", headers=headers),
        ):
            assert_refused(response, "AUTH_EXPIRED_PASSWORD")
    for headers in (cookie(old), bearer(oauth), basic(user.username, user.password)):
        assert client.post(f"{COMMON}/logout", headers=headers).status_code == 204
    response = client.put(
        f"{COMMON}/password",
        headers=cookie(new),
        json={"password": user.password, "new_password": "an entirely new one"},
    )
    assert response.status_code == 204
    assert api.keepalive(cookie(new)).status_code == 204
    assert api.keepalive(basic(user.username, "an entirely new one")).status_code == 204


def test_basic_credentials_alone_change_an_expired_password(api, client, core, user):
    core_identities.expire_password(core, user.id, ORIGIN)
    response = client.put(
        f"{COMMON}/password",
        headers=basic(user.username, user.password),
        json={"password": user.password, "new_password": "an entirely new one"},
    )
    assert response.status_code == 204
    assert api.keepalive(basic(user.username, "an entirely new one")).status_code == 204


def test_a_disabled_account_is_told_so_only_to_who_proved_to_be_its_owner(
    api, client, core, user, rows
):
    sessid = api.login(user)
    token = api.npm_token(cookie(sessid))
    core_identities.disable(core, user.id, ORIGIN)
    for headers in (cookie(sessid), bearer(token), basic(user.username, user.password)):
        response = api.keepalive(headers)
        assert_refused(response, "AUTH_DISABLED_ACCOUNT")
        assert "error_info" not in response.json
        assert "Retry-After" not in response.headers
    assert_refused(api.keepalive(basic(user.username, "wrong")), "AUTH_INVALID_CREDENTIALS")
    core_identities.enable(core, user.id, ORIGIN)
    assert_refused(api.keepalive(cookie(sessid)), "AUTH_INVALID_SESSION")
    assert_refused(api.keepalive(bearer(token)), "AUTH_INVALID_TOKEN")
    assert len(rows("SELECT id FROM sessions WHERE end_reason = 'account_disabled'")) == 1


@pytest.mark.parametrize("login", ["John.Doo", "nobody"])
def test_a_name_pauses_after_wrong_passwords_whether_it_exists_or_not(
    api, client, user, clock, login
):
    for _ in range(10):
        assert_refused(api.keepalive(basic(login, "wrong")), "AUTH_INVALID_CREDENTIALS")
    for response in (
        api.keepalive(basic(login, PASSWORD)),
        client.post(f"{COMMON}/login", json={"username": login, "password": PASSWORD}),
    ):
        assert_refused(response, "AUTH_DISABLED_ACCOUNT")
        assert response.json["error_info"] == {"retry_after": 60}
        assert response.headers["Retry-After"] == "60"
    clock.advance(60)
    expected = 204 if login == user.username else 401
    assert api.keepalive(basic(login, PASSWORD)).status_code == expected


def elsewhere(client, headers: dict[str, str]):
    """Keepalive from an address that the user never logged in from."""
    return client.get(KEEPALIVE, headers=headers, environ_base={"REMOTE_ADDR": "192.0.2.1"})


def test_a_pause_is_not_felt_by_tokens_or_where_the_user_lately_logged_in(
    api, client, identities, user
):
    code = identities.code(user)
    token = api.npm_token(basic(user.username, user.password))
    for _ in range(10):
        elsewhere(client, basic(user.username, "wrong"))
    response = elsewhere(client, basic(user.username, PASSWORD))
    assert_refused(response, "AUTH_DISABLED_ACCOUNT")
    assert api.keepalive(basic(user.username, PASSWORD)).status_code == 204
    assert api.keepalive(bearer(token)).status_code == 204
    assert api.exchange(code).status_code == 200
