"""``flask audit``: filters, the export, and what happened around a request."""

import csv
import io
import json

import pytest

from app.core import audit
from app.core.audit import Event, Origin
from app.core.clock import instant
from app.core.listings import audit_trail, scanning
from tests.cases import each
from tests.factories import ORIGIN
from tests.grants import aaa_session

from .conftest import proven_by_password


@pytest.fixture
def trail(core, identities, user, clock):
    """Events of two addresses, two dialects and two users, a minute apart."""
    identities.add("jane")
    told = [
        (Event.LOGIN, Origin("aaa", "192.0.2.1", "r1"), None),
        (Event.LOGIN_REFUSED, Origin("login", "192.0.2.2", "r2"), "password_wrong"),
        (Event.LOGIN_REFUSED, Origin("aaa", "2001:db8::1", "r3"), "account_paused"),
        (Event.LOGIN, Origin("login", "2001:db8::2", "=r4"), None),
    ]
    for event, origin, reason in told:
        clock.advance(60)
        with core.store.write() as writing:
            audit.record(writing, clock.now(), event, origin, user_id=user.id, reason=reason)


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        (("--address", "192.0.2.1"), ["r1"]),
        (("--address", "2001:db8::9"), ["r3", "=r4"]),
        (("--address", "192.0.2.9"), []),
        (("--dialect", "login"), ["r2", "=r4"]),
        (("--event", "login_refused", "--dialect", "aaa"), ["r3"]),
        (("--since", "3m", "--until", "1m"), ["r2", "r3"]),
        (("--user", "John.Doo", "--since", "4m"), ["r1", "r2", "r3", "=r4"]),
        (("--user", "John.Doo", "--address", "192.0.2.2"), ["r2"]),
        (("--user", "jane", "--since", "4m"), []),
    ],
)
def test_events_are_listed_by_every_filter(listed, trail, clock, filters, found):
    clock.advance(1)
    lines = listed("audit", "list", *filters)
    assert [line["request_id"] for line in lines] == found


def test_an_address_that_is_none_is_one_line(refused, trail):
    assert refused("audit", "list", "--address", "here") == "that is not an IP address"
    assert refused("sessions", "list", "--address", "here") == "that is not an IP address"


def test_a_user_with_many_events_is_found_all_the_same(listed, trail, monkeypatch):
    monkeypatch.setattr(audit_trail, "_has_many", lambda *_: True)
    lines = listed("audit", "list", "--user", "jane")
    assert {line["username"] for line in lines} == {"jane"}
    assert len(lines) == 2


def test_rare_events_are_found_behind_many_others(listed, trail, monkeypatch):
    monkeypatch.setattr(scanning, "WINDOW", 1)
    lines = listed("audit", "list", "--dialect", "aaa")
    assert [line["request_id"] for line in lines] == ["r1", "r3"]


def test_the_export_is_json_lines_with_the_newest_first(done, trail, clock):
    clock.advance(1)
    text = done("audit", "export", "--since", "4m")
    lines = [json.loads(line) for line in text.splitlines()]
    assert [line["request_id"] for line in lines] == ["=r4", "r3", "r2", "r1"]
    assert lines[-1]["at"] == instant(clock.now() - 181)
    assert lines[1]["reason"] == "account_paused"


def test_the_export_is_csv_that_a_spreadsheet_does_not_run(run, trail, clock, monkeypatch):
    clock.advance(1)
    monkeypatch.setattr(audit_trail, "EXPORT_CHUNK", 2)
    text = run("audit", "export", "--format", "csv", "--since", "4m").stdout_bytes.decode()
    heading, *rows = csv.reader(io.StringIO(text, newline=""))
    assert heading == list(audit_trail.AuditLine._fields)
    at = heading.index("request_id")
    assert [row[at] for row in rows] == ["'=r4", "r3", "r2", "r1"]
    assert rows[-1][heading.index("reason")] == ""
    assert rows[-1][heading.index("at")] == instant(clock.now() - 181)


def test_an_export_of_nothing_is_nothing_or_a_heading(done, trail):
    nothing = ("audit", "export", "--event", "seeded")
    assert done(*nothing) == ""
    assert done(*nothing, "--format", "csv") == ",".join(audit_trail.AuditLine._fields)


@each("command", [("list",), ("export",), ("export", "--format", "csv")])
@each("name", ["foo", "a\0", "AAA", ""])
def test_a_dialect_that_there_is_not_is_refused_with_those_that_there_are(refused, command, name):
    assert refused("audit", *command, "--dialect", name) == (
        f"there is no {name!r} here; choose of aaa, token_v2, login, session, console, oauth2, cli"
    )


def test_why_tells_what_happened_around_it_too(listed, refused, trail, clock):
    assert [line["request_id"] for line in listed("audit", "why", "r2")] == ["r2"]
    around = listed("audit", "why", "r2", "--around")
    assert [line["request_id"] for line in around] == [
        *["test-request"] * 2,
        *["r1", "r2", "r3", "=r4"],
    ]
    assert refused("audit", "why", "r\0") == "no event with that request id"


def test_why_of_an_event_without_user_and_address_has_nothing_around(core, listed, trail):
    with core.store.write() as writing:
        audit.record(writing, core.clock.now(), Event.SEEDED, Origin("cli", None, "r9"))
    assert [line["event"] for line in listed("audit", "why", "r9", "--around")] == ["seeded"]


def test_sessions_are_listed_by_every_filter(core, listed, pair, user, identities, clock):
    proven = proven_by_password(core, user)
    aaa_session(core, proven, ORIGIN._replace(address="192.0.2.1"))
    identities.add("jane")

    def dialects(*filters: str) -> list[str]:
        return [line["dialect"] for line in listed("sessions", "list", *filters)]

    assert dialects("--dialect", "aaa") == ["aaa"]
    assert dialects("--client", "koms-web") == ["session"]
    assert dialects("--client", "koms-web", "--dialect", "aaa") == []
    assert dialects("--address", "192.0.2.1") == ["aaa"]
    assert dialects("--address", "127.0.0.1", "--dialect", "aaa") == []
    assert dialects("John.Doo", "--address", "192.0.2.1") == ["aaa"]
    assert dialects("jane") == []
    clock.advance(1)
    aaa_session(core, proven_by_password(core, user), ORIGIN)
    assert dialects("--newest-first")[0] == "aaa"
    assert dialects("John.Doo", "--newest-first")[0] == "aaa"
    assert len(dialects("John.Doo")) == 3


def test_the_sessions_of_an_address_come_in_pages(core, listed, run, refused, pair, user, clock):
    proven = proven_by_password(core, user)
    for _ in range(2):
        clock.advance(1)
        aaa_session(core, proven, ORIGIN)
    here = ("sessions", "list", "--address", "127.0.0.1")
    whole = listed(*here)
    assert len(whole) == 3
    first = run(*here, "--limit", 2, "--json")
    assert json.loads(first.stdout) == whole[:2]
    after = first.stderr.split()[-1]
    assert listed(*here, "--after", after) == whole[2:]
    for place in ("x", "99", "9" * 30, "9" * 5_000):
        assert refused(*here, "--after", place) == "no such session: begin the list anew"
