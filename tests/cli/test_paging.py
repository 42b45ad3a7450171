"""Lists in pages: each row once, and a line on stderr that says how to get the next page."""

import json
import shlex
from itertools import chain

import pytest

from app.core import identities, sessions
from app.core.credentials import api_keys, clients
from app.core.sessions.rows import by_id
from tests import grants
from tests.factories import ORIGIN, PASSWORD, Identities

NAMES = ["Zoe", "anna", "b b", "carl", "dora"]


@pytest.fixture
def people(identities: Identities, clock):
    """Five users; the first one has five keys, codes and sessions."""
    for name in NAMES:
        identities.client(f"client-of-{name[0]}")
        user = identities.add(name, email=f"{name[0]}@example.com")
        clock.advance(1)
    return user


@pytest.fixture
def fill(core, people, identities, clock):
    for _ in range(4):
        api_keys.issue(core, people.id, ORIGIN)
    for _ in range(5):
        identities.code(people)
        proven = _prove(core, people.username)
        grants.aaa_session(core, proven, ORIGIN)
        clock.advance(1)


def _prove(core, username):
    return identities.prove(core, username, PASSWORD, ORIGIN)


def pages(run, *arguments):
    """What one command after the other prints, as each tells."""
    found, told = [], ()
    for _ in range(10):
        result = run(*arguments, "--limit", 2, "--json", *told)
        assert result.exit_code == 0, result.stderr
        found.append(json.loads(result.stdout))
        if not result.stderr:
            return found
        assert result.stderr.startswith("There are more: --")
        told = shlex.split(result.stderr.removeprefix("There are more: "))
    return pytest.fail("it has no end")


@pytest.mark.parametrize(
    ("arguments", "key"),
    [
        (("users", "list"), "username"),
        (("clients", "list"), "client_id"),
        (("sessions", "list"), "session"),
        (("sessions", "list", "dora", "--all"), "session"),
        (("api-keys", "list", "dora"), "id"),
        (("access-codes", "list", "dora"), "id"),
    ],
)
def test_the_pages_of_a_list_are_the_list(run, listed, fill, arguments, key):
    whole = listed(*arguments)
    found = pages(run, *arguments)
    assert [len(page) for page in found] == [2, 2, 1]
    assert [*chain(*found)] == whole
    assert len({row[key] for row in whole}) == 5


def test_the_trail_is_paged_backwards(run, listed, people):
    whole = listed("audit", "list")
    found = pages(run, "audit", "list")
    assert [*chain(*reversed(found))] == whole
    assert len({row["id"] for row in whole}) == len(whole) == 15


def test_a_list_that_fits_says_nothing_of_more(run, people):
    assert run("users", "list", "--limit", len(NAMES)).stderr == ""
    assert "dora" in run("users", "list", "--after", "carl").stdout


def test_sessions_that_do_not_count_fill_no_page(run, listed, core, fill, people, rows):
    held = [row["session"] for row in listed("sessions", "list")]
    for name in held[:3]:
        session_id = int(name, 16)
        sessions.end_row(core, by_id(core, session_id), ORIGIN)
    assert [[row["session"] for row in page] for page in pages(run, "sessions", "list")] == [
        held[3:]
    ]
    after = run("sessions", "list", "--after", held[0], "--json")
    assert [row["session"] for row in json.loads(after.stdout)] == held[3:], (
        "an ended one is a place"
    )


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("sessions", "list", "--after", "0" * 16), "no such session: begin the list anew"),
        (("sessions", "list", "--after", "x"), "no such session: begin the list anew"),
        (("audit", "list", "--before", 99), "no such event: begin the list anew"),
    ],
)
def test_a_place_that_is_gone_is_one_line(refused, arguments, reason):
    assert refused(*arguments) == reason


def test_a_limit_of_nothing_is_refused(refused):
    for group in ("users", "clients", "sessions"):
        assert "--limit" in refused(group, "list", "--limit", 0)


def test_a_user_is_shown_with_what_counts_only(listed, core, fill, people, clock):
    clients.set_disabled(core, "client-of-d", True, ORIGIN)
    api_keys.revoke(core, 5, ORIGIN)
    key_id, _ = api_keys.issue(core, people.id, ORIGIN, expires_at=clock.now() + 1)
    assert key_id in listed("users", "show", "dora")["api_keys"]
    clock.advance(1)
    shown = listed("users", "show", "dora")
    assert (len(shown["api_keys"]), len(shown["access_codes"]), len(shown["sessions"])) == (4, 5, 5)
