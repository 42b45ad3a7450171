"""``flask audit``: the operator asks for events, follows them, and they are bounded."""

import json
import os
import select
import signal
import subprocess
import time
from importlib import import_module

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import text

from app.core import audit, identities
from app.core.audit import Event, Origin
from app.core.listings import audit_trail
from app.core.refusals import Refusal, Refused
from app.core.upkeep import purge
from config import ROOT
from tests.conftest import START, TEST_SECRET
from tests.factories import ORIGIN, PASSWORD, Identities, Somebody
from tests.forked import Forked
from tests.security.conftest import HERE
from tests.security.test_enumeration import aaa_login
from tests.security.tour import AAA, JSON, basic


@pytest.fixture
def user(identities: Identities) -> Somebody:
    identities.client()
    return identities.add()


@pytest.fixture
def run(app: Flask):
    runner = app.test_cli_runner()
    return lambda *arguments: runner.invoke(args=["audit", *map(str, arguments)])


def listed(result: Result) -> list[dict[str, object]]:
    assert result.exit_code == 0, result.output
    found: list[dict[str, object]] = json.loads(result.stdout)
    return found


def test_why_tells_the_exact_reason_behind_the_generic_answer(client, user, run):
    response = client.post(
        f"{AAA}/login", json={"username": "nobody", "password": "x"}, headers=JSON
    )
    assert response.json["error_id"] == "AUTH_INVALID_CREDENTIALS"
    result = run("why", response.headers["X-Request-ID"])
    assert result.exit_code == 0
    assert result.stdout == (
        "2026-01-01T00:00:00Z login refused: login_unknown; through aaa, from 127.0.0.1,"
        f" request {response.headers['X-Request-ID']}\n"
    )
    [record] = listed(run("why", response.headers["X-Request-ID"], "--json"))
    assert record["reason"] == "login_unknown"


def test_why_has_a_line_for_each_event_of_a_request(client, user, run):
    headers = {**HERE, **basic(user.username, user.password)}
    client.get("/api/cascade.aaa/1.0/npm_token", headers=headers)
    lines = run("why", "the-same-id").stdout.splitlines()
    assert len(lines) == 2, "the first proof of the password, and the token's session"
    assert all(f"user {user.username}, through aaa" in line for line in lines)


def test_why_fails_for_a_request_that_left_no_event(run):
    result = run("why", "no-such-request")
    assert result.exit_code == 1
    assert result.stderr == "Error: no event with that request id\n"
    assert result.stdout == ""


def test_list_shows_the_newest_events_oldest_first(client, user, run, clock):
    for number in range(3):
        clock.advance(1)
        aaa_login(client, f"name-{number}", "wrong")
    found = listed(run("list", "--limit", 2, "--json"))
    assert [record["at"] for record in found] == ["2026-01-01T00:00:02Z", "2026-01-01T00:00:03Z"]
    assert found[0].keys() == {
        *("id", "at", "event", "reason", "times", "dialect", "address", "username", "session"),
        *("request_id", "note", "operator"),
    }
    table = run("list")
    assert "login_unknown" in table.stdout
    assert "John.Doo" in table.stdout


def test_list_filters_by_user_event_and_time(client, user, identities, run, clock):
    other = identities.add("other")
    clock.advance(100)
    for name in (user.username, other.username):
        aaa_login(client, name, PASSWORD)
        aaa_login(client, name, "wrong")
    mine = listed(run("list", "--user", user.email.upper(), "--json"))
    assert {record["username"] for record in mine} == {user.username}
    refused = listed(run("list", "--event", "login_refused", "--json"))
    assert [record["username"] for record in refused] == [user.username, other.username]
    for since in (
        "99s",
        "2026-01-01T00:01:40Z",
        "2026-01-01T01:01:40+01:00",
        "2026-01-01T00:01:40",
    ):
        assert len(listed(run("list", "--since", since, "--json"))) == 4, since
    assert listed(run("list", "--since", "2026-01-01T00:01:41Z", "--json")) == []
    both = run(
        "list", "--user", "other", "--event", "login", "--since", "1h", "--limit", 1, "--json"
    )
    assert len(listed(both)) == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ("list", "--since", "yesterday"),
        ("list", "--since", "5w"),
        ("list", "--event", "nothing"),
        ("list", "--limit", "0"),
        ("list", "--user", "nobody.at.all"),
        ("why",),
    ],
)
def test_a_question_that_makes_no_sense_is_one_line_and_exit_status_1(run, arguments):
    result = run(*arguments)
    assert result.exit_code == 1
    assert result.stdout == ""
    assert result.stderr.startswith("Error: ")


def test_following_sees_what_commits_in_another_order_than_it_is_numbered(core, rows):
    """PostgreSQL assigns ids before the commit, so a lower id may be committed later."""

    def record(number: int) -> None:
        with core.store.write() as writing:
            audit.record(writing, START, Event.LOGIN, Origin("tests", None, f"r{number}"))
            writing.execute(
                text(f"UPDATE audit_events SET id = {number} WHERE request_id = 'r{number}'")
            )

    record(10)
    steps = audit_trail.follow(core)
    assert next(steps) == []
    record(12)
    assert [line.id for line in next(steps)] == [12]
    record(11)
    assert [line.id for line in next(steps)] == [11]
    assert next(steps) == []


@pytest.mark.parametrize(
    ("options", "shown"),
    [
        ((), ["2026-01-01T00:00:00Z user unlocked; user John.Doo, through cli\n"] * 2),
        (("--json",), ["user_unlocked"] * 2),
    ],
    ids=["lines", "json"],
)
def test_tail_shows_what_is_new_at_each_look(core, user, run, monkeypatch, options, shown):
    looks = []

    def wait(_seconds: float) -> None:
        if len(looks) == 2:
            raise KeyboardInterrupt
        looks.append(identities.unlock(core, identities.get(core, user.id), Origin("cli")))

    # The module, not the group of commands of this name. Only the command waits by this: threads of other
    # tests may still run, and sleep by ``time.sleep``.
    monkeypatch.setattr(import_module("app.cli.audit"), "sleep", wait)
    result = run("tail", *options)
    assert result.exit_code == 0
    lines = result.stdout.splitlines(keepends=True)
    assert [json.loads(line)["event"] if options else line for line in lines] == shown


@pytest.mark.e2e
def test_tail_follows_new_events_until_it_is_interrupted(core, user, database_url):
    command = ["flask", "--app", "wsgi", "audit", "tail"]
    environment = {
        **{name: value for name, value in os.environ.items() if "WATCHWORD" not in name},
        "WATCHWORD_DATABASE_URL": database_url,
        "WATCHWORD_SECRET_KEYS": TEST_SECRET,
    }
    process = Forked(command, environment, directory=ROOT, stdout=subprocess.PIPE)
    try:
        line = ""
        deadline = time.monotonic() + 20
        # The trail is followed from when the command has started, so it is given more than once.
        while not line and time.monotonic() < deadline:
            with pytest.raises(Refused, match=Refusal.PASSWORD_WRONG):
                identities.prove(core, user.username, "wrong", Origin("aaa", "203.0.113.1", "tail"))
            identities.unlock(core, identities.get(core, user.id), Origin("cli"))
            line = _line_of(process)
        assert "password_wrong" in line or "unlocked" in line
        assert line.startswith("2026-01-01T00:00:00Z ")
    finally:
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == 0, "an interruption is how it ends"
        assert process.stdout is not None
        process.stdout.close()


def _line_of(process: Forked) -> str:
    assert process.stdout is not None
    ready, _, _ = select.select([process.stdout], [], [], 0.5)
    return process.stdout.readline() if ready else ""


def test_a_flood_of_events_is_bounded_by_its_retention(core, user, clock, rows):
    clock.advance(core.policy.audit_retention_seconds)
    identities.unlock(core, identities.get(core, user.id), ORIGIN)
    purge.purge(core)
    assert [row["event"] for row in rows("SELECT event FROM audit_events")] == ["user_unlocked"]
