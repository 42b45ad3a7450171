"""Expired rows are deleted in batches, by one worker at a time."""

import pytest

from app.core import identities as core_identities
from app.core.clock import ManualClock
from app.core.core import Core
from app.core.credentials import access_codes, api_keys
from app.core.refusals import Refusal, Refused
from app.core.upkeep import purge
from tests import grants
from tests.conftest import settings_for
from tests.factories import ORIGIN, Identities, Somebody, at_once, refuses
from tests.grants import CODES

DAY = 86_400
NOTHING = {"sessions": 0, "throttles": 0, "access_codes": 0, "audit_events": 0}


@pytest.fixture
def user(identities: Identities) -> Somebody:
    return identities.add()


def log_in(core: Core, user: Somebody) -> str:
    proven = core_identities.prove(core, user.username, user.password, ORIGIN)
    return grants.aaa_session(core, proven, ORIGIN)


def test_a_session_stays_an_hour_after_its_expiry_and_not_a_second_more(core, user, clock, rows):
    log_in(core, user)
    clock.advance(1800 + 3599)
    assert purge.purge(core) == NOTHING
    clock.advance(1)
    assert purge.purge(core) == NOTHING | {"sessions": 1}
    assert rows("SELECT * FROM sessions") == []


def test_an_ended_session_stays_an_hour_after_its_end(core, user, clock, rows):
    log_in(core, user)
    clock.advance(10)
    core_identities.end_sessions(core, user.id, ORIGIN)
    clock.advance(3599)
    assert purge.purge(core) == NOTHING
    clock.advance(1)
    assert purge.purge(core)["sessions"] == 1


def test_what_is_alive_stays(core: Core, user: Somebody, clock: ManualClock, identities, rows):
    log_in(core, user)
    identities.code(user)
    before = {table: rows(f"SELECT * FROM {table}") for table in ("sessions", "access_codes")}
    assert purge.purge(core) == NOTHING
    assert before == {table: rows(f"SELECT * FROM {table}") for table in before}


def test_failures_that_are_forgotten_go_at_once(core: Core, user, clock, rows):
    with pytest.raises(Refused):
        core_identities.prove(core, user.username, "wrong", ORIGIN)
    clock.advance(600)
    assert purge.purge(core)["throttles"] == 1, "the address's window"
    clock.advance(DAY - 600)
    assert purge.purge(core)["throttles"] == 1, "the name's day"
    assert rows("SELECT * FROM throttles") == []


def test_an_expired_code_is_known_as_expired_for_ninety_days(core, user, identities, clock, rows):
    identities.code(user)
    clock.advance((365 + 90) * DAY - 1)
    assert purge.purge(core)["access_codes"] == 0
    clock.advance(1)
    assert purge.purge(core)["access_codes"] == 1


def test_a_revoked_code_goes_with_the_trail_that_names_it(core, user, identities, clock, rows):
    kept, revoked = identities.code(user), access_codes.issue(core, CODES, user.id, ORIGIN)
    clock.advance(10)
    access_codes.revoke(core, revoked.id, ORIGIN)
    counted = purge.count_rows(core)
    assert [line.rows for line in counted if line.table == "access_codes"] == [1, 1]
    clock.advance(90 * DAY - 1)
    assert purge.purge(core)["access_codes"] == 0
    clock.advance(1)
    assert purge.purge(core)["access_codes"] == 1
    assert rows("SELECT id, revoked_at FROM access_codes") == [{"id": 1, "revoked_at": None}]
    assert rows("SELECT id FROM audit_events WHERE note = :note", note=f"code {revoked.id}") == []
    assert access_codes.exchange(core, CODES, kept, ORIGIN)
    with refuses(Refusal.CODE_UNKNOWN):
        access_codes.exchange(core, CODES, revoked.code, ORIGIN)


def test_codes_that_ended_with_the_password_go_too(core, user, identities, clock, rows):
    identities.code(user)
    core_identities.set_password(core, user.id, "an entirely new password", ORIGIN)
    clock.advance(90 * DAY)
    assert purge.purge(core)["access_codes"] == 1
    assert rows("SELECT * FROM access_codes") == []


def test_a_revoked_key_stays_so_that_no_old_seed_brings_it_back(core, user, clock, rows):
    api_keys.revoke(core, 1, ORIGIN)
    clock.advance(1_000 * DAY)
    purge.purge(core)
    assert len(rows("SELECT id FROM api_keys")) == 1


def test_audit_events_stay_for_their_retention(core: Core, user: Somebody, clock, rows):
    events = len(rows("SELECT id FROM audit_events"))
    clock.advance(90 * DAY - 1)
    assert purge.purge(core)["audit_events"] == 0
    clock.advance(1)
    assert purge.purge(core)["audit_events"] == events


class TestInBatches:
    @pytest.fixture
    def settings(self, database_url: str, monkeypatch):
        return settings_for(database_url, monkeypatch, purge_batch_rows=3)

    def test_no_more_than_a_few_rows_at_a_time_with_a_pause_between(self, core, user, clock, rows):
        for _ in range(8):
            log_in(core, user)
        clock.advance(1800 + 3600)
        left = []
        deleted = purge.purge(core, lambda: left.append(len(rows("SELECT id FROM sessions"))))
        assert deleted["sessions"] == 8
        assert left == [5, 2, 0]


class TestTheLease:
    def test_one_holder_has_it_and_keeps_it_by_asking_again(self, core: Core, clock, rows):
        assert purge.acquire_lease(core, "one", 120)
        assert not purge.acquire_lease(core, "two", 120)
        clock.advance(100)
        assert purge.acquire_lease(core, "one", 120)
        clock.advance(119)
        assert not purge.acquire_lease(core, "two", 120)
        assert rows("SELECT holder FROM leases") == [{"holder": "one"}]

    def test_it_lapses_on_its_exact_second(self, core: Core, clock: ManualClock, rows):
        assert purge.acquire_lease(core, "dead", 120)
        clock.advance(119)
        assert not purge.acquire_lease(core, "heir", 120)
        clock.advance(1)
        assert purge.acquire_lease(core, "heir", 120)
        assert not purge.acquire_lease(core, "dead", 120)
        assert rows("SELECT holder FROM leases") == [{"holder": "heir"}]

    def test_one_from_before_the_clock_was_set_back_is_void(self, core: Core, clock, rows):
        assert purge.acquire_lease(core, "of tomorrow", 90)
        clock.advance(-31)
        assert purge.acquire_lease(core, "of today", 90)
        assert rows("SELECT * FROM leases") == [
            {"name": "purge", "holder": "of today", "expires_at": clock.now() + 90}
        ]

    def test_a_clock_a_little_behind_the_holders_leaves_it_its_lease(self, core: Core, clock, rows):
        assert purge.acquire_lease(core, "ahead", 90)
        clock.advance(-30)
        assert not purge.acquire_lease(core, "behind", 90)
        assert rows("SELECT holder FROM leases") == [{"holder": "ahead"}]

    @pytest.mark.parametrize("lapsed", [False, True], ids=["first", "lapsed"])
    def test_of_twenty_who_want_it_one_gets_it(self, core: Core, clock, rows, lapsed: bool):
        if lapsed:
            purge.acquire_lease(core, "dead", 1)
            clock.advance(1)
        got = at_once(core, 20, lambda index: purge.acquire_lease(core, f"{index}", 120))
        assert got.count(True) == 1
        assert rows("SELECT holder FROM leases") == [{"holder": str(got.index(True))}]
