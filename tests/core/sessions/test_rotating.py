"""A refresh rotates both tokens; the reuse of a spent one is theft, after the grace."""

from collections.abc import Callable

import pytest

from app.core import identities, sessions
from app.core.core import Core
from app.core.refusals import Refusal
from app.core.sessions import tokens
from tests import grants
from tests.conftest import START, settings_for
from tests.core.sessions.conftest import DAY, only, open_session, proven, refresh
from tests.factories import ORIGIN, refuses
from tests.grants import Pair, Purpose


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

    def test_a_session_whose_password_has_expired_is_not_refreshed_until_it_is_changed(
        self, core, user, pair, rows
    ):
        identities.expire_password(core, user.id, ORIGIN)
        with refuses(Refusal.PASSWORD_EXPIRED):
            refresh(core, pair)
        assert only(rows, "generation, ended_at") == {"generation": 1, "ended_at": None}

    def test_who_is_overtaken_between_reading_and_writing_gets_the_same_pair(
        self, core, pair, monkeypatch
    ):
        found = overtaken_by(lambda: refresh(core, pair), core, monkeypatch)
        assert refresh(core, pair) == found[0]

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
        assert event["session_id"] == only(rows, "id")["id"]
        assert event["reason"] == "token_reused"
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
    reference = tokens.read(core, pair.access)
    row = sessions.find(core, reference)
    minting = row.minting._replace(generation=reference.generation + 1)
    return Pair(
        tokens.seal(core.keys, Purpose.SESSION_ACCESS, minting),
        tokens.seal(core.keys, Purpose.SESSION_REFRESH, minting),
        0,
    )


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


def overtaken_by(act: Callable[[], Pair], core: Core, monkeypatch) -> list[Pair]:
    """Do ``act`` as the next caller is about to write; what it returned then."""
    found: list[Pair] = []
    write = core.store.write

    def write_after_the_other() -> object:
        monkeypatch.setattr(core.store, "write", write)
        found.append(act())
        return write()

    monkeypatch.setattr(core.store, "write", write_after_the_other)
    return found


class TestWithoutGrace:
    @pytest.fixture
    def settings(self, database_url: str, monkeypatch):
        return settings_for(database_url, monkeypatch, refresh_grace_seconds=0)

    def test_every_reuse_is_theft(self, core: Core, pair: Pair, rows):
        refresh(core, pair)
        with refuses(Refusal.TOKEN_REUSED):
            refresh(core, pair)
        assert only(rows, "end_reason") == {"end_reason": "token_reused"}

    def test_who_is_overtaken_is_taken_for_a_thief_and_is_on_record(
        self, core: Core, pair: Pair, rows, monkeypatch
    ):
        overtaken_by(lambda: refresh(core, pair), core, monkeypatch)
        with refuses(Refusal.TOKEN_REUSED):
            refresh(core, pair)
        [event] = rows("SELECT request_id FROM audit_events WHERE event = 'token_reused'")
        assert event["request_id"] == ORIGIN.request_id
