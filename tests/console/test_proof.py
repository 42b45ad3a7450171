"""The fresh proof for what gives power away. Neither it nor an ended session loses what was typed."""

import html
import re

import pytest

from app.console.acts import ACTS, SECRETS
from app.core import identities as core_identities
from tests.factories import ORIGIN, PASSWORD, Somebody

from .conftest import Browser, said

ISSUE = "/console/users/1/api-keys/issue"
ADD = "/console/users/add"
TYPED = {"username": "new", "email": "new@example.com", "roles": 'a "b" <c>', "customer": ""}
GIVES_POWER = {
    "user-add",
    "user-set-password",
    "user-set-roles",
    "key-issue",
    "code-issue",
    "client-add",
    "client-rotate-secret",
    "keys-rotate",
    "key-retire",
}


def test_what_gives_power_away_is_stated():
    assert {act.name for act in ACTS if act.gives_power} == GIVES_POWER
    assert {"password", "proof"} == SECRETS


def test_within_five_minutes_of_the_login_no_proof_is_asked_for(browser: Browser, clock):
    clock.advance(299)
    assert "Your own password" not in browser.get(ISSUE).text
    assert browser.do(ISSUE, days="1").status_code == 200


def test_after_five_minutes_the_password_is_asked_for_and_nothing_is_lost(
    browser: Browser, clock, rows
):
    clock.advance(300)
    assert "Your own password" in browser.get(ISSUE).text
    answer = browser.do(ISSUE, days="17")
    assert answer.status_code == 403
    assert said(answer).startswith("Nothing was done yet. Type your own password")
    assert 'value="17"' in answer.text
    assert len(rows("SELECT id FROM api_keys")) == 1
    answer = browser.do(ISSUE, days="17", proof=PASSWORD)
    assert answer.status_code == 200
    events = [row["event"] for row in rows("SELECT event FROM audit_events ORDER BY id")][-2:]
    assert events == ["proven_again", "api_key_issued"]
    assert browser.do(ISSUE, days="18").status_code == 200, "the proof counts for five minutes"


def test_a_wrong_proof_does_nothing_and_counts_as_every_wrong_password(
    browser: Browser, clock, core, rows
):
    clock.advance(300)
    # The address is known to the admin: it has a count of its own beside that of the name.
    for _ in range(2 * core.policy.pause_after_failures):
        answer = browser.do(ISSUE, days="17", proof="not the password")
        assert answer.status_code == 403
        assert said(answer) == "That is not your own password. Nothing was done."
    answer = browser.do(ISSUE, days="17", proof="not the password")
    assert answer.status_code == 429
    assert "rests for a while" in said(answer)
    assert "not the password" not in answer.text
    assert len(rows("SELECT id FROM api_keys")) == 1


def test_the_form_on_the_page_is_good_after_a_wrong_proof(browser: Browser, clock):
    """It was not sent for good, so its token is not spent."""
    clock.advance(300)
    form = {"form": browser.token(ISSUE), "days": "17"}
    assert browser.post(ISSUE, {**form, "proof": "not the password"}).status_code == 403
    assert browser.post(ISSUE, {**form, "proof": PASSWORD}).status_code == 200


def test_acts_that_give_no_power_ask_for_nothing(browser: Browser, clock, identities):
    identities.add()
    clock.advance(300)
    assert browser.do("/console/users/2/disable").status_code == 303


def fields_of(page: str) -> dict[str, str]:
    """The hidden fields of the login, and what the inputs of a form hold."""
    found = re.findall(r'<input[^>]*name="([^"]+)"[^>]*?value="([^"]*)"', page)
    return {name: html.unescape(value) for name, value in found}


def resumed(browser: Browser, answer, password: str = PASSWORD):
    """Log in on the page that a form was answered with."""
    hidden = fields_of(answer.text)
    return browser.log_in(
        password=password, **{n: hidden[n] for n in ("form", "next", "resume", "kept")}
    )


def test_a_session_that_expires_in_mid_form_loses_nothing_but_the_password(
    browser: Browser, clock, rows
):
    form = {"form": browser.token(ADD), **TYPED, "password": "a password nobody has had"}
    clock.advance(900)
    answer = browser.post(ADD, form)
    assert answer.status_code == 401
    assert "Nothing was done yet. What you typed comes back" in said(answer)
    assert "nobody has had" not in answer.text, "the page would hold it, and so its history"
    wrong = resumed(browser, answer, "not the password")
    assert wrong.status_code == 403
    back = resumed(browser, wrong)
    assert back.status_code == 200
    assert said(back).startswith("You are logged in again. Nothing was done yet")
    assert f'action="{ADD}"' in back.text
    shown = fields_of(back.text)
    assert {name: shown[name] for name in TYPED} == TYPED
    done = browser.post(ADD, {**shown, "password": "a password nobody has had"})
    assert done.status_code == 303
    assert rows("SELECT username FROM users WHERE id = 2") == [{"username": "new"}]


def test_marked_sessions_stay_marked(browser: Browser, clock):
    form = {"form": browser.token("/console/sessions", "/console/sessions/end")}
    clock.advance(900)
    answer = browser.post("/console/sessions/end", {**form, "end-0123456789abcdef": "on"})
    back = resumed(browser, answer)
    assert 'name="end-0123456789abcdef" checked' in back.text


@pytest.mark.parametrize(
    ("resume", "kept"),
    [
        ("/console/nothing", "{}"),
        ("/console/users", "{}"),
        ("/console/users/99/disable", "{}"),
        ("https://evil.example/console/users/add", "{}"),
    ],
)
def test_what_cannot_be_resumed_leads_to_the_overview(browsers, admin, resume, kept):
    answer = browsers().log_in(resume=resume, kept=kept)
    assert answer.headers["Location"] == "/console"


@pytest.mark.parametrize("kept", ["", "nonsense", "[]", '{"roles": 1, "username": ["x"]}'])
def test_what_cannot_be_read_of_it_is_left_out(browsers, admin, kept):
    answer = browsers().log_in(resume=ADD, kept=kept)
    assert answer.status_code == 200
    assert fields_of(answer.text)["username"] == ""


@pytest.mark.parametrize("act", ["disable", "expire-password"])
def test_an_operator_cannot_lock_himself_out(browser: Browser, rows, act: str):
    answer = browser.do(f"/console/users/1/{act}")
    assert answer.status_code == 400
    assert "You would lock yourself out." in said(answer).replace("you would", "You would")
    assert browser.get("/console").status_code == 200
    assert rows("SELECT id FROM users WHERE disabled_at IS NOT NULL OR password_expired") == []


@pytest.mark.parametrize(
    ("act", "fields"),
    [("set-password", {"password": "a password nobody has had"}), ("end-sessions", {})],
)
def test_what_ends_the_operators_own_session_says_so_before_and_leads_to_the_login(
    browser: Browser, act: str, fields
):
    page = f"/console/users/1/{act}"
    assert "This is your own account: you will be logged out." in browser.get(page).text
    answer = browser.do(page, **fields)
    assert answer.headers["Location"] == "/console/login?left=1"
    assert browser.get("/console").status_code == 401


def test_two_operators_at_once_are_told_what_the_other_did(browser, browsers, identities, rows):
    identities.add("second", roles=("admin",))
    other = browsers()
    other.log_in("second")
    mine, theirs = browser.token("/console/users/2/api-keys/2/revoke"), None
    theirs = other.token("/console/users/2/api-keys/2/revoke")
    url = "/console/users/2/api-keys/2/revoke"
    assert other.post(url, {"form": theirs}).status_code == 303
    answer = browser.post(url, {"form": mine})
    assert answer.status_code == 404
    assert "There is no such API key, or it is revoked already." in answer.text
    (event,) = rows("SELECT operator FROM audit_events WHERE event = 'api_key_revoked'")
    assert event == {"operator": "second"}


def test_a_session_that_ends_while_its_proof_is_checked_does_nothing(
    browser: Browser, clock, core, admin: Somebody, monkeypatch, rows
):
    clock.advance(300)
    prove = core_identities.prove

    def and_disable(*args: object, **options: object):
        user = prove(*args, **options)  # type: ignore[arg-type]
        core_identities.end_sessions(core, admin.id, ORIGIN)
        return user

    form = {"form": browser.token(ISSUE), "days": "17", "proof": PASSWORD}
    monkeypatch.setattr(core_identities, "prove", and_disable)
    answer = browser.post(ISSUE, form)
    assert answer.status_code == 401
    assert len(rows("SELECT id FROM api_keys")) == 1
