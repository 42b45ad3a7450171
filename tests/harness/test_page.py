"""The page for people: its files and their policy, and what its buttons do, in Chromium."""

import json
import re
from pathlib import Path

import pytest
import requests

from harness.client import Watchword
from harness.plane.faults import EFFECTS, Faults
from harness.plane.operations.page import ASSETS, STATIC
from tests.conftest import START
from tests.doors.chromium import Chromium

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self';"
    " connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)
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


class Page:
    """The page of a world in Chromium, as somebody uses it."""

    def __init__(self, chromium: Chromium, world: Watchword) -> None:
        self.chromium = chromium
        chromium.open(f"{world.control}/")
        chromium.wait_for(f"document.getElementById('world')?.textContent === '{world.name}'")

    def press(self, selector: str) -> None:
        self.chromium.wait_for(f"!!document.querySelector(`{selector}`)")
        self.chromium.evaluate(f"document.querySelector(`{selector}`).click()")

    def fill(self, selector: str, value: str) -> None:
        found = f"document.querySelector(`{selector}`)"
        self.chromium.evaluate(f"{found}.value = {json.dumps(value)}")

    def shows(self, selector: str, text: str) -> None:
        """Wait until the element's text has this."""
        found = f"document.querySelector(`{selector}`)?.textContent.includes({json.dumps(text)})"
        self.chromium.wait_for(found)


@pytest.fixture
def page(chromium: Chromium, world: Watchword) -> Page:
    return Page(chromium, world)


@pytest.mark.browser
def test_the_clock_is_turned_with_its_buttons(page, world):
    page.shows("#time", "2026-01-01T00:00:00Z")
    page.press("button[data-seconds='3600']")
    page.shows("#time", "2026-01-01T01:00:00Z")
    assert world.clock.now().timestamp() == START + 3600
    page.fill("#clock-set [name=when]", "2027-03-28T00:59:50")
    page.press("#clock-set button")
    page.shows("#time", "2027-03-28T00:59:50Z")
    page.press("#clock-freeze")
    page.shows("#pace", "runs at rate 1")
    assert page.chromium.complaints == []


@pytest.mark.browser
def test_a_session_appears_and_is_ended_with_its_button(page, world):
    token = log_in(world)
    page.shows("#sessions", "komi")
    assert verified(world, token) == 204
    page.press("#sessions button")
    page.shows("#said", "has ended")
    page.chromium.wait_for("document.querySelectorAll('#sessions tr').length === 0")
    assert verified(world, token) == 401
    assert page.chromium.complaints == []


@pytest.mark.browser
def test_the_journal_grows_while_one_looks_at_it(page, world):
    verified(world, "no-token-at-all")
    page.shows("#journal li", "GET /verify")
    page.shows("#journal li", "401")
    assert "harness" in page.chromium.evaluate("document.title")
    assert world.journal.count() == 1, "the page itself asks nothing of the world"


@pytest.mark.browser
def test_a_fault_is_added_seen_to_fire_and_removed(page, world):
    page.fill("#fault [name=operation]", "POST /session")
    page.fill("#fault [name=nth]", "1")
    page.fill("#fault [name=effect]", '{"status": 503}')
    page.press("#fault > button")
    page.shows("#faults", "operation POST /session, nth 1")
    answer = requests.post(f"{world.url}/session", json=SESSION, timeout=5)
    assert answer.status_code == 503
    page.shows("#faults", "met 1, fired 1")
    page.press("#faults button")
    page.shows("#faults", "all is well")
    assert world.faults.all() == []


@pytest.mark.browser
def test_a_wrong_effect_is_told_by_its_place(page):
    page.fill("#fault [name=effect]", '{"status": 200}')
    page.press("#fault > button")
    page.shows("#said.bad", "/effect/status must be a status from 400 to 599")


@pytest.mark.browser
def test_snapshots_identities_and_worlds_are_on_it(page, world):
    page.shows("#users", "demonstration-of-session")
    page.shows("#clients", "Fk2mTx0eW7nQ4sVbR9cLpY")
    page.fill("#keep [name=name]", "before")
    page.press("#keep button")
    page.shows("#snapshots", "before")
    world.clock.tick(60)
    page.press("#snapshots button")
    page.shows("#time", "2026-01-01T00:00:00Z")
    page.press("#reset")
    page.shows("#said", "as its seed says")
    page.shows("#worlds [aria-current]", world.name)


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_a_narrow_screen_in_light_and_dark_and_every_field_has_a_label(
    page, world, scheme, tmp_path: Path
):
    chromium = page.chromium
    media = [{"name": "prefers-color-scheme", "value": scheme}]
    chromium.call("Emulation.setEmulatedMedia", features=media)
    size = {"width": 360, "height": 1600, "deviceScaleFactor": 1, "mobile": False}
    chromium.call("Emulation.setDeviceMetricsOverride", **size)
    log_in(world)
    page.shows("#sessions", "komi")
    page.shows("#journal", "POST /session")
    root = "document.documentElement"
    assert chromium.evaluate(f"{root}.scrollWidth <= {root}.clientWidth")
    unlabelled = "[...document.querySelectorAll('input, select')].filter(it => !it.labels.length)"
    assert chromium.evaluate(f"{unlabelled}.length") == 0
    light = chromium.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (light == "rgb(246, 248, 250)") == (scheme == "light")
    chromium.screenshot(tmp_path / f"{scheme}.png")
