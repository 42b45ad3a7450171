"""Lists of audit events find what is rare, and skip the hours that have none of it."""

import csv
import io

import pytest

from app.core import audit, listings
from app.core import identities as core_identities
from app.core.audit import Event, Origin
from app.core.clock import ManualClock
from app.core.core import Core
from app.core.listings import (
    EventFilter,
    SessionFilter,
    audit_export,
    audit_trail,
    gaps,
    scanning,
    session_search,
)
from app.core.refusals import Refusal
from app.core.upkeep import event_hours
from tests import grants
from tests.cases import each
from tests.conftest import settings_for
from tests.factories import ORIGIN, PASSWORD, Identities, refuses

HOUR = 3_600
RARE = EventFilter(event=Event.KEY_ROTATED)


@pytest.fixture
def trail(core: Core, clock: ManualClock, monkeypatch):
    """Twelve hours with three events each; in the second and the tenth one more, which is rare."""
    monkeypatch.setattr(scanning, "WINDOW", 6)
    monkeypatch.setattr(scanning, "FIRST_LOOK", 2)
    # One look for a page, however fast the machine is.
    monkeypatch.setattr(audit_trail, "LOOK_SECONDS", -1)
    for hour in range(12):
        for _ in range(3):
            write(core, Event.LOGIN, "aaa")
        if hour in (1, 9):
            write(core, Event.KEY_ROTATED, "cli")
        clock.advance(HOUR)


def write(core: Core, event: Event, dialect: str) -> None:
    with core.store.write() as writing:
        audit.record(writing, core.clock.now(), event, Origin(dialect))


def settle(core: Core) -> None:
    for _ in range(3):
        event_hours.count_up(core)


def found(core: Core, which: EventFilter, limit: int = 10) -> tuple[list[str], int]:
    """The events of all pages, and how many pages there were."""
    events: list[str] = []
    before = None
    for pages in range(1, 50):
        page = audit_trail.events(core, which, limit=limit, before=before)
        assert len(page.lines) <= limit
        events += [line.event for line in page.lines]
        if page.next is None:
            return events, pages
        before = int(page.next)
    return pytest.fail("it has no end")


@pytest.mark.parametrize("counted", [False, True])
@each(
    ("which", "events"),
    [
        (RARE, 2),
        (EventFilter(dialect="cli"), 2),
        (EventFilter(event=Event.KEY_ROTATED, dialect="cli"), 2),
        (EventFilter(event=Event.KEY_ROTATED, dialect="aaa"), 0),
        (EventFilter(event=Event.SEEDED), 0),
        (EventFilter(dialect="aaa"), 36),
        (EventFilter(), 38),
    ],
)
def test_all_that_match_are_found_whether_or_not_they_are_counted(
    core: Core, trail, counted: bool, which: EventFilter, events: int
):
    if counted:
        settle(core)
    assert len(found(core, which)[0]) == events
    assert len(found(core, which, limit=1)[0]) == events


def test_a_call_looks_on_while_there_is_time(core: Core, trail, monkeypatch):
    monkeypatch.setattr(audit_trail, "LOOK_SECONDS", 60)
    assert found(core, RARE) == (["key_rotated"] * 2, 1)
    settle(core)
    assert found(core, RARE) == (["key_rotated"] * 2, 1)


def test_hours_without_any_are_skipped(core: Core, trail):
    _, before = found(core, RARE)
    settle(core)
    _, pages = found(core, RARE)
    assert (pages, before) == (4, 7)
    early = RARE._replace(until=core.clock.now() - 6 * HOUR)
    assert found(core, early) == (["key_rotated"], 2)
    assert found(core, early._replace(event=Event.SEEDED)) == ([], 1)
    late = RARE._replace(since=core.clock.now() - HOUR)
    assert found(core, late) == ([], 1)


class TestCountsThatAreKeptForAShorterTime:
    @pytest.fixture
    def settings(self, database_url: str, monkeypatch):
        return settings_for(database_url, monkeypatch, stats_retention_seconds=HOUR)

    def test_nothing_is_skipped(self, core: Core, trail):
        settle(core)
        event_hours.purge(core)
        assert found(core, RARE)[0] == ["key_rotated"] * 2
        assert gaps.next_stretch(core, RARE, (0.0, 1)) == ((0.0, 1), None, False)


def test_a_deep_page_of_sessions_of_several_dialects_is_in_order(
    core: Core, identities: Identities, clock: ManualClock, monkeypatch
):
    monkeypatch.setattr(session_search, "SCATTERED_WINDOW", 2)
    monkeypatch.setattr(scanning, "FIRST_LOOK", 1)
    identities.client()
    user = identities.add()
    proven = core_identities.prove(core, user.username, PASSWORD, ORIGIN)
    for number in range(9):
        if number % 3:
            grants.session_pair(core, proven, "koms-web", ORIGIN)
        else:
            grants.aaa_session(core, proven, ORIGIN)
        clock.advance(250)
    for newest_first in (False, True):
        lines, after = [], None
        for _ in range(30):
            page = listings.sessions(core, limit=2, after=after, newest_first=newest_first)
            lines += [line.opened_at for line in page.lines]
            after = page.next
            if after is None:
                break
        assert lines == sorted(lines, reverse=newest_first)
        # Two of AAA are idle for too long.
        assert len(lines) == 8


@each("dialect", ["a\0", "none", ""])
def test_a_dialect_that_there_is_not_is_refused_before_the_database_is_asked(core, dialect: str):
    which = EventFilter(event=Event.LOGIN, dialect=dialect)
    with refuses(Refusal.NOT_FOUND):
        audit_trail.events(core, which, limit=1)
    with refuses(Refusal.NOT_FOUND):
        next(audit_trail.export(core, which))
    with refuses(Refusal.NOT_FOUND):
        listings.sessions(core, SessionFilter(dialect=dialect), limit=1)


def test_an_exported_formula_is_none_from_either_database(core):
    origin = Origin("aaa", "192.0.2.7", "=1+1;@SUM(A1)", operator="-1")
    with core.store.write() as writing:
        audit.record(writing, core.clock.now(), Event.LOGIN, origin, note="＝1")
    [text] = list(audit_export.csv_lines(audit_trail.export(core)))
    heading, row = csv.reader(io.StringIO(text, newline=""))
    line = dict(zip(heading, row, strict=True))
    assert (line["request_id"], line["note"], line["operator"]) == (
        *("'=1+1;'@SUM(A1)", "'＝1", "'-1"),
    )
