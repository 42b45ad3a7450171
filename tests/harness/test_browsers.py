"""A page of another web site does nothing to a harness, although the developer's browser reaches it."""

from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from harness.client import Watchword
from harness.plane.browsers import objection

# What of the control plane changes something, and a body that it takes.
CHANGES: list[tuple[str, str, Any]] = [
    ("POST", "/worlds", {}),
    ("DELETE", "/worlds/{world}", None),
    ("PUT", "/clock", {"advance_seconds": 1}),
    ("POST", "/faults", {"match": {}, "effect": {"status": 503}}),
    ("DELETE", "/faults", None),
    ("DELETE", "/faults/1", None),
    ("DELETE", "/journal", None),
    ("POST", "/reset", None),
    ("POST", "/snapshots/kept", None),
    ("PUT", "/snapshots/kept", None),
    ("POST", "/identities", {"users": []}),
    ("POST", "/actions", {"disable_user": "komi"}),
    ("POST", "/tokens", {"user": "komi", "dialect": "session", "state": "live"}),
]
FOREIGN = "https://shop.example"


def ask(
    world: Watchword, method: str, path: str, body: Any = None, **headers: str
) -> requests.Response:
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    url = world.control + path.format(world=world.name)
    return requests.request(method, url, json=body, headers=sent, timeout=5)


def own(world: Watchword) -> str:
    """The origin of the world's page."""
    return f"http://{urlsplit(world.control).netloc}"


def test_every_operation_says_that_it_refuses_other_sites(world):
    operations = [
        (method.upper(), path, operation)
        for path, methods in world.ask("GET", "/openapi.json")["paths"].items()
        for method, operation in methods.items()
    ]
    assert operations
    assert [path for _, path, operation in operations if "403" not in operation["responses"]] == []
    changing = {
        (method, path.removeprefix("/__harness__"))
        for method, path, _ in operations
        if method != "GET"
    }
    named = {"/worlds/{world}": "/worlds/{name}", "/faults/1": "/faults/{rule}"}
    tried = {
        (method, named.get(path, path.replace("kept", "{name}"))) for method, path, _ in CHANGES
    }
    assert tried == changing, "what the next tests try"


@pytest.mark.parametrize(("method", "path", "body"), CHANGES)
def test_nothing_is_changed_for_another_site(world, method, path, body):
    world.faults.add("POST /session", status=503)
    before = [world.ask("GET", kept) for kept in ("/worlds", "/clock", "/faults", "/snapshots")]
    for headers in ({"Origin": FOREIGN}, {"Origin": "null"}, {"Sec_Fetch_Site": "cross-site"}):
        answer = ask(world, method, path, body, **headers)
        assert answer.status_code == 403
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert answer.json()["title"].startswith("The request is another web site's: ")
    assert before == [
        world.ask("GET", kept) for kept in ("/worlds", "/clock", "/faults", "/snapshots")
    ]


def test_its_own_page_changes_what_it_likes(world):
    headers = {"Origin": own(world), "Sec_Fetch_Site": "same-origin"}
    assert ask(world, "POST", "/reset", **headers).status_code == 204


def test_what_another_site_embeds_is_refused(world):
    for path in ("/", "/identities", "/journal/wait?seconds=0", "/page/page.js"):
        embedded = {"Sec_Fetch_Mode": "no-cors", "Sec_Fetch_Dest": "image"}
        for site in ("cross-site", "same-site"):
            assert ask(world, "GET", path, Sec_Fetch_Site=site, **embedded).status_code == 403


def test_a_link_from_another_site_opens_the_page(world):
    link = {"Sec_Fetch_Mode": "navigate", "Sec_Fetch_Dest": "document"}
    assert ask(world, "GET", "/", Sec_Fetch_Site="cross-site", **link).status_code == 200
    assert ask(world, "POST", "/reset", Sec_Fetch_Site="cross-site", **link).status_code == 403


def test_a_form_of_another_site_in_a_browser_without_fetch_metadata_is_refused(world):
    form = {"Content_Type": "application/x-www-form-urlencoded"}
    assert ask(world, "POST", "/reset", Origin=FOREIGN, **form).status_code == 403


def test_the_service_itself_is_asked_by_whatever_site(world):
    answer = requests.get(f"{world.url}/healthz", headers={"Origin": FOREIGN}, timeout=5)
    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("base", "host", "taken"),
    [
        ("http://127.0.0.1:8000", "127.0.0.1:8000", True),
        ("http://127.0.0.1:8000", "localhost:8000", True),
        ("http://[::1]:8000", "[::1]:8000", True),
        # A name of another site, which leads to 127.0.0.1 by now (DNS rebinding).
        ("http://127.0.0.1:8000", "rebound.example:8000", False),
        ("http://127.0.0.1:8000", "127.0.0.1.rebound.example", False),
        ("http://127.0.0.1:8000", "[x]:8000", False),
        # --insecure-bind: others reach it by its name.
        ("http://0.0.0.0:8000", "devbox:8000", True),
    ],
)
def test_its_own_page_is_one_of_this_machine_unless_it_is_bound_beyond(base, host, taken):
    environ = {"REQUEST_METHOD": "POST", "HTTP_HOST": host, "HTTP_ORIGIN": f"http://{host}"}
    assert (objection(environ, base) is None) == taken
