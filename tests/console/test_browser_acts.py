"""What an operator does, in Chromium: by keyboard, without JavaScript, two at once, and after a pause."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from app.core import identities as core_identities
from tests import grants
from tests.browser.visits import Visit
from tests.factories import ORIGIN, PASSWORD, Somebody

pytestmark = pytest.mark.browser


@pytest.fixture
def user(admin: Somebody, identities, core) -> Somebody:
    """A customer whose session was stolen, and who was refused this morning."""
    user = identities.add("nessa")
    proven = core_identities.prove(core, "nessa", PASSWORD, ORIGIN)
    grants.aaa_session(core, proven, ORIGIN._replace(address="203.0.113.66"))
    return user


def tab_to(page: Page, text: str) -> None:
    """Press Tab until what has the focus says ``text``."""
    said = "document.activeElement.labels?.[0]?.innerText || document.activeElement.innerText || ''"
    for _ in range(60):
        page.keyboard.press("Tab")
        if text == page.evaluate(said).strip():
            return
    pytest.fail(f"the keyboard does not reach {text}")


def test_a_keyboard_alone_is_enough_to_log_in_and_issue_a_key(browse, url, user, rows):
    page = browse().page
    page.goto(f"{url}/console")
    expect(page.locator("[name=username]")).to_be_focused()
    page.keyboard.type("admin")
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_selector("header")
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    for text in ("Users", "nessa", "Issue an API key"):
        tab_to(page, text)
        page.keyboard.press("Enter")
        expect(page.locator("h1")).to_have_text(text)
    tab_to(page, "Days until it expires")
    page.keyboard.type("30")
    page.keyboard.press("Enter")
    expect(page.locator("#secret")).to_have_text(re.compile(r"^[A-Za-z0-9+/]{22}==$"))
    assert len(rows("SELECT id FROM api_keys WHERE expires_at IS NOT NULL")) == 1


def test_the_errand_of_the_issue_takes_five_clicks(browse, enter, url, user, client, rows):
    """Why was the client refused, end the stolen session, issue a new key."""
    refused = client.post(
        "/api/common/1.0/login",
        json={"username": "nessa", "password": "mistyped"},
        headers={"X-Request-ID": "this-morning"},
    )
    assert refused.status_code == 401
    page = enter(browse()).page
    page.goto(f"{url}/console/audit")
    page.fill("#request", "this-morning")
    page.press("#request", "Enter")
    expect(page.locator("#reason ~ .warning strong")).to_have_text("The password was wrong.")
    page.goto(f"{url}/console/users/{user.id}")
    row = page.locator("tr", has_text="203.0.113.66")
    row.first.get_by_role("button", name="End").click()
    expect(page.locator(".note")).to_contain_text("of nessa.")
    assert len(rows("SELECT id FROM sessions WHERE end_reason = 'ended_by_operator'")) == 1


def test_everything_works_without_javascript(browse, url, user, rows):
    page = browse(scripts=False).page
    page.goto(f"{url}/console")
    page.fill("#username", "admin")
    page.fill("#password", PASSWORD)
    page.press("#password", "Enter")
    page.click("text=Users")
    page.fill("#q", "nes")
    page.click("text=Find >> nth=-1")
    expect(page.locator("tbody tr")).to_have_count(1)
    page.click("tbody a")
    expect(page.locator("dd time").first).to_have_text("2026-01-01 00:00:00 UTC")
    page.click("text=Issue an API key")
    page.fill("#days", "7")
    page.click("main button")
    expect(page.locator("#secret")).to_be_visible()
    expect(page.locator("text=Copy it now")).to_be_visible()
    expect(page.get_by_role("button", name="Copy")).to_have_count(0)
    page.click("text=I have it")
    page.check("[name^=end-]")
    page.click("text=End the marked sessions")
    expect(page.locator(".note")).to_have_text("Ended 1 session.")
    page.click("text=Log out")
    expect(page.locator(".alert")).to_have_text("You are logged out.")
    assert rows("SELECT COUNT(*) AS live FROM sessions WHERE ended_at IS NULL") == [{"live": 0}]


def test_a_secret_is_copied_and_never_shown_again(browse, enter, url, user):
    visit: Visit = enter(browse())
    page = visit.page
    visit.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(f"{url}/console/users/{user.id}/access-codes/issue")
    page.click("main button")
    secret = page.inner_text("#secret")
    page.click("text=Copy >> nth=-1")
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == secret
    assert secret not in "".join(visit.requested)
    page.click("text=I have it")
    assert secret not in page.content()


def test_two_operators_at_once_are_told_what_the_other_did(
    browse: Callable[..., Visit], enter, url, user, identities
):
    identities.add("second", roles=("admin",))
    mine, theirs = enter(browse()).page, enter(browse(), "second").page
    for page in (mine, theirs):
        page.goto(f"{url}/console/users/{user.id}/api-keys/{user.id}/revoke")
    theirs.click("main button")
    expect(theirs.locator(".note")).to_contain_text(f"Revoked API key {user.id}")
    mine.click("main button")
    expect(mine.locator("h1")).to_have_text("It is not there any more")
    mine.goto(f"{url}/console/audit?event=api_key_revoked")
    expect(mine.locator("tbody td[data-label=By]")).to_have_text("second")


def test_a_session_that_ends_in_mid_form_loses_nothing_that_was_typed(
    browse, enter, url, user, clock
):
    page = enter(browse()).page
    page.goto(f"{url}/console/users/add")
    typed = {
        "username": "نور",
        "email": "nour@example.com",
        "roles": "auditor",
        "permissions": "npm",
    }
    for name, value in typed.items():
        page.fill(f"#{name}", value)
    page.check("[name=may_be_new]")
    page.fill("#password", "a password nobody has had")
    clock.advance(900)
    page.click("text=Add the user")
    expect(page.locator(".alert")).to_contain_text("What you typed comes back")
    page.fill("#username", "admin")
    page.fill("#password", PASSWORD)
    page.click("main button")
    expect(page.locator(".note")).to_contain_text("Nothing was done yet")
    assert {name: page.input_value(f"#{name}") for name in typed} == typed
    assert page.is_checked("[name=may_be_new]")
    page.fill("#password", "a password nobody has had")
    page.click("text=Add the user")
    expect(page.locator(".note")).to_have_text("Added نور.")


def test_a_proof_is_asked_for_once_in_five_minutes(browse, enter, url, user, clock):
    page = enter(browse()).page
    clock.advance(300)
    page.goto(f"{url}/console/clients/add")
    page.fill("#client_id", "gateway")
    page.fill("#name", "A gateway")
    page.check("[name=confidential]")
    page.fill("#proof", "not the password")
    page.click("main button")
    expect(page.locator(".alert")).to_contain_text("That is not your own password.")
    assert page.is_checked("[name=confidential]")
    page.fill("#proof", PASSWORD)
    page.click("main button")
    expect(page.locator("#secret")).to_be_visible()
    page.goto(f"{url}/console/clients/add")
    expect(page.locator("#proof")).to_have_count(0)


def test_an_admin_is_made_and_is_out_as_soon_as_that_is_taken_away(browse, enter, url, user, clock):
    mine, theirs = enter(browse()).page, browse()
    clock.advance(300)
    for roles in ("admin", ""):
        mine.goto(f"{url}/console/users/{user.id}")
        mine.click("text=Set the roles")
        mine.fill("#roles", roles)
        if roles:
            mine.fill("#proof", PASSWORD)
        mine.click("main button")
        expect(mine.locator(".note")).to_have_text("The roles are set.")
        if roles:
            enter(theirs, "nessa").page.goto(f"{url}/console/users/{user.id}")
    theirs.page.get_by_role("button", name="Unlock").click()
    expect(theirs.page.locator("h1")).to_have_text("Log in")
    expect(theirs.page.locator(".alert")).to_contain_text("does not have the role admin any more")
