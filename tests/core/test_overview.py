"""The figures of the overview: what the leader found last, and what rests now."""

import pytest

from app.core import identities, listings
from app.core.clock import ManualClock
from app.core.core import Core
from app.core.listings import Span, UserState
from app.core.listings.timelines import BOUNDS, percentile
from app.core.refusals import Refused
from app.core.upkeep import figures, key_care, leader, request_hours
from app.store.faults import StoreUnavailable
from tests import grants
from tests.conftest import START, settings_for
from tests.factories import ORIGIN, PASSWORD, Identities, Somebody

DAY = 86_400


@pytest.fixture
def user(identities: Identities) -> Somebody:
    identities.client()
    return identities.add()


def log_in(core: Core, user: Somebody) -> None:
    proven = identities.prove(core, user.username, PASSWORD, ORIGIN)
    grants.session_pair(core, proven, "koms-web", ORIGIN)
    grants.aaa_session(core, proven, ORIGIN)


def test_before_the_first_round_nothing_is_known_and_that_is_said(core: Core):
    found = listings.overview(core)
    assert (found.live, found.live_at, found.rows, found.rows_at) == ({}, None, [], None)
    assert (found.purged, found.purged_at) == ({}, None)
    assert {key.sessions for key in found.keys} == {None}
    assert found.database == core.store.backend


def test_the_leader_finds_what_hangs_on_what(core: Core, user: Somebody, clock: ManualClock):
    log_in(core, user)
    key_care.rotate(core, "seal", ORIGIN)
    key_care.rotate(core, "pepper", ORIGIN)
    leader.work(core)
    found = listings.overview(core)
    assert found.live == {"session": 1, "aaa": 1}
    assert found.live_at == found.rows_at == found.purged_at == clock.now()
    assert {row.table: (row.alive, row.expired) for row in found.rows}["sessions"] == (2, 0)
    assert found.purged == {"sessions": 0, "throttles": 0, "access_codes": 0, "audit_events": 0}
    assert [(key.use, key.state, key.sessions) for key in listings.keys(core)] == [
        ("seal", "verifying", 1),
        ("jwt", "current", 0),
        ("seal", "current", 0),
        ("pepper", "current", None),
    ]
    assert [(line.client_id, line.sessions) for line in listings.clients(core, limit=9).lines] == [
        ("koms-web", 1)
    ]


def test_the_sessions_are_counted_every_five_minutes_at_most(core: Core, user, clock):
    leader.work(core)
    log_in(core, user)
    clock.advance(figures.EVERY_SECONDS - 1)
    leader.work(core)
    assert listings.overview(core).live == {}
    clock.advance(1)
    leader.work(core)
    assert listings.overview(core).live == {"session": 1, "aaa": 1}
    clock.advance(-DAY)
    leader.work(core)
    assert listings.overview(core).live_at == clock.now(), "the clock was set back"


def test_a_count_that_takes_too_long_stops_no_purge(core: Core, monkeypatch, clock):
    def too_long(*_arguments: object) -> None:
        raise StoreUnavailable("QueryCanceled")

    monkeypatch.setattr(figures, "_live_sessions", too_long)
    leader.work(core)
    found = listings.overview(core)
    assert (found.live_at, found.purged_at) == (None, clock.now())


def test_clients_come_in_pages(core: Core, identities: Identities):
    for name in ("a", "b", "c"):
        identities.client(name)
    first = listings.clients(core, limit=2)
    assert ([line.client_id for line in first.lines], first.next) == (["a", "b"], "b")
    assert {line.sessions for line in first.lines} == {None}
    rest = listings.clients(core, limit=2, after=first.next)
    assert ([line.client_id for line in rest.lines], rest.next) == (["c"], None)


class TestWhatRests:
    @pytest.fixture
    def settings(self, database_url: str, monkeypatch):
        return settings_for(database_url, monkeypatch, pause_after_failures=2, address_failures=5)

    def guess(self, core: Core, name: str, times: int) -> None:
        for _ in range(times):
            with pytest.raises(Refused):
                identities.prove(core, name, "wrong", ORIGIN)

    def test_names_and_addresses_are_counted_and_known_ones_named(self, core, user, clock):
        assert listings.overview(core).resting == (0, 0, [], [])
        self.guess(core, user.username, 2)
        self.guess(core, "a mistyped password", 2)
        found = listings.overview(core).resting
        assert (found.names, found.addresses) == (2, 0)
        assert found.users == [(user.username, START + 60)]
        self.guess(core, "somebody", 1)
        found = listings.overview(core).resting
        assert (found.addresses, found.networks) == (1, [("127.0.0.1", START + 60)])
        clock.advance(60)
        assert listings.overview(core).resting == (0, 0, [], [])

    def test_a_user_who_rests_is_found_by_that(self, core, user, identities, clock):
        identities.add("jane")
        resting = [UserState.RESTING]
        assert listings.users(core, limit=9, states=resting).lines == []
        self.guess(core, user.email, 2)
        [line] = listings.users(core, limit=9, states=resting).lines
        assert line.username == user.username
        assert listings.users(core, limit=9, states=resting, search="jane").lines == []
        assert listings.person(core, user.id).paused_until == START + 60
        clock.advance(60)
        assert listings.users(core, limit=9, states=resting).lines == []
        assert listings.person(core, user.id).paused_until is None

    def test_a_known_address_rests_with_the_name_that_it_guesses(self, core, user, rows):
        log_in(core, user)
        self.guess(core, user.username, 4)
        kinds = rows("SELECT kind, user_id, network FROM throttles WHERE kind IS NOT NULL")
        assert sorted(map(str, kinds)) == sorted(
            map(
                str,
                [
                    {"kind": "name", "user_id": user.id, "network": None},
                    {"kind": "pair", "user_id": user.id, "network": "127.0.0.1"},
                ],
            )
        )


class TestVerifications:
    def test_they_are_added_to_the_hour_by_the_time_of_their_answer(self, core, clock, rows):
        request_hours.add(core, "verify", [90, 9, 0, 1])
        request_hours.add(core, "verify", [10])
        request_hours.add(core, "verify", [])
        request_hours.add(core, "another door", [7])
        clock.advance(3_600)
        request_hours.add(core, "verify", [0] * len(BOUNDS) + [3])
        found = listings.timeline(core, Span.DAY)
        assert found.verified == [0] * 22 + [110, 3]
        assert found.p99 == [None] * 22 + [BOUNDS[1], None]
        assert listings.timeline(core, Span.QUARTER).verified == [0] * 89 + [113]
        clock.advance(400 * DAY + 1)
        leader.work(core)
        assert rows("SELECT * FROM request_hours") == []

    @pytest.mark.parametrize(
        ("counts", "bound"),
        [
            ([], None),
            ([0, 0], None),
            ([99, 1], BOUNDS[0]),
            ([98, 2], BOUNDS[1]),
            ([0] * len(BOUNDS) + [1], None),
        ],
    )
    def test_the_99th_percentile_is_the_upper_bound_of_its_bucket(self, counts, bound):
        assert percentile(counts, 99) == bound


def test_a_span_ends_with_the_point_that_is_not_over(core: Core, clock: ManualClock):
    clock.advance(DAY + 1)
    for span, points in ((Span.DAY, 24), (Span.WEEK, 28), (Span.QUARTER, 90)):
        found = listings.timeline(core, span)
        assert len(found.times) == len(found.verified) == len(found.p99) == points
        assert found.times[-1] <= clock.now() < found.times[-1] + span.step
        assert found.complete
