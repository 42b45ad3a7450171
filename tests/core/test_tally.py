"""Floods of refusals are one event a minute with a count; and the allowance of an address."""

import dataclasses

import pytest
from sqlalchemy import text

from app.core import identities, sessions
from app.core.audit import Origin
from app.core.core import Core
from app.core.credentials import access_codes, api_keys, clients
from app.core.guard import throttle
from app.core.identities import registration
from app.core.process.daily_events import DailyEvents
from app.core.process.proven import ProvenCredentials
from app.core.process.tally import Tally
from app.core.refusals import Refusal, Refused
from app.core.sessions import introspection
from app.store.faults import StoreUnavailable
from tests import grants
from tests.factories import PASSWORD, Identities, Somebody, at_once, full_house, refuses
from tests.grants import CODES, LOGIN, Purpose

ATTACKER = Origin("tests", "203.0.113.66", "attack")
HOME = Origin("tests", "198.51.100.7", "home")
V6 = Origin("tests", "2001:db8:1:2::1", "home")
NEIGHBOUR = Origin("tests", "2001:db8:1:2:ffff::9", "elsewhere in the /64")
FLOOD = "SELECT reason, count, request_id FROM audit_events WHERE reason = '{}' ORDER BY id"


@pytest.fixture
def user(identities: Identities) -> Somebody:
    return identities.add()


def fail(core: Core, login: str, times: int, origin: Origin = ATTACKER) -> None:
    for _ in range(times):
        with pytest.raises(Refused):
            identities.prove(core, login, "wrong", origin)


def log_in(core: Core, user: Somebody, origin: Origin) -> grants.Pair:
    proven = identities.prove(core, user.username, user.password, origin)
    return grants.jwt_pair(core, proven, origin)


class TestMinutes:
    def test_attempts_on_a_paused_name_are_one_event_a_minute_with_a_count(
        self, core, user, rows, clock
    ):
        fail(core, user.username, 10)
        fail(core, user.username, 25)
        flood = FLOOD.format("account_paused")
        assert [row["count"] for row in rows(flood)] == [1], "the first at once"
        core.tally.flush()
        assert rows(flood) == [{"reason": "account_paused", "count": 25, "request_id": "attack"}]
        clock.advance(59)
        fail(core, user.username, 1)
        assert [row["count"] for row in rows(flood)] == [26], "a second later at once again"
        fail(core, user.username, 1, HOME)
        assert len(rows(flood)) == 2, "each address has its own"

    def test_the_next_minute_is_another_event(self, core, user, rows, clock):
        fail(core, user.username, 11)
        for _ in range(3):
            clock.advance(60)
            fail(core, user.username, 2)
        core.tally.flush()
        # The pauses end between them, so that one attempt in each minute is looked at.
        assert [row["count"] for row in rows(FLOOD.format("account_paused"))] == [1, 1, 2, 1]

    def test_attempts_from_a_paused_address_are_on_record_too(self, core, user, rows):
        for number in range(100):
            fail(core, f"name {number}", 1)
        fail(core, "one more", 40)
        with refuses(Refusal.ADDRESS_PAUSED):
            api_keys.exchange(core, LOGIN, user.username, user.api_key, ATTACKER)
        core.tally.flush()
        assert [row["count"] for row in rows(FLOOD.format("address_paused"))] == [41]

    def test_the_count_is_exact_across_workers(self, core, rows):
        workers = [Tally(core.store, core.clock) for _ in range(4)]

        def attempts(index: int) -> None:
            for _ in range(50):
                workers[index].note(Refusal.ACCOUNT_PAUSED, ATTACKER)
            workers[index].flush()

        at_once(core, 4, attempts)
        assert [row["count"] for row in rows(FLOOD.format("account_paused"))] == [200]

    def test_what_could_not_be_written_is_counted_still(self, core, rows):
        core.tally.note(Refusal.BUSY, ATTACKER)
        for _ in range(3):
            core.tally.note(Refusal.BUSY, ATTACKER)
        with core.store.write() as writing:
            writing.execute(text("ALTER TABLE audit_events RENAME TO away"))
        with pytest.raises(StoreUnavailable):
            core.tally.flush()
        with core.store.write() as writing:
            writing.execute(text("ALTER TABLE away RENAME TO audit_events"))
        core.tally.flush()
        assert [row["count"] for row in rows(FLOOD.format("busy"))] == [4]

    def test_what_is_remembered_is_bounded(self, core, monkeypatch):
        monkeypatch.setattr("app.core.process.tally.MAX_ENTRIES", 5)
        for number in range(20):
            core.tally.note(Refusal.BUSY, Origin("tests", f"192.0.2.{number}"))
        assert len(core.tally) <= 6

    def test_a_full_queue_is_on_record(self, core, user, rows):
        with full_house(core):
            fail(core, user.username, 3)
            with refuses(Refusal.BUSY):
                registration.register(core, "new", "new@example.com", PASSWORD, ATTACKER)
        core.tally.flush()
        assert [row["count"] for row in rows(FLOOD.format("busy"))] == [4]


class TestTaken:
    def test_who_asks_for_taken_names_is_counted_like_one_who_guesses(self, core, user, rows):
        for _ in range(100):
            with refuses(Refusal.IDENTITY_TAKEN):
                registration.register(core, "other", user.email, PASSWORD, ATTACKER)
        assert rows("SELECT failures FROM throttles") == [{"failures": 100}]
        assert len(rows(FLOOD.format("identity_taken"))) == 100
        with refuses(Refusal.ADDRESS_PAUSED):
            registration.register(core, "new", "new@example.com", PASSWORD, ATTACKER)
        registration.register(core, "new", "new@example.com", PASSWORD, HOME)


class TestKnownAddresses:
    def test_an_ipv6_address_is_known_by_its_64(self, core, user):
        log_in(core, user, V6)
        fail(core, user.username, 10)
        assert identities.prove(core, user.username, PASSWORD, NEIGHBOUR).id == user.id
        with refuses(Refusal.ACCOUNT_PAUSED):
            identities.prove(core, user.username, PASSWORD, Origin("tests", "2001:db8:1:3::1"))

    def test_one_that_logged_in_before_the_network_was_kept_is_known_still(self, core, user):
        log_in(core, user, HOME)
        with core.store.write() as writing:
            writing.execute(text("UPDATE audit_events SET network = NULL"))
        fail(core, user.username, 10)
        assert identities.prove(core, user.username, PASSWORD, HOME).id == user.id

    def test_it_passes_while_the_address_is_paused_and_a_stranger_there_does_not(
        self, core, user, identities, rows
    ):
        other = identities.add("other")
        log_in(core, user, HOME)
        for number in range(100):
            fail(core, f"name {number}", 1, HOME)
        with refuses(Refusal.ADDRESS_PAUSED):
            log_in(core, other, HOME)
        log_in(core, user, HOME)
        assert api_keys.exchange(core, LOGIN, user.username, user.api_key, HOME).token
        with refuses(Refusal.ADDRESS_PAUSED):
            api_keys.exchange(core, LOGIN, other.username, other.api_key, HOME)

    def test_its_own_failures_are_told_and_counted_on_the_name_alone(self, core, user, rows):
        log_in(core, user, HOME)
        for number in range(100):
            fail(core, f"name {number}", 1, HOME)
        for _ in range(10):
            with refuses(Refusal.PASSWORD_WRONG):
                identities.prove(core, user.username, "wrong", HOME)
        with refuses(Refusal.PASSWORD_WRONG):
            identities.prove(core, user.username, "wrong", HOME)  # its door's first
        counts = sorted(row["failures"] for row in rows("SELECT failures FROM throttles"))
        assert counts[-2:] == [10, 100]

    def test_basic_leaves_one_login_a_day_and_address_though_it_is_remembered(
        self, core, user, rows, clock
    ):
        def basic(at: Core, origin: Origin) -> None:
            identities.prove(at, user.username, PASSWORD, origin, remember=True)

        another_process = dataclasses.replace(
            core, proven=ProvenCredentials(), daily_events=DailyEvents(core.store)
        )
        for _ in range(3):
            for origin in (HOME, V6, NEIGHBOUR):
                basic(core, origin)
                basic(another_process, origin)
        found = "SELECT user_id, network FROM audit_events WHERE event = 'login' ORDER BY id"
        traced = [(user.id, "198.51.100.7"), (user.id, "2001:db8:1:2::/64")]
        assert [tuple(row.values()) for row in rows(found)] == traced
        clock.advance(86_400)
        basic(core, HOME)
        assert [tuple(row.values()) for row in rows(found)] == [*traced, traced[0]]
        fail(core, user.username, 10)
        basic(core, HOME)
        with refuses(Refusal.ACCOUNT_PAUSED):
            basic(core, ATTACKER)


class TestClockSetBack:
    def test_a_name_is_paused_no_longer_than_the_longest_pause(self, core, user, clock, rows):
        fail(core, user.username, 10)
        clock.advance(-86_400)
        with refuses(Refusal.ACCOUNT_PAUSED) as caught:
            identities.prove(core, user.username, PASSWORD, HOME)
        assert caught.value.retry_after == 3_600
        assert throttle.paused_until(core, user.username) == clock.now() + 3_600
        clock.advance(3_600)
        assert identities.prove(core, user.username, PASSWORD, HOME).id == user.id

    def test_an_address_is_paused_no_longer_than_its_pause_and_its_window_begins_anew(
        self, core, user, clock
    ):
        for number in range(100):
            fail(core, f"name {number}", 1)
        clock.advance(-86_400)
        with refuses(Refusal.ADDRESS_PAUSED) as caught:
            log_in(core, user, ATTACKER)
        assert caught.value.retry_after == 60
        clock.advance(60)
        fail(core, "one more", 1)
        log_in(core, user, ATTACKER)

    def test_an_allowance_that_was_spent_in_the_future_is_not_spent(self, core, user, clock):
        origin = ATTACKER._replace(allowance=1)
        log_in(core, user, origin)
        clock.advance(-86_400)
        log_in(core, user, origin)
        with refuses(Refusal.ADDRESS_PAUSED):
            log_in(core, user, origin)


class TestAllowance:
    """What an address may put on record in an hour, whatever it does."""

    ORIGIN = Origin("tests", "203.0.113.66", "attack", 10)

    def test_beyond_it_nothing_is_opened_until_the_hour_is_over(self, core, user, clock, rows):
        before = len(rows("SELECT id FROM audit_events"))
        for _ in range(10):
            log_in(core, user, self.ORIGIN)
        clock.advance(600)
        with refuses(Refusal.ADDRESS_PAUSED) as caught:
            log_in(core, user, self.ORIGIN)
        assert caught.value.retry_after == 3_000
        with refuses(Refusal.ADDRESS_PAUSED):
            api_keys.exchange(core, LOGIN, user.username, user.api_key, self.ORIGIN)
        with refuses(Refusal.ADDRESS_PAUSED):
            registration.register(core, "new", "new@example.com", PASSWORD, self.ORIGIN)
        log_in(core, user, HOME._replace(allowance=10))
        assert len(rows("SELECT id FROM sessions")) == 11
        assert len(rows("SELECT id FROM users")) == 1
        assert len(rows("SELECT id FROM audit_events")) == before + 10 + 1 + 1, "one for the flood"
        clock.advance(3_000)
        log_in(core, user, self.ORIGIN)

    def test_beyond_it_no_password_is_looked_at(self, core, user, rows, monkeypatch):
        for _ in range(10):
            access_codes.issue(core, CODES, user.id, self.ORIGIN)
        monkeypatch.delattr(type(core.passwords), "verify")
        counts = rows("SELECT * FROM throttles")
        for name in (user.username, "nobody"):
            with refuses(Refusal.ADDRESS_PAUSED):
                identities.prove(core, name, PASSWORD, self.ORIGIN)
        for login in (
            lambda: api_keys.exchange(core, LOGIN, user.username, "x", self.ORIGIN),
            lambda: access_codes.exchange(core, CODES, "x", self.ORIGIN),
            lambda: clients.prove(core, [("gateway", "x")], self.ORIGIN),
        ):
            with refuses(Refusal.ADDRESS_PAUSED):
                login()
        assert rows("SELECT * FROM throttles") == counts

    def test_what_needs_no_password_is_refused_by_its_record_and_undone(self, core, user, rows):
        for _ in range(10):
            access_codes.issue(core, CODES, user.id, self.ORIGIN)
        with refuses(Refusal.ADDRESS_PAUSED):
            access_codes.issue(core, CODES, user.id, self.ORIGIN)
        assert len(rows("SELECT id FROM access_codes")) == 10

    def test_an_end_is_never_refused_and_is_counted_when_it_is_one_too_many(self, core, user, rows):
        pairs = [log_in(core, user, self.ORIGIN) for _ in range(6)]
        for pair in pairs[:3]:
            sessions.end(core, pair.access, self.ORIGIN, Purpose.TOKEN_V2_ACCESS)
        for pair in pairs[3:]:
            introspection.revoke(core, pair.access, "gateway", self.ORIGIN)
        assert rows("SELECT id FROM sessions WHERE ended_at IS NULL") == []
        ended = rows("SELECT count, user_id FROM audit_events WHERE event = 'session_ended'")
        assert [row["count"] for row in ended] == [1, 1, 1, 1, 2]
        assert ended[-1]["user_id"] is None

    def test_the_hour_is_counted_by_all_workers_together(self, core, user, rows):
        proven = identities.prove(core, user.username, PASSWORD, self.ORIGIN)
        answers = at_once(core, 20, lambda _: grants.aaa_session(core, proven, self.ORIGIN))
        assert answers.count(Refusal.ADDRESS_PAUSED) == 10
        assert len(rows("SELECT id FROM sessions")) == 10
