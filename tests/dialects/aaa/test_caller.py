"""Authentication by Basic, tokens and the cookie, and which of them decides."""

import base64

import pytest

from app.dialects.aaa.caller import SessionCookie
from tests.cases import each
from tests.dialects.aaa.conftest import (
    COMMON,
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


@each(
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


def test_a_session_cookie_that_is_printed_does_not_tell_what_it_holds():
    assert "secret" not in repr(SessionCookie("secret"))


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


@each("value", ["x", "0" * 64, "g" * 64, "a~b", "a.b.c", "%00", "é", "0" * 8_000])
def test_a_cookie_that_is_no_live_session_is_an_invalid_session(api, value):
    assert_refused(api.keepalive(cookie(value)), "AUTH_INVALID_SESSION")


@pytest.mark.parametrize("others", ["a=\xe9; ", "b=\xff\xfe; =; ; c={}; ", 'd="open; '])
def test_the_sites_other_cookies_do_not_hide_the_session(api, user, others):
    sessid = api.login(user)
    assert api.keepalive({"Cookie": f"{others}SESSID={sessid}; z=1"}).status_code == 204
