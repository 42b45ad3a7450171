"""What an attacker tries: tokens of elsewhere, fixed sessions, forms of other sites."""

import pytest
from flask import Flask

from app.core import identities, sessions
from app.core.sessions import introspection
from tests import grants
from tests.cases import each
from tests.factories import ORIGIN, PASSWORD

from .conftest import COOKIE, LOGIN, SAME_ORIGIN, Browser, execute, said

ADMIN = {"username": "admin", "password": PASSWORD}
ISSUE = "/console/users/1/api-keys/issue"


@pytest.fixture
def token(browser: Browser) -> str:
    assert browser.cookie is not None
    return browser.cookie


@each(
    "headers",
    [
        {"Authorization": "Bearer {}"},
        {"Authorization": "SignedBearer {}"},
        {"Cookie": "SESSID={}"},
        {"Cookie": "watchword-console={}"},
        {"X-Original-URI": "/?Token={}"},
    ],
)
def test_a_console_cookie_is_nothing_at_the_doors(client, token, headers):
    given = {name: value.format(token) for name, value in headers.items()}
    assert client.get("/verify", headers=given).status_code == 401
    assert client.get(f"/verify?Token={token}").status_code == 401
    assert client.get("/verify/envoy/x", headers=given).status_code == 401


def test_nor_at_introspection_revocation_and_the_dialects(client, core, identities, token, browser):
    secret = identities.client("gateway", confidential=True)
    asked = {"client_id": "gateway", "client_secret": secret, "token": token}
    assert client.post("/oauth2/introspect", data=asked).json == {"active": False}
    assert client.post("/oauth2/revoke", data=asked).status_code == 200
    assert introspection.judge(core, token) is None
    cookie = {"Cookie": f"SESSID={token}"}
    assert client.get("/api/cascade.aaa/1.0/keepalive", headers=cookie).status_code == 401
    assert browser.get("/console").status_code == 200


@pytest.mark.parametrize("kind", ["sessid", "jwt", "npm", "session", "login"])
def test_a_dialects_token_is_nothing_at_the_console(browsers, admin, core, identities, kind):
    browser = browsers()
    browser.client.set_cookie(COOKIE, token_of(core, identities, kind), path="/console")
    assert browser.get("/console").status_code == 401
    answer = browser.get("/console", headers={"Authorization": f"Bearer {browser.cookie}"})
    assert answer.status_code == 401


def token_of(core, factory, kind: str) -> str:
    proven = identities.prove(core, "admin", PASSWORD, ORIGIN)
    if kind == "jwt":
        return grants.jwt_pair(core, proven, ORIGIN).access
    if kind == "session":
        factory.client("koms-web")
        return grants.session_pair(core, proven, "koms-web", ORIGIN).access
    if kind == "login":
        return "1a5b6a0e-2abc-4997-b6b7-b6ecc72315ca"
    sessid = grants.aaa_session(core, proven, ORIGIN)
    if kind == "sessid":
        return sessid
    return grants.npm_token_of_session(core, sessions.verify(core, sessid)).token


def test_a_session_that_was_fixed_beforehand_is_not_the_one_that_is_opened(browsers, admin, rows):
    """Session fixation: the attacker's own token, or a made-up one, stays what it was."""
    attacker, victim = browsers(), browsers()
    fixed = "f" * 64
    victim.client.set_cookie(COOKIE, fixed, path="/console")
    victim.log_in()
    assert victim.cookie != fixed
    attacker.client.set_cookie(COOKIE, fixed, path="/console")
    assert attacker.get("/console").status_code == 401
    first = victim.cookie
    victim.log_in()
    assert victim.cookie != first
    ended = rows("SELECT end_reason FROM sessions WHERE ended_at IS NOT NULL")
    assert ended == [{"end_reason": "logout"}], "the session that this browser had is over"


@each(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
        {"Sec-Fetch-Site": "cross-site", "Origin": "http://localhost"},
        {"Origin": "https://evil.example"},
        {"Origin": "http://localhost.evil.example"},
        {"Origin": "http://localhost:81"},
        {"Origin": "null"},
        {},
    ],
)
def test_a_form_of_another_site_is_refused(app: Flask, browser: Browser, rows, headers):
    login = {**ADMIN, "form": browser.token(LOGIN)}
    answer = browser.client.post(LOGIN, data=login, headers=headers)
    assert (answer.status_code, "Set-Cookie" in answer.headers) == (403, False)
    form = {"form": browser.token("/console/users/1/disable")}
    answer = browser.client.post("/console/users/1/disable", data=form, headers=headers)
    assert answer.status_code == 403
    assert "another site" in answer.text
    assert rows("SELECT id FROM users WHERE disabled_at IS NOT NULL") == []


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "same-origin"},
        {"Sec-Fetch-Site": "same-origin", "Origin": "http://behind.a.proxy"},
        {"Origin": "http://localhost"},
        {"Origin": "http://LOCALHOST:80"},
    ],
)
def test_a_form_of_this_site_is_taken(browsers, admin, headers):
    browser = browsers()
    login = {**ADMIN, "form": browser.token(LOGIN)}
    answer = browser.client.post(LOGIN, data=login, headers=headers)
    assert answer.status_code == 303


@pytest.mark.parametrize("form", [None, "", "x", "x.y", "ä.ö"])
def test_a_form_without_a_token_of_this_session_does_nothing(browser: Browser, rows, form):
    fields = {"other": "1"} if form is None else {"form": form}
    answer = browser.post("/console/users/1/unlock", fields)
    assert answer.status_code == 403
    assert "not of your session" in answer.text
    assert rows("SELECT id FROM audit_events WHERE event = 'user_unlocked'") == []


def test_a_logout_without_a_token_of_this_session_does_nothing(browser: Browser):
    answer = browser.post("/console/logout", {"form": "x"})
    assert answer.status_code == 403
    assert "not of your session" in answer.text
    assert browser.get("/console").status_code == 200


def test_a_form_of_another_operators_session_does_nothing(browser, browsers, identities, rows):
    identities.add("second", roles=("admin",))
    other = browsers()
    other.log_in("second")
    stolen = other.token("/console/users/1/unlock")
    answer = browser.post("/console/users/1/unlock", {"form": stolen})
    assert answer.status_code == 403
    assert rows("SELECT id FROM audit_events WHERE event = 'user_unlocked'") == []


def test_a_form_that_is_replayed_does_nothing_the_second_time(browser: Browser, rows):
    form = {"form": browser.token(ISSUE), "days": "30"}
    assert browser.post(ISSUE, form).status_code == 200
    answer = browser.post(ISSUE, form)
    assert answer.status_code == 409
    assert "This form was sent already" in answer.text
    assert len(rows("SELECT id FROM api_keys")) == 2, "the factory's own, and one that was issued"


def test_nothing_is_changed_by_get(browser: Browser, rows):
    before = rows("SELECT COUNT(*) FROM audit_events")
    for act in ("disable", "unlock", "end-sessions", "set-password", "api-keys/issue"):
        assert browser.get(f"/console/users/1/{act}").status_code == 200
    assert browser.get("/console/logout").status_code == 405
    assert rows("SELECT COUNT(*) FROM audit_events") == before


def test_an_admin_who_is_demoted_in_mid_session_is_out_at_once(app, browser: Browser, rows):
    execute(app, "UPDATE users SET roles = ''")
    answer = browser.get("/console/users")
    assert answer.status_code == 401
    assert said(answer) == (
        "Your account does not have the role admin any more. Ask another admin."
    )
    execute(app, "UPDATE users SET roles = 'admin'")
    assert browser.get("/console").status_code == 401, "the session does not come back"
    assert rows("SELECT end_reason FROM sessions") == [{"end_reason": "permission_missing"}]


def test_an_admin_who_is_disabled_or_gets_a_new_password_is_out_at_once(browser, core, admin):
    identities.set_password(core, admin.id, "another password entirely", ORIGIN)
    assert browser.get("/console").status_code == 401
    browser.log_in(password="another password entirely")
    assert browser.get("/console").status_code == 200
    identities.disable(core, admin.id, ORIGIN)
    assert browser.get("/console").status_code == 401


def test_a_note_that_the_session_did_not_write_is_not_shown(browser: Browser):
    browser.client.set_cookie("watchword-note", "Call%20me.abc", path="/console")
    assert "Call me" not in browser.get("/console").text


@pytest.mark.parametrize("body", [b"a=%FF", b"form=%00", b"a=1&a=2", b"\xff"])
def test_a_form_that_cannot_be_read_does_nothing(browser: Browser, body: bytes):
    answer = browser.client.post(
        "/console/users/1/unlock",
        data=body,
        headers=SAME_ORIGIN,
        content_type="application/x-www-form-urlencoded",
    )
    assert answer.status_code == 400
    assert "This request is not valid" in answer.text


def test_an_expired_session_and_an_unreadable_form_are_no_fault_of_ours(browsers, admin):
    answer = browsers().client.post(
        "/console/users/1/unlock",
        data=b"\xff",
        headers=SAME_ORIGIN,
        content_type="application/x-www-form-urlencoded",
    )
    assert answer.status_code == 401
