"""Who is let in: Basic, tokens and the cookie, which of them counts, and until which second."""

import base64

import pytest

from app.core import identities as core_identities
from tests.conftest import START, settings_for
from tests.factories import ORIGIN, PASSWORD, Identities

from .conftest import (
    CODES,
    COMMON,
    KEEPALIVE,
    NPM_TOKEN,
    assert_refused,
    basic,
    bearer,
    cookie,
)

BASIC_CHALLENGE = 'Basic realm="watchword", charset="UTF-8"'


def test_without_credentials_a_caller_is_asked_for_basic_ones(api):
    response = api.keepalive({})
    assert_refused(response, "AUTH_REQUIRED")
    assert response.headers["WWW-Authenticate"] == BASIC_CHALLENGE


def test_an_unknown_scheme_or_an_empty_cookie_counts_as_no_credentials(api, user):
    sessid = api.login(user)
    assert_refused(api.keepalive({"Authorization": "Digest x", **cookie(sessid)}), "AUTH_REQUIRED")
    assert_refused(api.keepalive(cookie("")), "AUTH_REQUIRED")


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER", "SignedBearer", "signedbearer"])
def test_either_bearer_scheme_takes_a_token_in_any_case(api, identities, user, scheme):
    npm = api.npm_token(basic(user.username, user.password))
    oauth = api.oauth_token(identities.code(user))
    for token in (npm, oauth):
        assert api.keepalive(bearer(token, scheme)).status_code == 204


@pytest.mark.parametrize("scheme", ["basic", "BASIC"])
def test_the_basic_scheme_has_no_case_either(api, user, scheme):
    value = basic(user.username, user.password)["Authorization"].partition(" ")[2]
    assert api.keepalive({"Authorization": f"{scheme} {value}"}).status_code == 204


def test_basic_takes_a_username_or_an_email_and_a_password_with_colons(api, identities):
    identities.add("colon", email="colon@example.com", password="a:b:c:defg:ß")
    assert api.keepalive(basic("COLON", "a:b:c:defg:ß")).status_code == 204
    assert api.keepalive(basic("colon@example.com", "a:b:c:defg:ß")).status_code == 204


def test_two_different_cookies_count_as_none_and_equal_or_empty_ones_do_not_matter(api, user):
    """A stranger on a sibling domain could have planted one of them."""
    own, planted = api.login(user), api.login(user)
    assert_refused(api.keepalive(cookie(f"{planted}; SESSID={own}")), "AUTH_REQUIRED")
    assert_refused(api.keepalive(cookie(f"{own}; a=1; SESSID=nonsense")), "AUTH_REQUIRED")
    assert api.keepalive(cookie(f"{own}; SESSID={own}")).status_code == 204
    assert api.keepalive(cookie(f"; SESSID={own}")).status_code == 204


def test_the_header_wins_over_the_cookie(api, user):
    sessid = api.login(user)
    good = cookie(sessid)
    assert_refused(api.keepalive({**good, **bearer("nonsense")}), "AUTH_INVALID_TOKEN")
    assert_refused(
        api.keepalive({**good, **basic(user.username, "wrong")}), "AUTH_INVALID_CREDENTIALS"
    )
    valid = basic(user.username, user.password)
    assert api.keepalive({**valid, **cookie("nonsense")}).status_code == 204


@pytest.mark.parametrize(
    "header",
    [
        "Basic",
        "Basic %%%",
        "Basic " + base64.b64encode(b"no colon").decode(),
        "Basic " + base64.b64encode(b"\xff\xfe").decode(),
        "Bearer",
        "Bearer a b",
        "SignedBearer é",
    ],
)
def test_an_undecodable_authorization_is_a_malformed_header(api, header):
    response = api.keepalive({"Authorization": header})
    assert_refused(response, "HTTP_INVALID_HEADER")
    assert "WWW-Authenticate" not in response.headers


@pytest.mark.parametrize("charset", ["utf-8", "latin-1"])
def test_basic_credentials_may_come_in_utf_8_or_in_latin_1(api, identities, charset):
    identities.add("jürgen", email="juergen@example.com", password="größte Vorsicht")
    credentials = base64.b64encode("jürgen:größte Vorsicht".encode(charset)).decode()
    assert api.keepalive({"Authorization": f"Basic {credentials}"}).status_code == 204


def test_an_unknown_user_and_a_wrong_password_are_answered_alike(api, client, user, rows):
    def answers(login: str) -> list[tuple[int, bytes, str]]:
        responses = [
            api.keepalive(basic(login, "wrong")),
            client.post(f"{COMMON}/login", json={"username": login, "password": "wrong"}),
        ]
        for response in responses:
            assert_refused(response, "AUTH_INVALID_CREDENTIALS")
            assert response.headers["WWW-Authenticate"] == BASIC_CHALLENGE
        return [(r.status_code, r.data, r.headers["WWW-Authenticate"]) for r in responses]

    assert answers(user.username) == answers("nobody")
    assert rows("SELECT id FROM sessions") == []


def test_a_sessid_is_no_bearer_token_and_a_bearer_token_no_sessid(api, user):
    sessid = api.login(user)
    token = api.npm_token(cookie(sessid))
    response = api.keepalive(bearer(sessid))
    assert_refused(response, "AUTH_INVALID_TOKEN")
    assert 'error="invalid_token"' in response.headers["WWW-Authenticate"]
    response = api.keepalive(cookie(token))
    assert_refused(response, "AUTH_INVALID_SESSION")
    assert response.headers["WWW-Authenticate"] == BASIC_CHALLENGE


def test_a_token_of_another_dialect_counts_for_nothing_here(api, client, identities, user):
    identities.client()
    response = client.post(
        "/session",
        headers={"x-koms-clientid": "koms-web", "Content-Type": "application/json"},
        json={"account_type": "traditional", "email": user.email, "password": user.password},
    )
    assert_refused(api.keepalive(bearer(response.json["access_token"])), "AUTH_INVALID_TOKEN")


@pytest.mark.parametrize(
    "value", ["x", "0" * 64, "g" * 64, "a~b", "a.b.c", "%00", "é", "0" * 8_000]
)
def test_a_cookie_that_is_no_live_session_is_an_invalid_session(api, value):
    assert_refused(api.keepalive(cookie(value)), "AUTH_INVALID_SESSION")


@pytest.mark.parametrize("others", ["a=\xe9; ", "b=\xff\xfe; =; ; c={}; ", 'd="open; '])
def test_the_sites_other_cookies_do_not_hide_the_session(api, user, others):
    sessid = api.login(user)
    assert api.keepalive({"Cookie": f"{others}SESSID={sessid}; z=1"}).status_code == 204


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


TLS = {"wsgi.url_scheme": "https"}


class TestFromOtherSites:
    """A cookie travels by itself, so what a page elsewhere does with it is refused."""

    FOREIGN = (
        {"Sec-Fetch-Site": "cross-site"},
        {"Origin": "https://elsewhere.example"},
        {"Origin": "null"},
        {"Origin": "http://["},
        {"Origin": "http://localhost:8443"},
        {"Origin": "https://localhost"},
        {"Origin": "http://localhost:443"},
        {"Origin": "ftp://localhost"},
        {"Origin": "localhost"},
        {"Origin": "http://localhost/"},
        {"Origin": "http://localhost@elsewhere.example"},
        {"Origin": "http://elsewhere.example, http://localhost"},
        {"Origin": ""},
        {"Origin": "null", "Host": "null"},
        {"Origin": "http://", "Host": ""},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "same-site", "Origin": "https://sibling.localhost"},
        {"Sec-Fetch-Site": "cross-site", "Origin": "http://localhost"},
    )
    OWN = (
        {},
        {"Sec-Fetch-Site": "none"},
        {"Origin": "http://localhost"},
        {"Origin": "HTTP://LOCALHOST"},
        {"Origin": "http://localhost:80"},
        {"Origin": "http://localhost", "Host": "localhost:80"},
        {"Origin": "http://localhost:8000", "Host": "LocalHost:8000"},
        {"Origin": "http://[::1]:8000", "Host": "[::1]:8000"},
        {"Sec-Fetch-Site": "same-site", "Origin": "http://localhost"},
        # A gateway that rewrites Host: the browser's own word counts.
        {"Sec-Fetch-Site": "same-origin", "Origin": "https://public.example"},
    )

    @pytest.mark.parametrize("site", FOREIGN)
    def test_no_unsafe_method_is_let_through_with_the_cookie(self, api, client, user, rows, site):
        headers = {**cookie(api.login(user)), **site}
        for response in (
            client.post(f"{COMMON}/logout", headers=headers),
            client.post(CODES, headers=headers),
            client.delete(f"{CODES}/1", headers=headers),
            client.put(f"{COMMON}/password", headers=headers, json={}),
        ):
            assert_refused(response, "AUTH_FORBIDDEN")
        assert rows("SELECT id FROM sessions WHERE ended_at IS NOT NULL") == []
        assert rows("SELECT id FROM access_codes") == []
        assert api.keepalive(headers).status_code == 204

    @pytest.mark.parametrize("site", OWN)
    def test_the_sites_own_pages_and_programs_are_let_through(self, api, client, user, site):
        headers = {**cookie(api.login(user)), **site}
        assert client.post(CODES, headers=headers).status_code == 201

    @pytest.mark.parametrize(
        ("origin", "status"),
        [
            ("https://localhost", 201),
            ("https://LocalHost:443", 201),
            ("http://localhost", 403),
            ("http://localhost:443", 403),
            ("https://localhost:80", 403),
        ],
    )
    def test_behind_tls_the_sites_origin_is_an_https_one(self, api, client, user, origin, status):
        """The scheme is what the server was told by a trusted proxy."""
        for host in ("localhost", "localhost:443"):
            headers = {**cookie(api.login(user)), "Origin": origin, "Host": host}
            response = client.post(CODES, headers=headers, environ_overrides=TLS)
            assert response.status_code == status

    @pytest.mark.parametrize("site", FOREIGN)
    def test_what_does_not_travel_by_itself_may_come_from_anywhere(self, api, client, user, site):
        token = api.npm_token(basic(user.username, user.password))
        headers = {**bearer(token), **site}
        assert client.post(f"{COMMON}/logout", headers=headers).status_code == 204
