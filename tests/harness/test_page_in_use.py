"""The page for people in Chromium: what its buttons do, and that it is for the keyboard, a screen reader,
large letters and dark colours too."""

from collections.abc import Callable

import pytest
import requests
from playwright.sync_api import Page, expect

from harness.client import Watchword
from tests.browser.visits import Visit
from tests.conftest import START

from .test_page import SESSION, log_in

pytestmark = pytest.mark.browser

FOCUSABLE = "a[href], button, input, select, summary, [tabindex='0']"
FOCUSED = """all => [
    [...document.querySelectorAll(all)].indexOf(document.activeElement),
    getComputedStyle(document.activeElement).outlineStyle,
]"""
MOST_TABS = 80
NAMED = "document.activeElement.getAttribute('aria-label') ?? document.activeElement.name"
# Of each control the least contrast with the ground (WCAG 2.2, 1.4.11): of its edge, or of its focus.
CONTRASTS = """() => {
  const lightness = (colour) => {
    const parts = colour.match(/[\\d.]+/g).slice(0, 3).map((part) => part / 255)
      .map((part) => part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2];
  };
  const contrast = (one, other) => {
    const [low, high] = [lightness(one), lightness(other)].sort((a, b) => a - b);
    return (high + 0.05) / (low + 0.05);
  };
  return [...document.querySelectorAll("section button, section input:not([type=checkbox]), section select")]
    .map((each) => {
      const ground = getComputedStyle(each.closest("section")).backgroundColor;
      each.focus({ focusVisible: true });
      const style = getComputedStyle(each);
      return Math.min(contrast(style.borderColor, ground), contrast(style.outlineColor, ground));
    });
}"""


def verified(world: Watchword, token: str) -> int:
    headers = {"Authorization": f"Bearer {token}"}
    return requests.get(f"{world.url}/verify", headers=headers, timeout=5).status_code


def tab_to(page: Page, name: str) -> None:
    """Press Tab until the element of this name has the focus."""
    for _ in range(MOST_TABS):
        page.keyboard.press("Tab")
        if page.evaluate(NAMED) == name:
            return
    pytest.fail(f"Tab does not reach {name}")


@pytest.fixture
def visit(browse: Callable[..., Visit], world: Watchword) -> Visit:
    """The page of a world, as somebody uses it."""
    return opened(browse(), world)


def opened(visit: Visit, world: Watchword) -> Visit:
    visit.page.goto(f"{world.control}/")
    expect(visit.page.locator("#world")).to_have_text(world.name)
    return visit


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


def test_a_session_appears_and_is_ended_with_its_button(visit, world):
    token = log_in(world)
    expect(visit.page.locator("#sessions")).to_contain_text("komi")
    assert verified(world, token) == 204
    visit.page.click("#sessions button")
    expect(visit.page.locator("#said")).to_contain_text("has ended")
    expect(visit.page.locator("#sessions tr")).to_have_count(0)
    assert verified(world, token) == 401
    assert visit.complaints == []


def test_the_journal_grows_while_one_looks_at_it(visit, world):
    verified(world, "no-token-at-all")
    expect(visit.page.locator("#journal li")).to_contain_text("GET /verify")
    expect(visit.page.locator("#journal li")).to_contain_text("401")
    assert "harness" in visit.page.title()
    assert world.journal.count() == 1, "the page itself asks nothing of the world"


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


def test_a_wrong_effect_is_told_by_its_place(visit):
    visit.page.fill("#fault [name=effect]", '{"status": 200}')
    visit.page.click("#fault > button")
    expect(visit.page.locator("#said.bad")).to_contain_text(
        "/effect/status must be a status from 400 to 599"
    )


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


def test_a_fault_is_added_and_removed_without_a_mouse(visit, world):
    page = visit.page
    tab_to(page, "operation")
    page.keyboard.type("POST /session")
    tab_to(page, "example")
    page.keyboard.type('{"status')
    tab_to(page, "effect")
    page.keyboard.press("Enter")
    expect(page.locator("#said")).to_contain_text("Fault 1 is added.")
    [rule] = world.faults.all()
    assert (rule["match"], rule["effect"]) == ({"operation": "POST /session"}, {"status": 503})
    expect(page.locator("#faults button")).to_have_count(1)
    while page.evaluate(NAMED) != "Remove fault 1":
        page.keyboard.press("Shift+Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#faults")).to_contain_text("all is well")
    assert page.evaluate("document.activeElement.getAttribute('aria-labelledby')") == "faults-title"


def test_the_focus_stays_in_a_list_that_is_shown_anew(browse, world):
    visit = browse()
    visit.hurry()
    page = opened(visit, world).page
    for number in (1, 2):
        world.faults.add("GET /healthz", nth=number + 5, status=503)
    page.focus("[aria-label='Remove fault 2']")
    requests.get(f"{world.url}/healthz", timeout=5)
    expect(page.locator("#faults li").nth(1)).to_contain_text("met 1")
    assert page.evaluate(NAMED) == "Remove fault 2"
    page.keyboard.press("Space")
    expect(page.locator("#faults li")).to_have_count(1)
    assert page.evaluate(NAMED) == "Remove fault 1"


def test_the_journal_is_read_without_a_mouse(visit, world):
    page = visit.page
    log_in(world)
    expect(page.locator("#journal li")).to_have_count(1)
    page.focus("#forget")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#journal pre")).to_contain_text("koms-web")


def test_the_edges_of_controls_and_the_focus_can_be_seen(visit):
    for scheme in ("light", "dark"):
        visit.colour(scheme)
        contrasts = visit.page.evaluate(CONTRASTS)
        assert len(contrasts) > 15
        assert min(contrasts) >= 3, scheme
