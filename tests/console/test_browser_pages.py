"""Every page in Chromium: accessible, of every width, in both colours, with any name, from here alone."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from app.core.upkeep import request_hours
from tests.browser.visits import Visit
from tests.factories import PASSWORD

pytestmark = pytest.mark.browser

# One page of each template, and of each state of it that looks different.
PAGES = (
    "",
    "/users",
    "/users?q=nobody+has+this+name",
    "/users/2",
    "/sessions",
    "/sessions?address=nonsense",
    "/clients",
    "/keys",
    "/audit",
    "/audit/why?request=test-request",
    "/settings",
    "/nothing",
)
NARROW = (
    *PAGES,
    "/users/3",
    "/users/4",
    "/users/2/disable",
    "/audit?event=login_refused",
    "/audit/why",
)
# The colours of all pages are on these.
COLOURFUL = ("", "/users/2", "/sessions?address=nonsense", "/audit")
NARROWEST, WIDEST = 360, 1920
FOCUSABLE = "a[href], button, input:not([type=hidden]), select, summary, [tabindex='0']"
# What can be seen of it: a closed part of the page is not reached.
FOCUSED = """all => {
    const seen = [...document.querySelectorAll(all)].filter((it) => it.checkVisibility());
    const at = document.activeElement;
    return [seen.indexOf(at), getComputedStyle(at).outlineStyle, seen.length];
}"""


@pytest.fixture
def visit(browse: Callable[..., Visit], enter, url: str, inhabited) -> Visit:
    """The admin's, logged in."""
    visit: Visit = enter(browse())
    return visit


def test_axe_finds_nothing_on_any_page(browse, url, inhabited, clock):
    """By every rule in light colours, and by the rules of colours in dark ones where all colours are."""
    visit = browse()
    page = visit.page
    page.goto(f"{url}/console")
    found = [f"the login: {it}" for it in visit.violations("light", "dark")]
    page.fill("#username", "admin")
    page.fill("#password", PASSWORD)
    page.press("#password", "Enter")
    page.wait_for_selector("header")
    for path in PAGES:
        page.goto(f"{url}/console{path}")
        schemes = ("light", "dark") if path in COLOURFUL else ("light",)
        found += [f"{path}: {it}" for it in visit.violations(*schemes)]
    page.goto(f"{url}/console/users/2/disable")
    found += [f"a warning: {it}" for it in visit.violations("light", "dark")]
    page.goto(f"{url}/console/users/add")
    page.evaluate("document.querySelector('main form').noValidate = true")
    page.click("main button")
    expect(page.locator(".alert")).to_be_visible()
    found += [f"faults: {it}" for it in visit.violations("light", "dark")]
    clock.advance(300)
    page.goto(f"{url}/console/users/2/api-keys/issue")
    page.fill("#proof", PASSWORD)
    found += [f"a proof: {it}" for it in visit.violations("light", "dark")]
    page.click("main button")
    expect(page.locator("#secret")).to_be_visible()
    found += [f"a secret: {it}" for it in visit.violations("light", "dark")]
    assert found == []
    assert [it for it in visit.complaints if "status of 4" not in it] == []
    assert {it.split("/")[2] for it in visit.requested} == {url.split("/")[2]}, "from here alone"


def test_no_page_is_wider_than_the_window_whatever_the_names(browse, enter, url, inhabited):
    visit = enter(browse(NARROWEST))
    wide = []
    for page in NARROW:
        visit.resize(NARROWEST)
        visit.page.goto(f"{url}/console{page}")
        wide += [f"{page}, narrow"] if visit.overflows() else []
        visit.resize(WIDEST)
        if not page:
            # Its plots are drawn as wide as their places are when it is opened.
            visit.page.reload()
        wide += [f"{page}, wide"] if visit.overflows() else []
    assert wide == []


def test_times_are_in_the_readers_zone_with_utc_on_hover(visit: Visit, url: str):
    visit.page.goto(f"{url}/console/users/1")
    time = visit.page.locator("dd time").first
    expect(time).to_have_text("1 Jan 2026, 01:00:00")
    expect(time).to_have_attribute("title", "2026-01-01 00:00:00 UTC")


def test_a_name_is_text_whatever_is_in_it(visit: Visit, url: str):
    visit.page.goto(f"{url}/console/users?q=%3Cscript%3E")
    expect(visit.page.locator("tbody a")).to_have_text("<script>alert(1)</script>&amp;")
    visit.page.click("tbody a")
    expect(visit.page.locator("h1")).to_have_text("<script>alert(1)</script>&amp;")


def test_a_search_finds_as_one_types_and_says_how_many(visit: Visit, url: str):
    visit.page.goto(f"{url}/console/users")
    expect(visit.page.locator("tbody tr")).to_have_count(7)
    visit.page.locator("#q").press_sequentially("ADM")
    expect(visit.page.locator("tbody tr")).to_have_count(1)
    expect(visit.page.locator("#status")).to_have_text("1 users are shown.")
    assert visit.page.evaluate("document.activeElement.id") == "q"
    assert "q=ADM" in visit.page.url, "the search can be kept, and sent to a colleague"
    visit.page.check("text=is disabled")
    expect(visit.page.locator("#found .empty")).to_contain_text("Nobody is like that")
    assert visit.complaints == []


def test_the_live_tail_shows_what_happens_by_itself(visit: Visit, url: str, browse, identities):
    visit.hurry()
    visit.page.goto(f"{url}/console/audit?live=1&event=user_added")
    expect(visit.page.locator("tbody tr")).to_have_count(7)
    identities.add("somebody-new")
    expect(visit.page.locator("tbody tr")).to_have_count(8)
    expect(visit.page.locator("tbody tr").first).to_contain_text("somebody-new")
    expect(visit.page.locator("tbody time").first).to_have_text("1 Jan 2026, 01:00:00")


def test_the_plots_are_drawn_from_their_tables(visit: Visit, url: str, core):
    request_hours.add(core, "verify", [7_200, 20])
    visit.page.goto(f"{url}/console?span=7d")
    plots = visit.page.get_by_role("img", name="Plot of the table below")
    expect(plots).to_have_count(3)
    for plot in plots.all():
        expect(plot.locator("canvas")).to_be_visible()
    visit.page.locator("summary", has_text="Logins by API").press("Enter")
    row = visit.page.locator("#table-1 tbody tr").last
    expect(row.locator("td").first).to_have_text("7")
    visit.page.emulate_media(color_scheme="dark")
    expect(plots.first.locator("canvas")).to_have_count(1)
    assert visit.complaints == []


def test_a_search_after_the_session_has_ended_leads_to_the_login(visit: Visit, url: str, clock):
    visit.page.goto(f"{url}/console/users")
    clock.advance(900)
    visit.page.locator("#q").press_sequentially("a")
    expect(visit.page.locator("h1")).to_have_text("Log in")


def test_the_keyboard_reaches_everything_in_order_and_shows_where_it_is(visit, url):
    for page in ("/users/2", "/audit", "/users/add"):
        visit.page.goto(f"{url}/console{page}")
        *_, count = visit.page.evaluate(FOCUSED, FOCUSABLE)
        reached = [-1]
        while reached[-1] < count - 1:
            visit.page.keyboard.press("Tab")
            place, outline, _ = visit.page.evaluate(FOCUSED, FOCUSABLE)
            assert outline != "none", f"nothing shows that {place} of {page} has the focus"
            # A field for a time has several parts.
            assert place - reached[-1] in (0, 1), page
            reached.append(place)
