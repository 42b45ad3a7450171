"""The caps on live sessions, codes and keys of a user: what exceeds them, and what does not count."""

import dataclasses

import pytest

from app.core import identities, sessions
from app.core.audit import Origin
from app.core.clock import ManualClock
from app.core.core import Core
from app.core.credentials import access_codes, api_keys
from app.core.credentials.access_codes import Maker
from app.core.refusals import Refusal
from app.core.sessions.rows import Holder
from tests import grants
from tests.conftest import settings_for
from tests.factories import ORIGIN, Identities, Somebody, at_once, refuses
from tests.grants import CODES, LOGIN

CAP = 3
LIVE = "SELECT id FROM sessions WHERE ended_at IS NULL"
ENDED = "SELECT id, end_reason, expires_at FROM sessions WHERE ended_at IS NOT NULL"


@pytest.fixture
def settings(database_url: str, monkeypatch: pytest.MonkeyPatch):
    return settings_for(
        database_url,
        monkeypatch,
        sessions_per_user=CAP,
        access_codes_per_user=CAP,
        # The factory's users have one already.
        api_keys_per_user=CAP + 1,
    )


@pytest.fixture
def user(identities: Identities) -> Somebody:
    return identities.add()


def log_in(core: Core, user: Somebody, origin: Origin = ORIGIN) -> str:
    proven = identities.prove(core, user.username, user.password, origin)
    return grants.aaa_session(core, proven, origin)


def with_policy(core: Core, **values: int) -> Core:
    return dataclasses.replace(core, policy=dataclasses.replace(core.policy, **values))


class TestSessions:
    def test_one_beyond_the_cap_ends_the_oldest_and_that_is_on_record(
        self, core: Core, user: Somebody, clock: ManualClock, rows
    ):
        held = []
        for _ in range(CAP + 1):
            held.append(log_in(core, user))
            clock.advance(10)
        with refuses(Refusal.SESSION_ENDED):
            sessions.verify(core, held[0])
        assert [sessions.verify(core, sessid).user_id for sessid in held[1:]] == [user.id] * CAP
        [ended] = rows(ENDED)
        assert ended["end_reason"] == "too_many_sessions"
        assert ended["expires_at"] == clock.now() - 10, "due for the purge like any that ended"
        events = rows("SELECT * FROM audit_events WHERE event = 'session_ended'")
        assert [(event["session_id"], event["user_id"], event["reason"]) for event in events] == [
            (ended["id"], user.id, "too_many_sessions")
        ]

    def test_the_sessions_of_all_dialects_count_together(self, core, user, identities, clock, rows):
        code = identities.code(user)
        identities.client("koms-web")
        proven = prove(core, user)
        opened = [
            lambda: log_in(core, user),
            lambda: grants.jwt_pair(core, proven, ORIGIN).access,
            lambda: access_codes.exchange(core, CODES, code, ORIGIN).token,
            lambda: api_keys.exchange(core, LOGIN, user.username, user.api_key, ORIGIN).token,
            lambda: grants.session_pair(core, proven, "koms-web", ORIGIN).access,
        ]
        held = []
        for open_session in opened:
            held.append(open_session())
            clock.advance(1)
        assert len(rows(LIVE)) == CAP
        assert [sessions.verify(core, token).user_id for token in held[-CAP:]] == [user.id] * CAP

    def test_what_has_ended_or_expired_and_who_is_another_does_not_count(
        self, core, user, identities, clock, rows
    ):
        log_in(core, user)
        clock.advance(1_800)
        log_in(core, identities.add("Jane.Roe"))
        sessions.end_row(core, sessions.verify(core, log_in(core, user)), ORIGIN)
        held = [log_in(core, user) for _ in range(CAP)]
        assert [sessions.verify(core, sessid).user_id for sessid in held] == [user.id] * CAP
        assert [row["end_reason"] for row in rows(ENDED)] == ["logout"]

    def test_where_the_cap_was_lowered_one_login_ends_what_is_too_many(
        self, core, user, clock, rows
    ):
        wide = with_policy(core, sessions_per_user=50)
        for _ in range(10):
            log_in(wide, user)
            clock.advance(1)
        log_in(core, user)
        assert len(rows(LIVE)) == CAP
        assert len(rows("SELECT id FROM audit_events WHERE reason = 'too_many_sessions'")) == 8

    def test_a_cap_of_one_leaves_the_newest(self, core: Core, user: Somebody, rows):
        narrow = with_policy(core, sessions_per_user=1)
        first, second = log_in(narrow, user), log_in(narrow, user)
        with refuses(Refusal.SESSION_ENDED):
            sessions.verify(core, first)
        assert sessions.verify(core, second)

    def test_logins_at_the_same_moment_leave_the_cap(self, core: Core, user: Somebody, rows):
        proven = prove(core, user)
        opened = at_once(core, 12, lambda _: grants.aaa_session(core, proven, ORIGIN))
        assert len(set(opened)) == 12, "all are let in"
        if core.store.backend == "postgresql":
            # They may not have seen each other; the next one sees all.
            grants.aaa_session(core, proven, ORIGIN)
        assert len(rows(LIVE)) == CAP

    def test_the_codes_that_were_made_in_the_oldest_end_with_it(self, core, user, clock, rows):
        oldest = sessions.verify(core, log_in(core, user))
        maker = Maker(Holder(user.id, oldest.epoch), oldest.id)
        code = access_codes.issue(core, CODES, user.id, ORIGIN, maker=maker)
        clock.advance(1)
        token = access_codes.exchange(core, CODES, code.code, ORIGIN).token
        for _ in range(CAP - 1):
            log_in(core, user)
        with refuses(Refusal.CODE_REVOKED):
            access_codes.exchange(core, CODES, code.code, ORIGIN)
        with refuses(Refusal.SESSION_ENDED):
            sessions.verify(core, token)
        [event] = rows("SELECT reason FROM audit_events WHERE event = 'code_revoked'")
        assert event == {"reason": "too_many_sessions"}

    def test_a_login_that_its_address_has_no_allowance_for_ends_nothing(self, core, user, rows):
        origin = Origin("tests", "203.0.113.66", "busy", allowance=CAP)
        for _ in range(CAP):
            log_in(core, user, origin)
        with refuses(Refusal.ADDRESS_PAUSED):
            log_in(core, user, origin)
        assert (len(rows(LIVE)), rows(ENDED)) == (CAP, [])


def prove(core: Core, user: Somebody) -> identities.Identity:
    return identities.prove(core, user.username, user.password, ORIGIN)


class TestCodesAndKeys:
    def issue_code(self, core: Core, user: Somebody) -> int:
        return access_codes.issue(core, CODES, user.id, ORIGIN).id

    def issue_key(self, core: Core, user: Somebody, expires_at: float | None = None) -> int:
        return api_keys.issue(core, user.id, ORIGIN, expires_at=expires_at)[0]

    def test_a_code_beyond_the_cap_is_refused_until_one_is_revoked(self, core, user, rows):
        first, *_ = [self.issue_code(core, user) for _ in range(CAP)]
        with refuses(Refusal.CREDENTIALS_CAPPED) as caught:
            self.issue_code(core, user)
        assert caught.value.detail == "3 are live already, the most there may be: revoke one first."
        assert len(rows("SELECT id FROM access_codes")) == CAP
        access_codes.revoke(core, first, ORIGIN)
        self.issue_code(core, user)
        with refuses(Refusal.CREDENTIALS_CAPPED):
            self.issue_code(core, user)

    def test_expired_codes_and_those_of_others_do_not_count(self, core, user, identities, clock):
        for _ in range(CAP):
            self.issue_code(core, identities.add(f"other-{_}"))
            self.issue_code(core, user)
        clock.advance(core.seconds(CODES.code))
        for _ in range(CAP):
            self.issue_code(core, user)

    def test_a_key_beyond_the_cap_is_refused_until_one_is_revoked_or_expires(
        self, core, user, clock, rows
    ):
        self.issue_key(core, user, clock.now() + 10)
        _, third = [self.issue_key(core, user) for _ in range(2)]
        with refuses(Refusal.CREDENTIALS_CAPPED):
            self.issue_key(core, user)
        assert len(rows("SELECT id FROM api_keys")) == CAP + 1
        api_keys.revoke(core, third, ORIGIN)
        self.issue_key(core, user)
        with refuses(Refusal.CREDENTIALS_CAPPED):
            self.issue_key(core, user)
        clock.advance(10)
        self.issue_key(core, user)

    def test_of_many_at_the_same_moment_no_more_than_the_cap_are_issued(self, core, user, rows):
        got = at_once(core, 8, lambda _: self.issue_code(core, user))
        assert got.count(Refusal.CREDENTIALS_CAPPED) == 8 - CAP
        assert len(rows("SELECT id FROM access_codes")) == CAP
        got = at_once(core, 8, lambda _: self.issue_key(core, user))
        assert got.count(Refusal.CREDENTIALS_CAPPED) == 8 - CAP
        assert len(rows("SELECT id FROM api_keys")) == CAP + 1
