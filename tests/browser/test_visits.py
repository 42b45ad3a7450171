"""The tools of the browser tests find what they are for, and nothing on the pages of ``/`` and ``/docs``."""

import hashlib

import psutil
import pytest
from playwright.sync_api import expect

from .fixtures import FEATURES_OFF, FEATURES_ON
from .visits import AXE, Visit

SHA256 = "29348999450cdf2849a8e70b7912fc2da85a849da39c0d0d5394f51d4a9ed95c"
BAD = """<!doctype html><html lang=en><title>Bad</title><main><h1>Bad</h1>
<input><p style="color: #eee; background: #fff">pale</p><div style="width: 2000px">wide</div></main>"""
# A wide window and dark colours each have a fault of their own.
HALF = """<!doctype html><html lang=en><title>Half</title><style>@media (prefers-color-scheme: dark) {
p { color: #333; background: #000 } } @media (min-width: 1000px) { p { width: 3000px } }</style>
<main><h1>Half</h1><p>Text.</p></main>"""
GOOD = "<!doctype html><html lang=en><title>Good</title><main><h1>Good</h1><p>Text.</p></main>"


def test_axe_is_the_file_of_its_package():
    assert hashlib.sha256(AXE.read_bytes()).hexdigest() == SHA256


@pytest.mark.browser
def test_what_playwright_turns_off_or_on_stays_so(chromium):
    """Chromium believes the last list of features, and the last one is ours (``fixtures``)."""
    lines = [it.cmdline() for it in psutil.Process().children(recursive=True)]
    # A script may stand before it, with the same line.
    told = next(line for line in lines if "--remote-debugging-pipe" in line)
    for switch, known in (
        (FEATURES_OFF, "HttpsUpgrades"),
        (FEATURES_ON, "CDPScreenshotNewSurface"),
    ):
        given = [it.removeprefix(switch) for it in told if it.startswith(switch)]
        playwrights, ours = (set(it.split(",")) for it in given)
        assert known in playwrights < ours


@pytest.mark.browser
def test_the_next_visit_knows_nothing_of_the_one_before(profiles):
    """It has the context of the one before, and of that nothing but the process."""
    context = profiles.take(scripts=True)
    context.add_cookies([{"name": "a", "value": "b", "url": "http://a.test/"}])
    context.grant_permissions(["geolocation"])
    first = Visit(context, 360, "dark")
    first.page.set_content("<title>first</title>")
    profiles.give_back(context, scripts=True)
    assert profiles.take(scripts=True) is context
    next_one = Visit(context, 1280, "light")
    assert context.cookies() == []
    assert next_one.page.title() == ""
    asked = "navigator.permissions.query({name: 'geolocation'}).then(it => it.state)"
    assert next_one.page.evaluate(asked) != "granted"
    assert next_one.page.evaluate("innerWidth") == 1280
    assert next_one.page.evaluate("matchMedia('(prefers-color-scheme: light)').matches")
    assert first.page.is_closed()
    profiles.give_back(context, scripts=True)


@pytest.mark.browser
def test_a_bad_page_is_told_from_a_good_one(browse):
    visit = browse(width=360)
    visit.page.set_content(BAD)
    assert {line.partition(":")[0] for line in visit.violations()} == {"label", "color-contrast"}
    assert visit.overflows()
    visit.page.set_content(GOOD)
    assert visit.violations() == []
    assert not visit.overflows()
    assert visit.complaints == []


@pytest.mark.browser
def test_a_page_that_is_open_is_judged_in_other_colours_and_widths(browse):
    visit = browse(width=360)
    visit.page.set_content(HALF)
    assert visit.violations("light") == []
    (fault,) = visit.violations("light", "dark")
    assert fault.startswith("dark: color-contrast")
    assert not visit.overflows()
    visit.resize(1920)
    assert visit.overflows()


@pytest.mark.browser
def test_what_a_page_asks_for_and_complains_of_is_noted(browse):
    visit = browse()
    visit.page.route("**/*", lambda route: route.abort("connectionrefused"))
    visit.page.set_content(
        "<script>console.error('oh'); throw new Error('no')</script><img src='http://a.test/x.png'>"
    )
    visit.page.wait_for_load_state("networkidle")
    assert visit.requested == ["http://a.test/x.png"]
    told = "\n".join(visit.complaints)
    assert all(text in told for text in ("oh", "no", "http://a.test/x.png: "))


@pytest.mark.browser
def test_a_visit_has_the_colours_and_the_scripts_that_it_asked_for(browse):
    dark, without = browse(scheme="dark"), browse(scripts=False)
    assert dark.page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches")
    without.page.set_content("<p>none</p><script>document.body.textContent = 'some'</script>")
    assert without.page.inner_text("p") == "none"


@pytest.mark.browser
def test_everybody_can_read_the_first_page(browse, url):
    visit = browse(360)
    visit.page.goto(f"{url}/")
    assert visit.page.title() == "Watchword"
    assert not visit.overflows()
    assert visit.violations("light", "dark") == []
    assert visit.complaints == []
    visit.page.get_by_role("link", name="Health").click()
    assert '{"status":"ok"}' in visit.page.content()


@pytest.mark.browser
def test_the_documentation_shows_every_operation_and_tries_one_out_without_a_complaint(
    browse, url, client
):
    document = client.get("/openapi.json").json
    visit = browse()
    page = visit.page
    page.goto(f"{url}/docs")
    operations = sum(len(methods) for methods in document["paths"].values())
    expect(page.locator(".opblock")).to_have_count(operations)
    tags = page.locator(".opblock-tag").evaluate_all("tags => tags.map(tag => tag.dataset.tag)")
    assert tags == [tag["name"] for tag in document["tags"]]

    block = page.locator(".opblock", has=page.locator('[data-path="/healthz"]'))
    block.locator(".opblock-summary-control").click()
    block.locator(".try-out__btn").click()
    block.locator(".execute").click()
    answer = block.locator(".live-responses-table .response").inner_text()
    assert answer.startswith("200")
    assert '"status": "ok"' in answer

    assert visit.complaints == []
    assert f"{url}/healthz" in visit.requested
    here = (f"{url}/", "data:", "about:")
    elsewhere = [asked for asked in visit.requested if not asked.startswith(here)]
    assert elsewhere == []
