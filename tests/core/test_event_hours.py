"""Hourly counts of audit events are exact: after a crash, with late commits, with rows that grow."""

import random
from collections import Counter

import psycopg
import pytest
from sqlalchemy import make_url, text

from app.core import audit, listings
from app.core.audit import Event, Origin
from app.core.clock import ManualClock
from app.core.core import Core
from app.core.listings import Span
from app.core.refusals import Refusal
from app.core.upkeep import event_hours, leader, purge
from app.store.faults import StoreUnavailable
from tests.conftest import START, settings_for
from tests.factories import ORIGIN

HOUR = 3_600
DAY = 86_400


def write(core: Core, event: Event = Event.LOGIN, dialect: str = "aaa", reason: str | None = None):
    with core.store.write() as writing:
        audit.record(writing, core.clock.now(), event, Origin(dialect), reason=reason)


def settle(core: Core) -> None:
    """As many rounds as PostgreSQL needs to be sure that no lower id can appear."""
    for _ in range(3):
        event_hours.count_up(core)


def counted(rows) -> dict[tuple[object, ...], object]:
    found = rows("SELECT hour, dialect, event, reason, count FROM event_hours")
    return {
        ((row["hour"] - int(START)) // HOUR, row["dialect"], row["event"], row["reason"]): row[
            "count"
        ]
        for row in found
    }


def logins(core: Core, span: Span = Span.DAY) -> int:
    return sum(series.total for series in listings.timeline(core, span).logins)


def test_events_are_counted_by_hour_dialect_event_and_reason(core: Core, clock: ManualClock, rows):
    write(core)
    write(core)
    write(core, dialect="login")
    clock.advance(HOUR - 1)
    write(core, Event.LOGIN_REFUSED, reason="password_wrong")
    clock.advance(1)
    write(core)
    settle(core)
    expected = {
        (0, "aaa", "login", ""): 2,
        (0, "login", "login", ""): 1,
        (0, "aaa", "login_refused", "password_wrong"): 1,
        (1, "aaa", "login", ""): 1,
    }
    assert counted(rows) == expected
    settle(core)
    assert counted(rows) == expected, "nothing is counted twice"


def test_a_row_that_counts_several_is_added_with_its_count_as_it_grows(core: Core, rows):
    for times, total in ((5, 5), (1, 6), (10, 16)):
        with core.store.write() as writing:
            now = core.clock.now()
            audit.count(writing, now, Event.LOGIN_REFUSED, ORIGIN, reason=Refusal.BUSY, times=times)
        assert sum(one.total for one in listings.timeline(core, Span.DAY).refusals) == total
        event_hours.count_up(core)
        assert counted(rows) == {(0, "tests", "login_refused", "busy"): total}
        assert sum(one.total for one in listings.timeline(core, Span.DAY).refusals) == total


def test_a_crash_in_the_middle_loses_nothing_and_counts_nothing_twice(
    core: Core, rows, monkeypatch
):
    for _ in range(7):
        write(core)
    settled = monkeypatch.context()
    with settled as patch:
        # As if the process was killed between the counts and the mark.
        patch.setattr(event_hours, "_save", crash)
        for _ in range(3):
            with pytest.raises(StoreUnavailable):
                event_hours.count_up(core)
    assert counted(rows) == {}
    settle(core)
    assert counted(rows) == {(0, "aaa", "login", ""): 7}


def crash(*_arguments: object) -> None:
    raise StoreUnavailable("Killed")


class TestInBatches:
    @pytest.fixture
    def settings(self, database_url: str, monkeypatch):
        return settings_for(database_url, monkeypatch, purge_batch_rows=3)

    def test_many_events_are_counted_some_at_a_time(self, core: Core, rows):
        for minute in range(4):
            for _ in range(2):
                write(core)
            with core.store.write() as writing:
                at = core.clock.now() + 60 * minute
                audit.count(writing, at, Event.LOGIN_REFUSED, ORIGIN, reason="busy")
        pauses: list[int] = []
        for _ in range(3):
            event_hours.count_up(core, lambda: pauses.append(len(counted(rows))))
        assert counted(rows) == {
            (0, "aaa", "login", ""): 8,
            (0, "tests", "login_refused", "busy"): 4,
        }
        assert len(pauses) == 3


def test_what_is_not_counted_yet_is_shown_all_the_same(core: Core, clock: ManualClock):
    for number in range(1, 8):
        write(core)
        assert logins(core) == number
        event_hours.count_up(core)
        assert logins(core) == number
    clock.advance(DAY)
    assert (logins(core), logins(core, Span.WEEK), logins(core, Span.QUARTER)) == (0, 7, 7)


def test_counts_stay_when_their_events_are_purged(core: Core, clock: ManualClock, rows):
    write(core)
    settle(core)
    clock.advance(90 * DAY)
    assert purge.purge(core)["audit_events"] == 1
    write(core)
    settle(core)
    assert sum(counted(rows).values()) == 2, "SQLite gives the id out again"
    clock.advance(400 * DAY)
    leader.work(core)
    assert sum(counted(rows).values()) == 1
    clock.advance(HOUR)
    leader.work(core)
    assert counted(rows) == {}


class TestRebuilding:
    def test_it_corrects_every_hour(self, core: Core, clock: ManualClock, rows):
        for _ in range(5):
            write(core)
            with core.store.write() as writing:
                audit.count(writing, clock.now(), Event.LOGIN_REFUSED, ORIGIN, reason="busy")
            clock.advance(HOUR)
        settle(core)
        right = counted(rows)
        with core.store.write() as writing:
            writing.execute(text("UPDATE event_hours SET count = 0 WHERE event = 'login'"))
            writing.execute(text("DELETE FROM event_hours WHERE event = 'login_refused'"))
            writing.execute(
                text("INSERT INTO event_hours VALUES (:hour, 'x', 'y', 'z', 9)"),
                {"hour": int(START) + HOUR},
            )
        assert event_hours.rebuild(core) == 6
        assert counted(rows) == right

    def test_it_leaves_alone_what_it_cannot_know(self, core: Core, clock: ManualClock, rows):
        write(core)
        clock.advance(10)
        write(core)
        settle(core)
        clock.advance(90 * DAY - 10)
        assert purge.purge(core)["audit_events"] == 1
        event_hours.rebuild(core)
        assert counted(rows) == {(0, "aaa", "login", ""): 2}

    def test_what_is_not_counted_yet_is_left_for_the_next_count(self, core: Core, rows):
        write(core)
        settle(core)
        write(core)
        with core.store.write() as writing:
            now = core.clock.now()
            audit.count(writing, now, Event.LOGIN_REFUSED, ORIGIN, reason="busy", times=3)
        event_hours.rebuild(core)
        settle(core)
        assert counted(rows) == {
            (0, "aaa", "login", ""): 2,
            (0, "tests", "login_refused", "busy"): 3,
        }

    def test_a_trail_without_events_has_no_hours(self, core: Core):
        assert event_hours.rebuild(core) == 0


class TestLateCommits:
    """PostgreSQL alone: an event with a lower id may be committed after one with a higher id."""

    @pytest.fixture(params=["postgresql"])
    def database_url(self, request: pytest.FixtureRequest) -> str:
        url: str = request.getfixturevalue(f"{request.param}_url")
        return url

    @pytest.fixture
    def other(self, database_url: str):
        """A second connection, whose transactions end when the test says so."""
        url = make_url(database_url).set(drivername="postgresql")
        with psycopg.connect(url.render_as_string(hide_password=False)) as connection:
            yield connection

    INSERT = "INSERT INTO audit_events (at, event, dialect, count) VALUES (%s, 'login', 'late', 1)"

    def test_a_lower_id_that_appears_later_is_counted(self, core: Core, other, rows):
        other.execute(self.INSERT, (START,))
        write(core)
        for _ in range(6):
            event_hours.count_up(core)
        assert counted(rows) == {}, "nothing above the open transaction"
        assert logins(core) == 1
        other.commit()
        assert logins(core) == 2
        settle(core)
        assert counted(rows) == {(0, "late", "login", ""): 1, (0, "aaa", "login", ""): 1}

    def test_a_gap_that_stays_stops_nothing(self, core: Core, other, rows):
        other.execute(self.INSERT, (START,))
        write(core)
        other.rollback()
        settle(core)
        assert counted(rows) == {(0, "aaa", "login", ""): 1}

    def test_two_who_write_and_one_who_counts_lose_nothing(self, core: Core, other, rows):
        """A transaction is open most of the time, and ends at any moment of the counting."""
        dice = random.Random(7)
        committed: Counter[str] = Counter()
        waiting = 0
        for _ in range(150):
            match dice.randrange(5):
                case 0:
                    write(core)
                    committed["aaa"] += 1
                case 1:
                    other.execute(self.INSERT, (START,))
                    waiting += 1
                case 2:
                    other.commit()
                    committed["late"] += waiting
                    waiting = 0
                case 3 if dice.random() < 0.3:
                    other.rollback()
                    waiting = 0
                case _:
                    event_hours.count_up(core)
            assert logins(core) == committed.total()
        other.commit()
        committed["late"] += waiting
        settle(core)
        settle(core)
        assert counted(rows) == {(0, name, "login", ""): n for name, n in committed.items()}

    def test_a_counted_row_that_is_locked_waits_for_the_next_round(self, core: Core, other, rows):
        with core.store.write() as writing:
            now = core.clock.now()
            audit.count(writing, now, Event.LOGIN_REFUSED, ORIGIN, reason="busy")
        other.execute("UPDATE audit_events SET count = count + 1")
        event_hours.count_up(core)
        assert counted(rows) == {}
        other.commit()
        event_hours.count_up(core)
        assert counted(rows) == {(0, "tests", "login_refused", "busy"): 2}
