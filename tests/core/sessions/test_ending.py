"""What ends a session: its own token, the end of its user, a new password."""

import pytest

from app.core import identities, sessions
from app.core.core import Core
from app.core.refusals import Refusal
from tests import grants
from tests.conftest import START
from tests.core.sessions.conftest import CLIENT, end, only, open_session, proven, refresh
from tests.factories import ORIGIN, Identities, Somebody, refuses
from tests.grants import Pair, Purpose


class TestEnding:
    def test_every_token_of_an_ended_session_is_refused(self, core, pair, clock, rows):
        clock.advance(5)
        end(core, pair.access)
        for call in (sessions.verify, end):
            with refuses(Refusal.SESSION_ENDED):
                call(core, pair.access)
        with refuses(Refusal.SESSION_ENDED):
            refresh(core, pair)
        assert only(rows, "ended_at, end_reason, expires_at") == {
            "ended_at": START + 5,
            "end_reason": "logout",
            "expires_at": START + 5,
        }

    def test_an_end_is_on_record_with_its_session_its_reason_and_its_note(
        self, core, user, pair, rows
    ):
        session = sessions.verify(core, pair.access)
        other = sessions.verify(core, open_session(core, user).access)
        end(core, pair.access)
        sessions.end_row(core, other, ORIGIN, "ended_by_operator", note="a stolen laptop")
        found = "SELECT user_id, session_id, reason, note FROM audit_events"
        assert rows(f"{found} WHERE event = 'session_ended' ORDER BY id") == [
            {"user_id": user.id, "session_id": session.id, "reason": "logout", "note": None},
            {
                "user_id": user.id,
                "session_id": other.id,
                "reason": "ended_by_operator",
                "note": "a stolen laptop",
            },
        ]

    def test_an_expired_access_token_still_ends_its_session(self, core, pair, clock, rows):
        clock.advance(3600)
        end(core, pair.access)
        assert only(rows, "end_reason") == {"end_reason": "logout"}

    def test_the_token_from_before_a_rotation_ends_it_only_within_the_grace(
        self, core, user, clock, rows
    ):
        first, second = open_session(core, user), open_session(core, user)
        refresh(core, first)
        refresh(core, second)
        clock.advance(9.5)
        end(core, first.access)
        clock.advance(0.5)
        with refuses(Refusal.TOKEN_SUPERSEDED):
            end(core, second.access)
        assert len(rows("SELECT id FROM sessions WHERE ended_at IS NULL")) == 1

    def test_a_token_of_another_purpose_than_those_that_are_named_ends_nothing(
        self, core: Core, pair: Pair, rows
    ):
        for token, purpose in (
            (pair.access, Purpose.TOKEN_V2_ACCESS),
            (pair.refresh, Purpose.SESSION_REFRESH),
        ):
            with refuses(Refusal.TOKEN_MISUSED):
                sessions.end(core, token, ORIGIN, purpose)
        assert only(rows, "ended_at") == {"ended_at": None}

    def test_a_refresh_token_ends_nothing(self, core: Core, pair: Pair, rows):
        with refuses(Refusal.TOKEN_MISUSED):
            end(core, pair.refresh)
        assert only(rows, "ended_at") == {"ended_at": None}

    def test_ending_twice_is_recorded_once(self, core: Core, pair: Pair, rows):
        row = sessions.verify(core, pair.access)
        sessions.end_row(core, row, ORIGIN)
        sessions.end_row(core, row, ORIGIN)
        assert len(rows("SELECT id FROM audit_events WHERE event = 'session_ended'")) == 1

    def test_the_reuse_of_an_ended_session_is_no_theft(self, core, pair, clock, rows):
        refresh(core, pair)
        end(core, pair.access)
        clock.advance(10)
        with refuses(Refusal.SESSION_ENDED):
            refresh(core, pair)
        assert only(rows, "end_reason") == {"end_reason": "logout"}


class TestTheUserBehindIt:
    def test_disabling_a_user_ends_all_its_sessions_from_the_next_request(
        self, core, user, pair, rows
    ):
        sessid = grants.aaa_session(core, proven(core, user), ORIGIN)
        assert identities.disable(core, user.id, ORIGIN)
        for token in (pair.access, sessid):
            with refuses(Refusal.SESSION_DISABLED):
                sessions.verify(core, token)
        with refuses(Refusal.SESSION_DISABLED):
            refresh(core, pair)
        found = rows("SELECT ended_at, end_reason FROM sessions")
        assert found == [{"ended_at": START, "end_reason": "account_disabled"}] * 2
        assert rows("SELECT epoch FROM users") == [{"epoch": 2}]

    def test_enabling_it_again_brings_no_session_back(self, core, user, pair, rows):
        identities.disable(core, user.id, ORIGIN)
        assert identities.enable(core, user.id, ORIGIN)
        with refuses(Refusal.SESSION_ENDED):
            sessions.verify(core, pair.access)
        assert sessions.verify(core, open_session(core, user).access)

    def test_a_new_password_ends_every_session_but_the_one_it_was_changed_in(
        self, core, user, pair, rows
    ):
        kept = open_session(core, user)
        keep = sessions.verify(core, kept.access).id
        identities.change_password(
            core, user.id, user.password, "another good password", ORIGIN, keep=keep
        )
        with refuses(Refusal.SESSION_ENDED):
            sessions.verify(core, pair.access)
        assert sessions.verify(core, kept.access).id == keep
        assert sessions.verify(core, refresh(core, kept).access).id == keep
        assert rows("SELECT end_reason FROM sessions ORDER BY ended_at IS NULL") == [
            {"end_reason": "password_changed"},
            {"end_reason": None},
        ]

    def test_a_login_under_way_while_the_password_changes_opens_a_dead_session(
        self, core, user, rows
    ):
        under_way = proven(core, user)
        identities.set_password(core, user.id, "another good password", ORIGIN)
        late = grants.session_pair(core, under_way, CLIENT, ORIGIN)
        with refuses(Refusal.SESSION_ENDED):
            sessions.verify(core, late.access)
        with refuses(Refusal.SESSION_ENDED):
            refresh(core, late)
        assert only(rows, "epoch, ended_at") == {"epoch": 1, "ended_at": None}

    def test_a_login_under_way_while_the_account_is_disabled_and_enabled_is_dead(self, core, user):
        under_way = proven(core, user)
        identities.disable(core, user.id, ORIGIN)
        identities.enable(core, user.id, ORIGIN)
        sessid = grants.aaa_session(core, under_way, ORIGIN)
        with refuses(Refusal.SESSION_ENDED):
            sessions.verify(core, sessid)

    def test_an_operator_ends_all_sessions_of_one_user_only(self, core, user, pair, identities_two):
        other = open_session(core, identities_two)
        assert identities.end_sessions(core, user.id, ORIGIN).sessions == 1
        with refuses(Refusal.SESSION_ENDED):
            sessions.verify(core, pair.access)
        assert sessions.verify(core, other.access)

    @pytest.fixture
    def identities_two(self, identities: Identities) -> Somebody:
        return identities.add("Jane.Roe")
