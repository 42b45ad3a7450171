"""Each resource of the AAA services, answered in full."""

import pytest

from app.core import identities
from app.core.sessions import tokens
from tests.conftest import START, settings_for
from tests.factories import ORIGIN, PASSWORD, Identities
from tests.grants import Purpose

from .conftest import CASCADE, COMMON, KEEPALIVE, NPM_TOKEN, assert_refused, basic, bearer, cookie


def test_keepalive_answers_204_with_neither_body_nor_content_type(api, user):
    response = api.keepalive(cookie(api.login(user)))
    assert response.status_code == 204
    assert response.data == b""
    assert "Content-Type" not in response.headers


def test_an_npm_token_for_basic_credentials_is_the_documented_struct_and_a_session_of_its_own(
    api, client, user, rows
):
    response = client.get(NPM_TOKEN, headers=basic(user.username, user.password))
    assert response.status_code == 200
    token = response.json["access_token"]
    assert response.text == (
        f'{{"expires_at":{int(START) + 3600},"token_type":"Bearer","access_token":"{token}"}}'
    )
    assert api.keepalive(bearer(token)).status_code == 204
    [row] = rows("SELECT dialect, user_id, expires_at, token_digest FROM sessions")
    assert row == {
        "dialect": "aaa",
        "user_id": user.id,
        "expires_at": START + 3600,
        "token_digest": None,
    }


def test_an_npm_token_has_no_dot_so_that_either_scheme_fits(api, core, user):
    sessid = api.login(user)
    token = api.npm_token(cookie(sessid))
    assert "." not in token
    assert tokens.read(core, token).purpose is Purpose.AAA_NPM


def test_an_npm_token_asked_for_through_a_session_is_a_view_of_it_and_ends_with_it(api, user, rows):
    sessid = api.login(user)
    by_cookie = api.npm_token(cookie(sessid))
    by_token = api.npm_token(bearer(by_cookie))
    assert len(rows("SELECT id FROM sessions")) == 1
    assert api.keepalive(bearer(by_token)).status_code == 204
    assert api.http.post(f"{COMMON}/logout", headers=cookie(sessid)).status_code == 204
    assert_refused(api.keepalive(bearer(by_cookie)), "AUTH_INVALID_TOKEN")
    assert_refused(api.keepalive(bearer(by_token)), "AUTH_INVALID_TOKEN")


def test_an_npm_token_does_not_outlive_the_session_it_was_asked_for_through(
    client, api, user, clock, rows
):
    sessid = api.login(user)
    for _ in range(27):
        clock.advance(1_500)
        assert api.keepalive(cookie(sessid)).status_code == 204
    response = client.get(NPM_TOKEN, headers=cookie(sessid))
    assert response.json["expires_at"] == int(START) + 43_200
    [row] = rows("SELECT expires_at FROM sessions")
    assert row["expires_at"] == START + 27 * 1_500 + 1_800


def test_an_npm_token_needs_the_permission_npm(api, client, identities: Identities, rows):
    plain = identities.add("plain", permissions=())
    sessid = api.login(plain)
    for headers in (basic("plain", PASSWORD), cookie(sessid)):
        assert_refused(client.get(NPM_TOKEN, headers=headers), "AUTH_FORBIDDEN")
    assert len(rows("SELECT id FROM sessions")) == 1


def test_ping_answers_204_to_anybody_whatever_they_present(client):
    assert client.get(f"{COMMON}/ping").status_code == 204
    assert client.get(f"{COMMON}/ping", headers=bearer("nonsense")).status_code == 204


def test_services_lists_both_services_with_their_versions(client):
    response = client.get(f"{COMMON}/services")
    assert response.status_code == 200
    assert response.json == [
        {"id": "cascade.aaa", "versions": ["1.0"]},
        {"id": "common", "versions": ["1.0"]},
    ]


@pytest.fixture
def settings(database_url, monkeypatch):
    return settings_for(database_url, monkeypatch, login_banner="Authorized use only. «ß»")


def test_auth_info_names_every_method_and_the_operators_banner(client):
    response = client.get(f"{COMMON}/auth_info")
    assert response.status_code == 200
    assert response.json == {
        "supported_methods": ["BASIC", "COOKIE", "OAUTH_2_0", "OAUTH2.0"],
        "specify_purpose": False,
        "login_banner": "Authorized use only. «ß»",
    }


def test_a_login_hands_out_64_hexadecimal_digits_and_the_cookie_of_that_name(client, user, rows):
    response = client.post(
        f"{COMMON}/login",
        json={"username": user.email.upper(), "password": user.password, "purpose": "tests"},
    )
    assert response.status_code == 200
    sessid = response.json["session_id"]
    assert response.text == f'{{"session_key":"SESSID","session_id":"{sessid}"}}'
    assert len(bytes.fromhex(sessid)) == 32
    assert response.headers.getlist("Set-Cookie") == [
        f"SESSID={sessid}; HttpOnly; Path=/; SameSite=Lax"
    ]
    assert response.headers["Cache-Control"] == "no-store"
    [row] = rows("SELECT expires_at, absolute_expires_at, token_digest, ended_at FROM sessions")
    assert sessid.encode() not in row.pop("token_digest")
    assert row == {
        "expires_at": START + 1_800,
        "absolute_expires_at": START + 43_200,
        "ended_at": None,
    }


def test_the_cookie_is_secure_behind_tls(client, user):
    response = client.post(
        f"{COMMON}/login",
        base_url="https://localhost",
        json={"username": user.username, "password": user.password},
    )
    assert "; Secure;" in response.headers["Set-Cookie"]


def test_a_logout_ends_the_session_and_expires_the_cookie(api, client, user, rows):
    sessid = api.login(user)
    response = client.post(f"{COMMON}/logout", headers=cookie(sessid))
    assert response.status_code == 204
    assert response.data == b""
    assert response.headers["Set-Cookie"].startswith("SESSID=; ")
    assert "Max-Age=0; HttpOnly; Path=/; SameSite=Lax" in response.headers["Set-Cookie"]
    assert_refused(api.keepalive(cookie(sessid)), "AUTH_INVALID_SESSION")
    [row] = rows("SELECT ended_at, end_reason FROM sessions")
    assert row == {"ended_at": START, "end_reason": "logout"}


def test_a_logout_by_token_ends_its_session_and_leaves_cookies_alone(api, client, user, rows):
    sessid = api.login(user)
    token = api.npm_token(cookie(sessid))
    response = client.post(f"{COMMON}/logout", headers=bearer(token))
    assert response.status_code == 204
    assert "Set-Cookie" not in response.headers
    assert_refused(api.keepalive(cookie(sessid)), "AUTH_INVALID_SESSION")
    [row] = rows("SELECT end_reason FROM sessions")
    assert row == {"end_reason": "logout"}


def test_a_logout_by_basic_ends_nothing(api, client, user, rows):
    sessid = api.login(user)
    headers = basic(user.username, user.password)
    response = client.post(f"{COMMON}/logout", headers=headers)
    assert response.status_code == 204
    assert "Set-Cookie" not in response.headers
    assert api.keepalive(cookie(sessid)).status_code == 204
    [row] = rows("SELECT ended_at FROM sessions")
    assert row["ended_at"] is None


def test_a_new_password_ends_the_users_other_sessions_in_every_dialect(
    api, client, identities: Identities, user, rows
):
    identities.client()
    client.post(
        "/session",
        headers={"x-koms-clientid": "koms-web", "Content-Type": "application/json"},
        json={
            "account_type": "traditional",
            "email": user.email,
            "password": user.password,
        },
    )
    other, own = api.login(user), api.login(user)
    own_token = api.npm_token(cookie(own))
    response = client.put(
        f"{COMMON}/password",
        headers=cookie(own),
        json={"password": user.password, "new_password": "an entirely new one"},
    )
    assert response.status_code == 204
    assert api.keepalive(cookie(own)).status_code == 204
    assert api.keepalive(bearer(own_token)).status_code == 204
    assert_refused(api.keepalive(cookie(other)), "AUTH_INVALID_SESSION")
    assert_refused(api.keepalive(basic(user.username, user.password)), "AUTH_INVALID_CREDENTIALS")
    assert api.keepalive(basic(user.username, "an entirely new one")).status_code == 204
    ended = rows("SELECT dialect FROM sessions WHERE end_reason = 'password_changed' ORDER BY 1")
    assert [row["dialect"] for row in ended] == ["aaa", "session"]


def test_a_new_password_by_basic_ends_all_sessions(api, client, user):
    sessid = api.login(user)
    response = client.put(
        f"{COMMON}/password",
        headers=basic(user.username, user.password),
        json={"password": user.password, "new_password": "an entirely new one"},
    )
    assert response.status_code == 204
    assert_refused(api.keepalive(cookie(sessid)), "AUTH_INVALID_SESSION")


def test_a_password_is_not_changed_without_the_current_one(api, client, user, rows):
    before = rows("SELECT password_hash, epoch FROM users")
    response = client.put(
        f"{COMMON}/password",
        headers=cookie(api.login(user)),
        json={"password": "a wrong one", "new_password": "an entirely new one"},
    )
    assert_refused(response, "AUTH_INVALID_CREDENTIALS")
    assert rows("SELECT password_hash, epoch FROM users") == before


@pytest.mark.parametrize(
    ("new", "reason"),
    [
        ("short", "The password must have at least 8 characters."),
        ("x" * 129, "The password must have at most 128 characters."),
        ("password123", "The password is on the list of common passwords."),
    ],
)
def test_a_password_that_fails_the_policy_is_refused_with_the_reason(
    api, client, user, rows, new, reason
):
    before = rows("SELECT password_hash, epoch FROM users")
    response = client.put(
        f"{COMMON}/password",
        headers=cookie(api.login(user)),
        json={"password": user.password, "new_password": new},
    )
    assert response.json == {
        "error_id": "REQUEST_INVALID_INPUT",
        "error_text": f"Malformed input structure. {reason}",
    }
    assert_refused(response, "REQUEST_INVALID_INPUT")
    assert rows("SELECT password_hash, epoch FROM users") == before


@pytest.mark.parametrize(
    ("act", "error_id", "status"),
    [
        (lambda *given: identities.set_password(*given, ORIGIN), "AUTH_INVALID_CREDENTIALS", 401),
        (lambda core, uid, _: identities.disable(core, uid, ORIGIN), "AUTH_DISABLED_ACCOUNT", 403),
        (
            lambda core, uid, _: identities.expire_password(core, uid, ORIGIN),
            "AUTH_EXPIRED_PASSWORD",
            403,
        ),
    ],
    ids=["set-password", "disable", "expire-password"],
)
def test_a_change_that_an_operator_overtook_is_told_what_holds_now(
    api, client, core, user, rows, monkeypatch, act, error_id, status
):
    hash_ = core.passwords.hash

    def hashed(*arguments, **options):
        patch.undo()
        act(core, user.id, "what the operator set")
        return hash_(*arguments, **options)

    sessid = api.login(user)
    with monkeypatch.context() as patch:
        patch.setattr(core.passwords, "hash", hashed)
        response = client.put(
            f"{COMMON}/password",
            headers=cookie(sessid),
            json={"password": user.password, "new_password": "an entirely new one"},
        )
    assert_refused(response, error_id, status=status)
    wrong = api.keepalive(basic(user.username, "an entirely new one"))
    assert_refused(wrong, "AUTH_INVALID_CREDENTIALS")


def test_a_success_carries_the_callers_request_id_and_is_not_to_be_stored(api, user):
    response = api.http.get(
        KEEPALIVE,
        headers={**basic(user.username, user.password), "X-Request-ID": "of-the-caller-1"},
    )
    assert response.headers["X-Request-ID"] == "of-the-caller-1"
    assert response.headers["Cache-Control"] == "no-store"


def test_the_prefixes_are_the_documented_ones(client):
    assert_refused(client.get(f"{CASCADE}/"), "RESOURCE_NOT_FOUND")
    assert_refused(client.get("/api/cascade.aaa/2.0/keepalive"), "RESOURCE_NOT_FOUND")
    for path in ("/api/cascade.aaax/1.0/keepalive", "/api/commons/1.0/ping", "/api"):
        assert client.get(path).content_type == "application/problem+json"
