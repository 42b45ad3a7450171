"""The session state machine, one step after another: what is returned, and what the row says."""

import pytest
from sqlalchemy import text

from app.core import identities, sessions
from app.core.clock import ManualClock
from app.core.core import Core
from app.core.refusals import Refusal
from app.core.sessions import grants, tokens
from app.core.sessions.grants import Pair
from app.core.sessions.tokens import Purpose
from tests.conftest import START, settings_for
from tests.factories import ORIGIN, Identities, Somebody, refuses

CLIENT = "koms-web"
DAY = 86_400


@pytest.fixture
def user(identities: Identities) -> Somebody:
    identities.client(CLIENT)
    identities.client("another")
    return identities.add()


@pytest.fixture
def pair(core: Core, user: Somebody) -> Pair:
    return open_session(core, user)


def proven(core: Core, user: Somebody) -> identities.Identity:
    return identities.prove(core, user.username, user.password, ORIGIN)


def open_session(core: Core, user: Somebody) -> Pair:
    return grants.session_pair(core, proven(core, user), CLIENT, ORIGIN)


def refresh(core: Core, pair: Pair, client_id: str = CLIENT) -> Pair:
    return grants.refreshed_session_pair(core, pair.access, pair.refresh, client_id, ORIGIN)


def end(core: Core, token: str) -> None:
    sessions.end(core, token, ORIGIN, Purpose.SESSION_ACCESS, client_id=CLIENT)


def only(rows, columns: str = "*") -> dict[str, object]:
    [row] = rows(f"SELECT {columns} FROM sessions")
    return row


class TestOpening:
    def test_the_row_says_who_through_what_and_until_when(self, core, user, pair, rows):
        row = only(rows)
        assert row.pop("id") == sessions.verify(core, pair.access).id
        assert row.pop("key_id") == core.keys.ring.current_seal
        assert row == {
            "user_id": user.id,
            "dialect": "session",
            "client_id": CLIENT,
            "token_digest": None,
            "generation": 1,
            "epoch": 1,
            "opened_at": START,
            "rotated_at": START,
            "access_expires_at": START + 3600,
            "expires_at": START + 30 * DAY,
            "absolute_expires_at": START + 90 * DAY,
            "ended_at": None,
            "end_reason": None,
            "address": "127.0.0.1",
            "access_code_id": None,
            "api_key_id": None,
        }
        assert pair.expires_in == 3600

    def test_a_login_is_on_the_record(self, core: Core, user: Somebody, pair: Pair, rows):
        [event] = rows("SELECT * FROM audit_events WHERE event = 'login'")
        assert event["user_id"] == user.id
        assert event["session_id"] == sessions.verify(core, pair.access).id
        assert event["request_id"] == "test-request"

    def test_nothing_in_the_row_can_be_presented_as_a_token(self, core, user, rows):
        sessid = grants.aaa_session(core, proven(core, user), ORIGIN)
        row = only(rows)
        assert bytes(row["token_digest"]).hex() != sessid
        with refuses(Refusal.TOKEN_UNKNOWN):
            sessions.verify(core, bytes(row["token_digest"]).hex())

    def test_two_logins_are_two_sessions(self, core: Core, user: Somebody, pair: Pair, rows):
        other = open_session(core, user)
        end(core, pair.access)
        assert sessions.verify(core, other.access).username == user.username
        assert len(rows("SELECT id FROM sessions")) == 2


class TestVerifying:
    def test_a_token_counts_until_its_exact_second(self, core: Core, pair: Pair, clock):
        clock.advance(3599)
        assert sessions.verify(core, pair.access).username == "John.Doo"
        clock.advance(1)
        with refuses(Refusal.TOKEN_EXPIRED):
            sessions.verify(core, pair.access)

    def test_verifying_writes_nothing(self, core: Core, pair: Pair, clock, rows):
        before = rows("SELECT * FROM sessions"), rows("SELECT * FROM audit_events")
        clock.advance(100)
        sessions.verify(core, pair.access)
        assert (rows("SELECT * FROM sessions"), rows("SELECT * FROM audit_events")) == before

    def test_a_refresh_token_is_no_access_token(self, core: Core, pair: Pair):
        with refuses(Refusal.TOKEN_MISUSED):
            sessions.verify(core, pair.refresh)

    def test_an_access_token_is_no_refresh_token(self, core: Core, pair: Pair, rows):
        with refuses(Refusal.TOKEN_MISUSED):
            refresh(core, pair._replace(refresh=pair.access))
        with refuses(Refusal.TOKEN_MISUSED):
            refresh(core, pair._replace(access=pair.refresh))
        assert only(rows, "generation, ended_at") == {"generation": 1, "ended_at": None}

    def test_a_token_made_for_one_thing_is_refused_where_another_is_asked_for(self, core, pair):
        with refuses(Refusal.TOKEN_MISUSED):
            sessions.verify(core, pair.access, Purpose.AAA_OAUTH)
        assert sessions.verify(core, pair.access, Purpose.AAA_OAUTH, Purpose.SESSION_ACCESS)

    def test_a_session_that_is_gone_is_unknown(self, core: Core, pair: Pair):
        with core.store.write() as writing:
            writing.execute(text("DELETE FROM sessions"))
        with refuses(Refusal.TOKEN_UNKNOWN):
            sessions.verify(core, pair.access)

    def test_a_random_token_counts_only_in_its_own_dialect(self, core: Core, user: Somebody, rows):
        grants.aaa_session(core, proven(core, user), ORIGIN)
        with core.store.write() as writing:
            writing.execute(text("UPDATE sessions SET dialect = 'login'"))
        digest = bytes(only(rows)["token_digest"])
        with refuses(Refusal.TOKEN_UNKNOWN):
            sessions.find(core, tokens.Reference(Purpose.AAA_SESSION, digest=digest))

    def test_an_expired_password_restricts_a_live_session(self, core, user, pair):
        identities.expire_password(core, user.id, ORIGIN)
        with refuses(Refusal.PASSWORD_EXPIRED):
            sessions.verify(core, pair.access)
        assert sessions.verify_restricted(core, pair.access).username == user.username


class TestRotating:
    def test_the_new_pair_counts_and_the_old_two_are_dead(self, core, pair, clock, rows):
        clock.advance(100)
        new = refresh(core, pair)
        assert {new.access, new.refresh}.isdisjoint({pair.access, pair.refresh})
        assert new.expires_in == 3600
        assert sessions.verify(core, new.access).generation == 2
        with refuses(Refusal.TOKEN_SUPERSEDED):
            sessions.verify(core, pair.access)
        assert only(
            rows, "generation, rotated_at, access_expires_at, expires_at, absolute_expires_at"
        ) == {
            "generation": 2,
            "rotated_at": START + 100,
            "access_expires_at": START + 3700,
            "expires_at": START + 100 + 30 * DAY,
            "absolute_expires_at": START + 90 * DAY,
        }

    def test_a_rotation_adds_no_row_to_any_table(self, core: Core, pair: Pair, clock, rows):
        count = "SELECT (SELECT count(*) FROM sessions) + (SELECT count(*) FROM audit_events) AS n"
        before = rows(count)
        for _ in range(5):
            pair = refresh(core, pair)
        assert rows(count) == before

    def test_an_expired_access_token_may_still_be_refreshed(self, core, pair, clock):
        clock.advance(30 * DAY - 1)
        assert sessions.verify(core, refresh(core, pair).access)

    def test_a_session_cannot_be_refreshed_at_the_end_of_its_refresh_time(self, core, pair, clock):
        clock.advance(30 * DAY)
        with refuses(Refusal.SESSION_EXPIRED):
            refresh(core, pair)

    def test_no_refresh_moves_the_absolute_end(self, core: Core, pair: Pair, clock, rows):
        for _ in range(3):
            clock.advance(30 * DAY - 1)
            pair = refresh(core, pair)
        assert pair.expires_in == 3
        clock.advance(2)
        assert sessions.verify(core, pair.access)
        clock.advance(1)
        with refuses(Refusal.SESSION_EXPIRED):
            sessions.verify(core, pair.access)
        with refuses(Refusal.SESSION_EXPIRED):
            refresh(core, pair)

    @pytest.mark.parametrize("seconds", [0, 9, 9.999])
    def test_the_same_call_within_the_grace_gets_the_very_same_pair(
        self, core, pair, clock, rows, seconds: float
    ):
        new = refresh(core, pair)
        clock.advance(seconds)
        again = refresh(core, pair)
        assert (again.access, again.refresh) == (new.access, new.refresh)
        assert again.expires_in == int(3600 - seconds)
        assert only(rows, "generation, ended_at") == {"generation": 2, "ended_at": None}

    def test_at_the_graces_exact_end_it_is_theft_and_ends_the_session(
        self, core, user, pair, clock, rows
    ):
        new = refresh(core, pair)
        clock.advance(10)
        with refuses(Refusal.TOKEN_REUSED):
            refresh(core, pair)
        assert only(rows, "generation, ended_at, end_reason, expires_at") == {
            "generation": 2,
            "ended_at": START + 10,
            "end_reason": "token_reused",
            "expires_at": START + 10,
        }
        [event] = rows("SELECT * FROM audit_events WHERE event = 'token_reused'")
        assert event["user_id"] == user.id
        assert event["address"] == "127.0.0.1"
        with refuses(Refusal.SESSION_ENDED):
            sessions.verify(core, new.access)
        with refuses(Refusal.SESSION_ENDED):
            refresh(core, new)

    def test_a_token_two_rotations_old_is_theft_even_within_the_grace(self, core, pair, rows):
        refresh(core, refresh(core, pair))
        with refuses(Refusal.TOKEN_SUPERSEDED):
            # The access token alone is merely old; both together were once a pair.
            refresh(core, pair._replace(access=refresh_again(core, pair).access))
        with refuses(Refusal.TOKEN_REUSED):
            refresh(core, pair)
        assert only(rows, "end_reason") == {"end_reason": "token_reused"}

    def test_the_access_token_must_be_of_the_same_session(self, core, user, pair, rows):
        other = open_session(core, user)
        with refuses(Refusal.TOKEN_MISUSED):
            refresh(core, pair._replace(access=other.access))
        assert {row["generation"] for row in rows("SELECT generation FROM sessions")} == {1}

    def test_the_new_access_token_may_come_with_the_old_refresh_token_in_the_grace(
        self, core, pair
    ):
        new = refresh(core, pair)
        assert refresh(core, pair._replace(access=new.access)).access == new.access

    def test_an_old_access_token_with_the_new_refresh_token_is_refused_and_ends_nothing(
        self, core, pair, clock, rows
    ):
        new = refresh(core, pair)
        clock.advance(3600)
        with refuses(Refusal.TOKEN_SUPERSEDED):
            refresh(core, new._replace(access=pair.access))
        assert only(rows, "generation, ended_at") == {"generation": 2, "ended_at": None}

    def test_another_client_can_neither_refresh_nor_end_and_learns_nothing(self, core, pair, rows):
        with refuses(Refusal.TOKEN_MISUSED):
            refresh(core, pair, client_id="another")
        with refuses(Refusal.TOKEN_MISUSED):
            sessions.end(core, pair.access, ORIGIN, Purpose.SESSION_ACCESS, client_id="another")
        assert only(rows, "generation, ended_at") == {"generation": 1, "ended_at": None}

    def test_a_rotation_moves_the_session_to_the_current_key(self, core, pair, clock, rows):
        first = core.keys.ring.current_seal
        core.keys.rotate("seal")
        new = refresh(core, pair)
        assert only(rows, "key_id") == {"key_id": core.keys.ring.current_seal}
        assert core.keys.ring.current_seal != first
        assert refresh(core, pair).refresh == new.refresh, "the grace outlives the key change"


def refresh_again(core: Core, pair: Pair) -> Pair:
    """Tokens of the generation after ``pair``'s, as the session's key makes them."""
    reference = tokens.read(core.keys, pair.access)
    row = sessions.find(core, reference)
    minting = row.minting._replace(generation=reference.generation + 1)
    return Pair(
        tokens.seal(core.keys, Purpose.SESSION_ACCESS, minting),
        tokens.seal(core.keys, Purpose.SESSION_REFRESH, minting),
        0,
        "",
    )


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
        [event] = rows("SELECT * FROM audit_events WHERE event = 'session_ended'")
        assert event["reason"] == "logout"

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


class TestAaaSessions:
    @pytest.fixture
    def sessid(self, core: Core, user: Somebody) -> str:
        return grants.aaa_session(core, proven(core, user), ORIGIN)

    def test_it_idles_out_on_its_exact_second(self, core: Core, sessid: str, clock: ManualClock):
        clock.advance(1799)
        assert sessions.verify(core, sessid)
        clock.advance(1)
        with refuses(Refusal.SESSION_EXPIRED):
            sessions.verify(core, sessid)

    def test_use_keeps_it_alive_with_one_write_a_minute_at_most(self, core, sessid, clock, rows):
        for seconds, expiry in ((59, 1800), (1, 1860), (59, 1860), (1, 1920)):
            clock.advance(seconds)
            sessions.touch(core, sessions.verify(core, sessid))
            assert only(rows, "expires_at") == {"expires_at": START + expiry}

    def test_no_use_keeps_it_alive_past_its_absolute_end(self, core, sessid, clock, rows):
        for _ in range(24):
            clock.advance(1790)
            sessions.touch(core, sessions.verify(core, sessid))
        assert only(rows, "expires_at") == {"expires_at": START + 43_200}
        clock.advance(43_199 - 24 * 1790)
        assert sessions.verify(core, sessid)
        clock.advance(1)
        with refuses(Refusal.SESSION_EXPIRED):
            sessions.verify(core, sessid)

    def test_a_touch_that_comes_after_the_end_brings_nothing_back(self, core, sessid, clock, rows):
        clock.advance(100)
        row = sessions.verify(core, sessid)
        sessions.end_row(core, row, ORIGIN)
        sessions.touch(core, row)
        assert only(rows, "expires_at, end_reason") == {
            "expires_at": START + 100,
            "end_reason": "logout",
        }

    def test_a_touch_that_comes_after_the_expiry_brings_nothing_back(self, core, sessid, clock):
        clock.advance(1700)
        row = sessions.verify(core, sessid)
        clock.advance(100)
        sessions.touch(core, row)
        with refuses(Refusal.SESSION_EXPIRED):
            sessions.verify(core, sessid)

    def test_an_npm_token_ends_with_its_session(self, core: Core, sessid: str, clock, rows):
        row = sessions.verify(core, sessid)
        npm = grants.npm_token_of_session(core, row)
        assert npm.expires_at == START + 3600
        assert sessions.verify(core, npm.token).id == row.id
        sessions.end_row(core, row, ORIGIN)
        with refuses(Refusal.SESSION_ENDED):
            sessions.verify(core, npm.token)

    def test_an_npm_token_expires_on_its_own_second(self, core, sessid, clock):
        npm = grants.npm_token_of_session(core, sessions.verify(core, sessid))
        for _ in range(2):
            clock.advance(1790)
            sessions.touch(core, sessions.verify(core, sessid))
        clock.advance(19)
        assert sessions.verify(core, npm.token)
        clock.advance(1)
        with refuses(Refusal.TOKEN_EXPIRED):
            sessions.verify(core, npm.token)
        assert sessions.verify(core, sessid)

    def test_an_npm_token_for_basic_credentials_has_a_session_of_its_own(
        self, core, user, clock, rows
    ):
        npm = grants.npm_token_of_user(core, proven(core, user), ORIGIN)
        assert npm.expires_at == START + 3600
        clock.advance(3599)
        assert sessions.verify(core, npm.token, Purpose.AAA_NPM)
        clock.advance(1)
        with refuses(Refusal.SESSION_EXPIRED):
            sessions.verify(core, npm.token)


class TestJwtSessions:
    @pytest.fixture(params=["HS256", "EdDSA", "ES256", "RS256"])
    def settings(self, request, database_url: str, monkeypatch):
        return settings_for(database_url, monkeypatch, jwt_algorithm=request.param)

    def test_a_replay_within_the_grace_is_the_same_to_the_byte(self, core, user, clock, rows):
        old = grants.jwt_pair(core, proven(core, user), ORIGIN)
        new = grants.refreshed_jwt_pair(core, old.refresh, ORIGIN)
        clock.advance(9)
        assert grants.refreshed_jwt_pair(core, old.refresh, ORIGIN)[:2] == new[:2]
        assert sessions.verify(core, new.access).generation == 2
        with refuses(Refusal.TOKEN_SUPERSEDED):
            sessions.verify(core, old.access)
        clock.advance(1)
        with refuses(Refusal.TOKEN_REUSED):
            grants.refreshed_jwt_pair(core, old.refresh, ORIGIN)
        with refuses(Refusal.SESSION_ENDED):
            sessions.verify(core, new.access)


class TestWithoutGrace:
    @pytest.fixture
    def settings(self, database_url: str, monkeypatch):
        return settings_for(database_url, monkeypatch, refresh_grace_seconds=0)

    def test_every_reuse_is_theft(self, core: Core, pair: Pair, rows):
        refresh(core, pair)
        with refuses(Refusal.TOKEN_REUSED):
            refresh(core, pair)
        assert only(rows, "end_reason") == {"end_reason": "token_reused"}


def test_seconds_left_are_never_more_than_there_are():
    assert sessions.seconds_left(100.9, 50.0) == 50
    assert sessions.seconds_left(50.0, 50.0) == 0
    assert sessions.seconds_left(40.0, 50.0) == 0
