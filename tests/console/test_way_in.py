"""The way into the console: who gets in, for how long, and what every answer carries."""

import pytest
from flask import Flask

from app.core import identities, sessions
from app.core.sessions import private
from tests import grants
from tests.cases import each
from tests.conftest import settings_for
from tests.factories import ORIGIN, PASSWORD

from .conftest import COOKIE, SAME_ORIGIN, Browser, said

PAGES = (
    "/console",
    "/console/users",
    "/console/users/1",
    "/console/users/add",
    "/console/sessions",
    "/console/clients",
    "/console/keys",
    "/console/audit",
    "/console/audit/why",
    "/console/settings",
)


def test_an_admin_gets_in_by_password_and_out_again(browser: Browser, rows):
    assert browser.get("/console").status_code == 200
    (session,) = rows("SELECT dialect, key_id, expires_at - opened_at AS idle FROM sessions")
    assert session == {"dialect": "console", "key_id": None, "idle": 900}
    left = browser.do("/console", "/console/logout")
    assert left.headers["Location"] == "/console/login?left=1"
    assert browser.cookie is None
    assert rows("SELECT end_reason FROM sessions") == [{"end_reason": "logout"}]
    assert said(browser.get("/console/login?left=1")) == "You are logged out."


def test_with_a_slash_the_console_leads_to_its_overview(browser: Browser):
    answer = browser.get("/console/")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/console")
    for path in ("/console", "/console/"):
        posted = browser.client.post(path, headers=SAME_ORIGIN)
        assert (posted.status_code, posted.headers["Allow"]) == (405, "GET, HEAD")
    assert browser.get("/console/users/").status_code == 404


@each("page", PAGES)
def test_every_page_asks_a_stranger_to_log_in(browsers, admin, page: str):
    answer = browsers().get(page)
    assert answer.status_code == 401
    assert "Username or e-mail address" in answer.text
    assert f'name="next" value="{page}"' in answer.text


@each("page", PAGES)
def test_every_page_can_be_opened_and_carries_the_strict_headers(browser: Browser, page: str):
    answer = browser.get(page)
    assert answer.status_code == 200
    headers = answer.headers
    assert headers["Content-Type"] == "text/html; charset=utf-8"
    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "same-origin"
    policy = headers["Content-Security-Policy"].split("; ")
    expected = {"default-src 'none'", "script-src 'self'", "style-src 'self'"}
    assert {*expected, "frame-ancestors 'none'", "form-action 'self'"} <= set(policy)
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert "style=" not in answer.text
    assert "<script>" not in answer.text


def test_a_wrong_password_an_unknown_name_and_no_admin_get_one_answer(browsers, admin, identities):
    identities.add("somebody")
    browser = browsers()
    answers = [
        browser.log_in("admin", "a wrong password"),
        browser.log_in("nobody", PASSWORD),
        browser.log_in("somebody", PASSWORD),
    ]
    assert {answer.status_code for answer in answers} == {403}
    assert {said(answer) for answer in answers} == {
        "That is not the name and password of an admin."
    }
    assert browser.cookie is None


def test_a_refused_login_is_on_record(browsers, identities, rows):
    somebody = identities.add("somebody")
    browsers().log_in("somebody", PASSWORD)
    (event,) = rows("SELECT * FROM audit_events WHERE event = 'login_refused'")
    assert (event["reason"], event["dialect"]) == ("permission_missing", "console")
    assert (event["user_id"], event["address"]) == (somebody.id, "127.0.0.1")
    assert rows("SELECT id FROM sessions") == []


@pytest.mark.parametrize("refusal", ["password_wrong", "identity_taken"])
def test_the_metrics_name_why_a_login_or_an_act_was_refused(browser: Browser, refusal: str):
    series = f'watchword_refusals_total{{dialect="console",refusal="{refusal}"}} '

    def refused() -> float:
        found = browser.get("/metrics").text.partition(series)[2]
        return float(found.split("\n")[0] or 0)

    before = refused()
    if refusal == "password_wrong":
        browser.log_in("admin", "a wrong password")
    else:
        browser.do("/console/users/add", username="admin", email="a@b.de", password=PASSWORD)
    assert refused() == before + 1


def test_guesses_pause_the_name_here_as_everywhere(browsers, admin, core):
    browser = browsers()
    for _ in range(core.policy.pause_after_failures):
        browser.log_in(password="a wrong password")
    answer = browser.log_in()
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "60")
    assert said(answer) == (
        "Too many wrong passwords. This name rests for a while. Try again in 60 seconds."
    )


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (identities.disable, "This account is disabled."),
        (
            identities.expire_password,
            "This password has expired. Change it through one of the APIs, then log in.",
        ),
    ],
)
def test_an_account_that_may_not_log_in_is_told_why(browsers, admin, core, change, text):
    change(core, admin.id, ORIGIN)
    assert said(browsers().log_in()) == text


def test_the_session_idles_out_on_its_second_and_every_use_moves_it(browser: Browser, clock):
    clock.advance(899)
    assert browser.get("/console").status_code == 200
    clock.advance(899)
    assert browser.get("/console").status_code == 200
    clock.advance(900)
    answer = browser.get("/console/users")
    assert answer.status_code == 401
    assert said(answer).startswith("You were logged out because the session was idle")


def test_the_session_is_over_after_eight_hours_however_busy_it_is(browser: Browser, clock):
    for _ in range(47):
        clock.advance(600)
        assert browser.get("/console").status_code == 200
    clock.advance(600)
    assert browser.get("/console").status_code == 401


def test_the_lifetimes_are_settings(database_url, monkeypatch, clock):
    settings = settings_for(
        database_url,
        monkeypatch,
        console="on",
        console_idle_seconds=60,
        console_absolute_seconds=100,
    )
    assert settings.lifetimes["console_idle_seconds"] == 60
    assert settings.lifetimes["console_absolute_seconds"] == 100


def test_the_cookie_is_kept_from_scripts_and_other_sites(browsers, admin):
    header = browsers().log_in().headers["Set-Cookie"]
    assert header.startswith(f"{COOKIE}=")
    assert header.endswith("; HttpOnly; Path=/console; SameSite=Strict")


def test_behind_tls_the_cookie_is_bound_to_this_host(app: Flask, admin):
    browser = Browser(app, "https://localhost")
    header = browser.log_in().headers["Set-Cookie"]
    assert header.startswith(f"__Host-{COOKIE}=")
    assert header.endswith("; Secure; HttpOnly; Path=/; SameSite=Strict")
    assert browser.get("/console").status_code == 200


def test_a_session_is_listed_and_ended_like_every_other(browser: Browser, core):
    (line,) = [it for it in sessions_of(core).lines if it.dialect == "console"]
    assert (line.username, line.state) == ("admin", "live")
    sessions.end_row(core, private_row(core, browser), ORIGIN)
    assert browser.get("/console").status_code == 401


def sessions_of(core):
    from app.core import listings

    return listings.sessions(core, limit=10)


def private_row(core, browser: Browser):
    from app.console.kinds import SESSION

    assert browser.cookie is not None
    return private.verify(core, SESSION, browser.cookie)


def test_the_login_goes_on_to_the_page_that_was_asked_for(browsers, admin):
    answer = browsers().log_in(next="/console/audit?user=admin")
    assert answer.headers["Location"] == "/console/audit?user=admin"


@each(
    "elsewhere",
    [
        "https://evil.example/console",
        "//evil.example",
        "/consolevil",
        "/console\\\\evil",
        "/console/\r\nX: y",
        "/console/login",
        "",
    ],
)
def test_the_login_never_goes_on_to_another_site(browsers, admin, elsewhere: str):
    answer = browsers().log_in(next=elsewhere)
    assert answer.headers["Location"] == "/console"


def test_without_the_setting_there_is_no_console(database_url, monkeypatch, clock):
    from app import create_app

    app: Flask = create_app(settings_for(database_url, monkeypatch), clock)
    answer = app.test_client().get("/console")
    assert (answer.status_code, answer.content_type) == (404, "application/problem+json")
    app.extensions["watchword"].core.close()


def test_an_aaa_session_is_not_one_of_the_console(browsers, admin, core):
    proven = identities.prove(core, "admin", PASSWORD, ORIGIN)
    browser = browsers()
    browser.client.set_cookie(COOKIE, grants.aaa_session(core, proven, ORIGIN), path="/console")
    assert browser.get("/console").status_code == 401
