"""Which credentials may make an access code, and when that code ends."""

import pytest

from app.core import identities as core_identities
from app.core import secrets
from tests.factories import ORIGIN, PASSWORD, Identities

from .conftest import CODES, COMMON, assert_refused, basic, bearer, cookie

NEW = "an entirely new one"


def made(client, headers, **body) -> str:
    response = client.post(CODES, headers=headers, json=body)
    assert response.status_code == 201, response.text
    return str(response.json["access_code"])


@pytest.fixture
def by_password(client, user) -> str:
    return made(client, basic(user.username, user.password))


@pytest.mark.parametrize("kind", ["npm of a session", "npm of a password", "oauth"])
@pytest.mark.parametrize("body", [{}, {"username": "John.Doo"}, {"username": "nobody"}])
def test_a_token_that_lives_for_an_hour_makes_none(
    api, client, identities: Identities, core, rows, kind, body
):
    """Not for oneself nor, as an admin, for others."""
    user = identities.add(roles=("admin",))
    match kind:
        case "npm of a session":
            token = api.npm_token(cookie(api.login(user)))
        case "npm of a password":
            token = api.npm_token(basic(user.username, user.password))
        case _:
            token = api.oauth_token(identities.code(user))
    before = rows("SELECT id FROM access_codes")
    assert_refused(client.post(CODES, headers=bearer(token), json=body), "AUTH_FORBIDDEN")
    assert rows("SELECT id FROM access_codes") == before
    assert client.get(CODES, headers=bearer(token)).status_code == 200


def test_one_made_with_a_cookie_ends_with_its_session_and_one_made_with_a_password_does_not(
    api, client, user, by_password, rows
):
    sessid, other = api.login(user), api.login(user)
    code, of_other = made(client, cookie(sessid)), made(client, cookie(other))
    token = api.oauth_token(code)
    assert len(client.get(CODES, headers=cookie(other)).json) == 3
    assert client.post(f"{COMMON}/logout", headers=cookie(sessid)).status_code == 204
    assert_refused(api.exchange(code), "AUTH_INVALID_CODE")
    assert_refused(api.keepalive(bearer(token)), "AUTH_INVALID_TOKEN")
    assert api.exchange(of_other).status_code == api.exchange(by_password).status_code == 200
    assert len(client.get(CODES, headers=cookie(other)).json) == 2


def test_one_made_with_a_cookie_outlives_a_session_that_is_left_alone(api, client, user, clock):
    sessid = api.login(user)
    code = made(client, cookie(sessid))
    clock.advance(1_800)
    assert_refused(api.keepalive(cookie(sessid)), "AUTH_INVALID_SESSION")
    assert api.exchange(code).status_code == 200


def test_a_new_password_ends_all_of_them(api, client, user, by_password):
    sessid = api.login(user)
    code = made(client, cookie(sessid))
    body = {"password": PASSWORD, "new_password": NEW}
    assert client.put(f"{COMMON}/password", headers=cookie(sessid), json=body).status_code == 204
    for each in (code, by_password):
        assert_refused(api.exchange(each), "AUTH_INVALID_CODE")
    assert client.get(CODES, headers=cookie(sessid)).json == []
    assert api.exchange(made(client, cookie(sessid))).status_code == 200


def test_a_disabled_account_ends_them_for_good(api, core, user, by_password):
    core_identities.disable(core, user.id, ORIGIN)
    assert_refused(api.exchange(by_password), "AUTH_DISABLED_ACCOUNT")
    core_identities.enable(core, user.id, ORIGIN)
    assert_refused(api.exchange(by_password), "AUTH_INVALID_CODE")


@pytest.mark.parametrize("by", ["password", "cookie"])
def test_a_password_that_is_replaced_while_a_code_is_made_makes_none(
    api, client, core, user, rows, monkeypatch, by
):
    """The caller was let in before, by the password or by a session of it."""
    headers = cookie(api.login(user)) if by == "cookie" else basic(user.username, user.password)
    mint = secrets.mint

    def overtaken() -> str:
        core_identities.set_password(core, user.id, NEW, ORIGIN)
        return mint()

    monkeypatch.setattr(secrets, "mint", overtaken)
    response = client.post(CODES, headers=headers)
    error_id = "AUTH_INVALID_SESSION" if by == "cookie" else "AUTH_INVALID_CREDENTIALS"
    assert_refused(response, error_id)
    assert rows("SELECT id FROM access_codes") == []
