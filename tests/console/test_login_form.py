"""The token of the login form, which there is before any session: login CSRF, tabs, and what is stale."""

import pytest
from flask import Flask

from app import create_app
from tests.factories import PASSWORD

from .conftest import LOGIN, SAME_ORIGIN, Browser, said

ADMIN = {"username": "admin", "password": PASSWORD}
SECRET = "watchword-login"
STALE = (
    "This form is not of this browser any more. Another tab may have logged in, or the browser keeps no"
    " cookies. Type your password once more."
)


def secret_of(browser: Browser) -> str | None:
    found = browser.client.get_cookie(SECRET, path="/console")
    return found.value if found else None


@pytest.fixture
def victim(browsers, admin) -> Browser:
    """Has the login open."""
    browser: Browser = browsers()
    browser.get(LOGIN)
    return browser


def refused(answer, rows) -> None:
    """The login is shown anew, and the password was not even looked at."""
    assert (answer.status_code, said(answer)) == (403, STALE)
    assert 'value="admin"' in answer.text, "the name that was typed"
    assert PASSWORD not in answer.text
    assert rows("SELECT id FROM sessions") == []
    assert rows("SELECT id FROM audit_events WHERE event LIKE 'login%'") == []
    assert rows("SELECT key FROM throttles") == []


@pytest.mark.parametrize("form", [None, "", "x", ".", "x.y", "ä.ö"])
def test_a_login_without_a_token_of_this_browser_opens_nothing(victim: Browser, rows, form):
    fields = ADMIN if form is None else {**ADMIN, "form": form}
    refused(victim.post(LOGIN, fields), rows)
    again = victim.log_in()
    assert again.status_code == 303


def test_a_form_of_another_site_with_the_attackers_own_token_opens_nothing(
    browsers, victim: Browser, rows
):
    """Login CSRF: the victim would work in the attacker's session. No header tells here; the token does."""
    stolen = {**ADMIN, "form": browsers().token(LOGIN)}
    refused(victim.post(LOGIN, stolen), rows)
    answer = victim.client.post(LOGIN, data=stolen)
    assert answer.status_code == 403, "no Origin and no Sec-Fetch-Site: it is not even read"
    assert "This form came from another site" in answer.text
    assert rows("SELECT id FROM sessions") == []


def test_without_the_cookie_its_form_is_nothing(app: Flask, victim: Browser, rows):
    """Of SameSite=Strict a form of another site brings none."""
    form = {**ADMIN, "form": victim.token(LOGIN)}
    answer = app.test_client().post(LOGIN, data=form, headers=SAME_ORIGIN)
    refused(answer, rows)
    assert answer.headers["Set-Cookie"].startswith(f"{SECRET}=")


@pytest.mark.parametrize("planted", ["x", "x" * 42, "é" * 43, "x" * 44])
def test_a_secret_that_is_none_is_replaced(victim: Browser, planted: str):
    victim.client.set_cookie(SECRET, planted, path="/console")
    assert victim.log_in().status_code == 303


def test_all_tabs_have_one_secret_until_somebody_logs_in(victim: Browser, rows):
    first, second = (victim.hidden(LOGIN) for _ in range(2))
    assert first["form"] != second["form"]
    before = secret_of(victim)
    assert victim.post(LOGIN, {**second, **ADMIN, "password": "mistyped"}).status_code == 403
    assert victim.post(LOGIN, {**second, **ADMIN}).status_code == 303
    assert secret_of(victim) is None, "what was known of it before the login is worth nothing"
    answer = victim.post(LOGIN, {**first, **ADMIN, "next": "/console/keys"})
    assert (answer.status_code, said(answer)) == (403, STALE)
    assert 'name="next" value="/console/keys"' in answer.text
    assert secret_of(victim) not in (None, before)
    assert victim.get("/console").status_code == 200, "the first tab's session goes on"
    assert len(rows("SELECT id FROM sessions")) == 1


def test_a_stale_form_keeps_what_the_login_interrupted(victim: Browser):
    kept = {"resume": "/console/users/add", "kept": '{"username": "typed-before"}'}
    answer = victim.post(LOGIN, {**ADMIN, **kept, "form": "stale"})
    assert 'name="resume" value="/console/users/add"' in answer.text
    assert "typed-before" in answer.text
    assert "typed-before" in victim.log_in(**kept).text


def test_a_form_is_good_after_a_restart(settings, clock, victim: Browser):
    form = {**victim.hidden(LOGIN), **ADMIN}
    secret = secret_of(victim)
    assert secret is not None
    restarted = create_app(settings, clock)
    browser = Browser(restarted)
    browser.client.set_cookie(SECRET, secret, path="/console")
    assert browser.post(LOGIN, form).status_code == 303
    restarted.extensions["watchword"].core.close()


def test_its_cookie_is_kept_from_scripts_other_sites_and_other_hosts(app: Flask, admin):
    header = Browser(app).get(LOGIN).headers["Set-Cookie"]
    assert header.startswith(f"{SECRET}=")
    assert header.endswith("; HttpOnly; Path=/console; SameSite=Strict")
    behind_tls = Browser(app, "https://localhost")
    header = behind_tls.get("/console").headers["Set-Cookie"]
    assert header.startswith(f"__Host-{SECRET}=")
    assert header.endswith("; Secure; HttpOnly; Path=/; SameSite=Strict")
    assert "Set-Cookie" not in behind_tls.get(LOGIN).headers, "it is set once"
