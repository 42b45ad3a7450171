"""``flask stats``: the overview's figures for people and for scripts."""

import pytest
from sqlalchemy import text

from app.core import identities
from app.core.refusals import Refused
from app.core.upkeep import leader, request_hours
from tests.factories import ORIGIN


@pytest.fixture
def used(core, pair, user, clock):
    """A login, a refusal, a verification, and a round of the leader."""
    with pytest.raises(Refused):
        identities.prove(core, user.username, "wrong", ORIGIN)
    request_hours.add(core, "verify", [0, 1])
    leader.work(core)


def test_the_figures_as_json(listed, used, core):
    found = listed("stats")
    assert found["span"] == "24h"
    assert found["times"][0] == "2025-12-31T01:00:00Z"
    assert found["times"][-1] == "2026-01-01T00:00:00Z"
    assert found["logins"] == {"tests": [0] * 23 + [1]}
    assert found["refusals"] == {"password_wrong": [0] * 23 + [1]}
    assert found["endings"] == {}
    assert found["verified"] == [0] * 23 + [1]
    assert found["verified_p99_seconds"] == [None] * 23 + [0.0025]
    assert found["complete"] is True
    assert found["live_sessions"] == {"session": 1}
    assert found["live_sessions_at"] == found["rows_at"] == found["purged_at"]
    assert found["rows"]["sessions"] == {"alive": 1, "expired": 0}
    assert found["purged"]["sessions"] == 0
    assert [(key["use"], key["state"], key["sessions"]) for key in found["keys"]] == [
        ("seal", "current", 1),
        ("jwt", "current", 0),
    ]
    assert found["resting"] == {"names": 0, "addresses": 0, "users": {}, "networks": {}}
    assert found["database"] == "sqlite"


@pytest.mark.parametrize(("span", "points"), [("24h", 24), ("7d", 28), ("90d", 90)])
def test_the_spans(listed, used, span, points):
    found = listed("stats", "--span", span)
    assert len(found["times"]) == points
    assert found["logins"] == {"tests": [0] * (points - 1) + [1]}


def test_the_figures_as_tables(done, used):
    lines = [line.split() for line in done("stats").splitlines()]
    assert ["logins", "tests", "1"] in lines
    assert ["refused", "password_wrong", "1"] in lines
    assert ["verified", "-", "1"] in lines
    assert ["live", "sessions", "session", "1", "2026-01-01T00:00:00Z"] in lines
    assert ["names", "that", "rest", "-", "0", "-"] in lines
    assert ["Now,", "on", "sqlite"] in lines


def test_a_database_that_is_still_counted_says_so(core, done, used, monkeypatch):
    monkeypatch.setattr("app.core.listings.timelines._IS_BEHIND", text("SELECT 1"))
    assert "much is not counted yet" in done("stats")


def test_the_counts_are_made_anew(core, done, listed, used, user, clock):
    clock.advance(3_600)
    identities.disable(core, user.id, ORIGIN)
    with pytest.raises(Refused):
        identities.prove(core, user.username, "wrong", ORIGIN)
    leader.work(core)
    with core.store.write() as writing:
        later = {"hour": int(clock.now())}
        writing.execute(text("UPDATE event_hours SET count = 9 WHERE hour = :hour"), later)
    assert listed("stats")["refusals"] == {"password_wrong": [0] * 22 + [1, 9]}
    assert done("stats", "rebuild") == "counted again; hours with events: 2"
    assert listed("stats")["refusals"] == {"password_wrong": [0] * 22 + [1, 1]}
