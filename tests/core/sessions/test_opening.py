"""A session is opened and its tokens are verified: the result and the row."""

from sqlalchemy import text

from app.core import identities, sessions
from app.core.core import Core
from app.core.credentials import api_keys
from app.core.refusals import Refusal
from app.core.sessions import tokens
from tests import grants
from tests.conftest import START
from tests.core.sessions.conftest import CLIENT, DAY, end, only, open_session, proven, refresh
from tests.factories import ORIGIN, Somebody, refuses
from tests.grants import LOGIN, Pair, Purpose


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

    def test_an_expired_password_restricts_no_session_that_an_api_key_opened(self, core, user):
        login = api_keys.exchange(core, LOGIN, user.username, user.api_key, ORIGIN)
        identities.expire_password(core, user.id, ORIGIN)
        assert sessions.verify(core, login.token).username == user.username


def test_seconds_left_are_never_more_than_there_are():
    assert sessions.seconds_left(100.9, 50.0) == 50
    assert sessions.seconds_left(50.0, 50.0) == 0
    assert sessions.seconds_left(40.0, 50.0) == 0
