"""The page for people who use the keyboard, a screen reader, large letters or dark colours."""

from collections.abc import Callable

import pytest
import requests
from playwright.sync_api import Page, expect

from harness.client import Watchword
from tests.browser.visits import Visit

from .test_page import log_in, opened

pytestmark = pytest.mark.browser

MOST_TABS = 80
FOCUSED = "document.activeElement.getAttribute('aria-label') ?? document.activeElement.name"
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


def tab_to(page: Page, name: str) -> None:
    """Press Tab until the element of this name has the focus."""
    for _ in range(MOST_TABS):
        page.keyboard.press("Tab")
        if page.evaluate(FOCUSED) == name:
            return
    pytest.fail(f"Tab does not reach {name}")


@pytest.fixture
def visit(browse: Callable[..., Visit], world: Watchword) -> Visit:
    return opened(browse(), world)


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
    while page.evaluate(FOCUSED) != "Remove fault 1":
        page.keyboard.press("Shift+Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#faults")).to_contain_text("all is well")
    assert page.evaluate("document.activeElement.getAttribute('aria-labelledby')") == "faults-title"


def test_the_focus_stays_in_a_list_that_is_shown_anew(visit, world):
    page = visit.page
    for number in (1, 2):
        world.faults.add("GET /healthz", nth=number + 5, status=503)
    page.focus("[aria-label='Remove fault 2']")
    requests.get(f"{world.url}/healthz", timeout=5)
    expect(page.locator("#faults li").nth(1)).to_contain_text("met 1")
    assert page.evaluate(FOCUSED) == "Remove fault 2"
    page.keyboard.press("Space")
    expect(page.locator("#faults li")).to_have_count(1)
    assert page.evaluate(FOCUSED) == "Remove fault 1"


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
