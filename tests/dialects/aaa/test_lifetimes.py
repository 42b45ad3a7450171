"""The exact second at which a session and its tokens expire."""

import pytest

from tests.conftest import START, settings_for
from tests.dialects.aaa.conftest import (
    CODES,
    KEEPALIVE,
    NPM_TOKEN,
    assert_refused,
    basic,
    bearer,
    cookie,
)


def test_npm_and_oauth_tokens_expire_at_the_exact_second(api, identities, user, clock):
    npm = api.npm_token(basic(user.username, user.password))
    oauth = api.oauth_token(identities.code(user))
    clock.advance(3_599)
    assert api.keepalive(bearer(npm)).status_code == 204
    assert api.keepalive(bearer(oauth)).status_code == 204
    clock.advance(1)
    for token in (npm, oauth):
        response = api.keepalive(bearer(token))
        assert_refused(response, "AUTH_EXPIRED_TOKEN")
        assert 'error_description="expired"' in response.headers["WWW-Authenticate"]


def test_an_npm_token_of_a_session_that_is_kept_alive_expires_all_the_same(api, user, clock):
    sessid = api.login(user)
    token = api.npm_token(cookie(sessid))
    clock.advance(1_799)
    assert api.keepalive(bearer(token)).status_code == 204
    clock.advance(1_799)
    assert api.keepalive(cookie(sessid)).status_code == 204
    clock.advance(2)
    assert_refused(api.keepalive(bearer(token)), "AUTH_EXPIRED_TOKEN")
    assert api.keepalive(cookie(sessid)).status_code == 204


def test_an_idle_session_ends_at_the_exact_second(api, user, clock):
    first = api.login(user)
    clock.advance(1_799)
    second = api.login(user)
    assert api.keepalive(cookie(first)).status_code == 204
    clock.advance(1_800)
    assert_refused(api.keepalive(cookie(first)), "AUTH_INVALID_SESSION")
    assert_refused(api.keepalive(cookie(second)), "AUTH_INVALID_SESSION")


def test_an_npm_token_of_an_idle_session_is_told_that_it_expired(api, user, clock):
    token = api.npm_token(cookie(api.login(user)))
    clock.advance(1_800)
    assert_refused(api.keepalive(bearer(token)), "AUTH_EXPIRED_TOKEN")


def test_no_use_carries_a_session_beyond_its_absolute_second(api, user, clock, rows):
    sessid = api.login(user)
    for _ in range(43):
        clock.advance(1_000)
        assert api.keepalive(cookie(sessid)).status_code == 204
    [row] = rows("SELECT expires_at FROM sessions")
    assert row["expires_at"] == START + 43_200
    clock.advance(199)
    assert api.keepalive(cookie(sessid)).status_code == 204
    clock.advance(1)
    assert_refused(api.keepalive(cookie(sessid)), "AUTH_INVALID_SESSION")


def test_the_idle_expiry_is_written_at_most_once_a_minute(api, user, clock, rows):
    sessid = api.login(user)
    clock.advance(59)
    api.keepalive(cookie(sessid))
    assert rows("SELECT expires_at FROM sessions") == [{"expires_at": START + 1_800}]
    clock.advance(1)
    api.keepalive(cookie(sessid))
    assert rows("SELECT expires_at FROM sessions") == [{"expires_at": START + 1_860}]


@pytest.mark.parametrize("path", [KEEPALIVE, NPM_TOKEN, CODES])
@pytest.mark.parametrize("by_token", [True, False])
def test_every_resource_pushes_the_idle_expiry_of_the_session_it_is_used_with(
    api, client, user, clock, rows, path, by_token
):
    sessid = api.login(user)
    headers = bearer(api.npm_token(cookie(sessid))) if by_token else cookie(sessid)
    clock.advance(100)
    assert client.get(path, headers=headers).status_code in (200, 204)
    assert rows("SELECT expires_at FROM sessions") == [{"expires_at": START + 1_900}]


def test_a_token_of_its_own_session_is_not_prolonged_by_use(api, user, clock, rows):
    token = api.npm_token(basic(user.username, user.password))
    clock.advance(100)
    assert api.keepalive(bearer(token)).status_code == 204
    assert rows("SELECT expires_at FROM sessions") == [{"expires_at": START + 3_600}]


class TestWithAShortIdleTime:
    @pytest.fixture
    def settings(self, database_url, monkeypatch):
        return settings_for(database_url, monkeypatch, aaa_idle_seconds=100)

    def test_the_idle_expiry_is_written_once_in_a_twentieth_of_it(self, api, user, clock, rows):
        sessid = api.login(user)
        clock.advance(4)
        api.keepalive(cookie(sessid))
        assert rows("SELECT expires_at FROM sessions") == [{"expires_at": START + 100}]
        clock.advance(1)
        api.keepalive(cookie(sessid))
        assert rows("SELECT expires_at FROM sessions") == [{"expires_at": START + 105}]
