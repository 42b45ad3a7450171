"""The page for people: its files, their policy and what it asks. ``test_page_in_use`` has it in Chromium."""

import json
import re

import pytest
import requests

from harness.client import Watchword
from harness.plane.faults import EFFECTS, Faults
from harness.plane.operations.page import ASSETS, STATIC
from tests.conftest import START

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
