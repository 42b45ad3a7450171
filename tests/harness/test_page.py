"""The page for people: its files and their policy, and what its buttons do, in Chromium."""

import json
import re
from collections.abc import Callable

import pytest
import requests
from playwright.sync_api import expect

from harness.client import Watchword
from harness.plane.faults import EFFECTS, Faults
from harness.plane.operations.page import ASSETS, STATIC
from tests.browser.visits import Visit
from tests.conftest import START

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self';"
    " connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)
FOCUSABLE = "a[href], button, input, select, summary, [tabindex='0']"
FOCUSED = """all => [
    [...document.querySelectorAll(all)].indexOf(document.activeElement),
    getComputedStyle(document.activeElement).outlineStyle,
]"""
SESSION = {
    "account_type": "traditional",
    "email": "komi@example.com",
    "password": "demonstration-of-session",
}


def log_in(world: Watchword) -> str:
    """The access token of a new session."""
    answer = requests.post(
        f"{world.url}/session", json=SESSION, headers={"x-koms-clientid": "koms-web"}, timeout=5
    )
    return str(answer.json()["access_token"])


def verified(world: Watchword, token: str) -> int:
    headers = {"Authorization": f"Bearer {token}"}
    return requests.get(f"{world.url}/verify", headers=headers, timeout=5).status_code


def test_it_is_html_under_a_strict_policy_without_anything_inline(world):
    answer = requests.get(f"{world.control}/", timeout=5)
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert answer.headers["Content-Security-Policy"] == POLICY
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.text.count("<script type") == answer.text.count("<script") == 1
    for inline in ("<style", "style=", "onload", "onclick", "javascript:", "http:", "https:", "//"):
        assert inline not in answer.text


@pytest.mark.parametrize("asset", ASSETS)
def test_its_scripts_and_styles_are_served_from_here(world, asset):
    answer = requests.get(f"{world.control}/page/{asset}", timeout=5)
    kinds = {"js": "text/javascript", "css": "text/css", "svg": "image/svg+xml"}
    assert answer.status_code == 200
    kind = answer.headers["Content-Type"].partition(";")[0]
    assert kind == kinds[asset.rpartition(".")[2]]
    assert answer.text == (STATIC / asset).read_text()


def test_every_file_of_the_folder_is_of_the_page():
    assert {path.name for path in STATIC.iterdir()} == {*ASSETS, "page.html"}


@pytest.mark.parametrize("path", ["page/", "page/page.html", "page/%2e%2e/errors.py"])
def test_nothing_else_of_the_folder_is_served(world, path):
    answer = requests.get(f"{world.control}/{path}", timeout=5)
    assert (answer.status_code, answer.headers["Content-Type"]) == (404, "application/problem+json")


def test_its_examples_show_every_effect_and_are_valid():
    options = re.findall(r"<option>(.*?)</option>", (STATIC / "page.html").read_text())
    effects = [json.loads(option) for option in options]
    for effect in effects:
        Faults().add({}, effect)
    assert {name for effect in effects for name in effect if name in EFFECTS} == set(EFFECTS)


def test_live_sessions_are_listed_by_their_public_names(world):
    token = log_in(world)
    [line] = world.ask("GET", "/sessions")["sessions"]
    assert (line["username"], line["dialect"], line["client_id"]) == ("komi", "session", "koms-web")
    assert line["opened_at"] == START
    assert world.ask("GET", f"/sessions?after={line['session']}") == {"sessions": []}
    assert token not in json.dumps(line)
    world.act(end_session=line["session"])
    assert world.ask("GET", "/sessions") == {"sessions": []}


@pytest.fixture
def visit(browse: Callable[..., Visit], world: Watchword) -> Visit:
    """The page of a world, as somebody uses it."""
    return opened(browse(), world)


def opened(visit: Visit, world: Watchword) -> Visit:
    visit.page.goto(f"{world.control}/")
    expect(visit.page.locator("#world")).to_have_text(world.name)
    return visit


@pytest.mark.browser
def test_the_clock_is_turned_with_its_buttons(visit, world):
    page = visit.page
    expect(page.locator("#time")).to_contain_text("2026-01-01T00:00:00Z")
    page.click("button[data-seconds='3600']")
    expect(page.locator("#time")).to_contain_text("2026-01-01T01:00:00Z")
    assert world.clock.now().timestamp() == START + 3600
    page.fill("#clock-set [name=when]", "2027-03-28T00:59:50")
    page.click("#clock-set button")
    expect(page.locator("#time")).to_contain_text("2027-03-28T00:59:50Z")
    page.click("#clock-freeze")
    expect(page.locator("#pace")).to_contain_text("runs at rate 1")
    assert visit.complaints == []


@pytest.mark.browser
def test_a_session_appears_and_is_ended_with_its_button(visit, world):
    token = log_in(world)
    expect(visit.page.locator("#sessions")).to_contain_text("komi")
    assert verified(world, token) == 204
    visit.page.click("#sessions button")
    expect(visit.page.locator("#said")).to_contain_text("has ended")
    expect(visit.page.locator("#sessions tr")).to_have_count(0)
    assert verified(world, token) == 401
    assert visit.complaints == []


@pytest.mark.browser
def test_the_journal_grows_while_one_looks_at_it(visit, world):
    verified(world, "no-token-at-all")
    expect(visit.page.locator("#journal li")).to_contain_text("GET /verify")
    expect(visit.page.locator("#journal li")).to_contain_text("401")
    assert "harness" in visit.page.title()
    assert world.journal.count() == 1, "the page itself asks nothing of the world"


@pytest.mark.browser
def test_a_fault_is_added_seen_to_fire_and_removed(visit, world):
    page = visit.page
    page.fill("#fault [name=operation]", "POST /session")
    page.fill("#fault [name=nth]", "1")
    page.fill("#fault [name=effect]", '{"status": 503}')
    page.click("#fault > button")
    expect(page.locator("#faults")).to_contain_text("operation POST /session, nth 1")
    answer = requests.post(f"{world.url}/session", json=SESSION, timeout=5)
    assert answer.status_code == 503
    expect(page.locator("#faults")).to_contain_text("met 1, fired 1")
    page.click("#faults button")
    expect(page.locator("#faults")).to_contain_text("all is well")
    assert world.faults.all() == []


@pytest.mark.browser
def test_a_wrong_effect_is_told_by_its_place(visit):
    visit.page.fill("#fault [name=effect]", '{"status": 200}')
    visit.page.click("#fault > button")
    expect(visit.page.locator("#said.bad")).to_contain_text(
        "/effect/status must be a status from 400 to 599"
    )


@pytest.mark.browser
def test_snapshots_identities_and_worlds_are_on_it(visit, world):
    page = visit.page
    expect(page.locator("#users")).to_contain_text("demonstration-of-session")
    expect(page.locator("#clients")).to_contain_text("Fk2mTx0eW7nQ4sVbR9cLpY")
    page.fill("#keep [name=name]", "before")
    page.click("#keep button")
    expect(page.locator("#snapshots")).to_contain_text("before")
    world.clock.tick(60)
    page.click("#snapshots button")
    expect(page.locator("#time")).to_contain_text("2026-01-01T00:00:00Z")
    page.click("#reset")
    expect(page.locator("#said")).to_contain_text("as its seed says")
    expect(page.locator("#worlds [aria-current]")).to_contain_text(world.name)


@pytest.mark.browser
def test_it_is_used_by_keyboard_alone(visit, world):
    """Tab reaches all that can be used, in the order of the page, and shows where it is."""
    log_in(world)
    page = visit.page
    expect(page.locator("#sessions")).to_contain_text("komi")
    count = page.locator(FOCUSABLE).count()
    reached = [-1]
    while reached[-1] < count - 1:
        page.keyboard.press("Tab")
        place, outline = page.evaluate(FOCUSED, FOCUSABLE)
        assert outline != "none", f"nothing shows that {place} has the focus"
        # A field for a time has several parts.
        assert place - reached[-1] in (0, 1)
        reached.append(place)
    page.focus("button[data-seconds='3600']")
    page.keyboard.press("Enter")
    expect(page.locator("#time")).to_contain_text("2026-01-01T01:00:00Z")
    page.focus("#sessions button")
    page.keyboard.press("Space")
    expect(page.locator("#said")).to_contain_text("has ended")


@pytest.mark.browser
def test_everybody_can_read_it(browse, world):
    """axe-core finds nothing, on a telephone and on a wide screen, in light and dark.

    The page is full, an entry of the journal is open, and a mistake is told.
    """
    visit = opened(browse(360), world)
    log_in(world)
    world.faults.add("POST /session", nth=9, status=503)
    world.snapshot("before")
    expect(visit.page.locator("#sessions")).to_contain_text("komi")
    visit.page.click("#journal summary")
    expect(visit.page.locator("#journal pre")).to_contain_text("koms-web")
    visit.page.fill("#fault [name=effect]", "{")
    visit.page.click("#fault > button")
    expect(visit.page.locator("#said.bad")).to_contain_text("is not JSON")
    for width in (360, 1920):
        visit.resize(width)
        assert not visit.overflows(), width
        assert visit.violations("light", "dark") == [], width
    for scheme in ("dark", "light"):
        visit.colour(scheme)
        background = visit.page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert (background == "rgb(246, 248, 250)") == (scheme == "light")
