"""Sessions that are valid at one place alone: their proofs, and what they are at the doors."""

import pytest

from app.console.kinds import CONSOLE, SESSION
from app.core import identities, listings, sessions
from app.core.guard import once
from app.core.refusals import Refusal
from app.core.sessions import grants, introspection, private
from app.core.upkeep import key_care, operators
from tests.factories import ORIGIN, PASSWORD, refuses
from tests.grants import jwt_pair


@pytest.fixture
def proven(core, identities):
    return prove(core, identities.add().username)


def prove(core, name: str):
    return identities.prove(core, name, PASSWORD, ORIGIN)


@pytest.fixture
def token(core, proven) -> str:
    return grants.open_with_token(core, CONSOLE, SESSION, proven, ORIGIN)


def test_its_token_is_valid_where_it_belongs_and_nothing_at_the_doors(core, token):
    assert private.verify(core, SESSION, token).dialect == "console"
    with refuses(Refusal.TOKEN_UNKNOWN):
        sessions.verify(core, token)
    assert introspection.judge(core, token) is None
    introspection.revoke(core, token, "gateway", ORIGIN)
    assert private.verify(core, SESSION, token).ended_at is None, "no client can end it"


def test_it_ends_with_its_user_and_with_the_users_password(core, proven, token):
    identities.expire_password(core, proven.id, ORIGIN)
    with refuses(Refusal.PASSWORD_EXPIRED):
        private.verify(core, SESSION, token)
    identities.disable(core, proven.id, ORIGIN)
    with refuses(Refusal.SESSION_DISABLED):
        private.verify(core, SESSION, token)


def test_a_proof_is_fresh_until_its_last_second(core, clock, proven, token, rows):
    row = private.verify(core, SESSION, token)
    clock.advance(299)
    assert private.is_proof_fresh(core, row, 300)
    clock.advance(1)
    assert not private.is_proof_fresh(core, row, 300)
    private.note_proof(core, row, proven.epoch, ORIGIN)
    assert private.is_proof_fresh(core, private.verify(core, SESSION, token), 300)
    events = rows("SELECT event, session_id FROM audit_events ORDER BY id DESC LIMIT 1")
    assert events == [{"event": "proven_again", "session_id": row.id}]


def test_a_proof_from_the_future_is_not_fresh(core, clock, token):
    row = private.verify(core, SESSION, token)
    clock.advance(-10)
    assert not private.is_proof_fresh(core, row, 300)


def test_a_proof_of_an_older_password_is_none(core, proven, token):
    row = private.verify(core, SESSION, token)
    with refuses(Refusal.SESSION_ENDED):
        private.note_proof(core, row, proven.epoch - 1, ORIGIN)
    sessions.end_row(core, row, ORIGIN)
    with refuses(Refusal.SESSION_ENDED):
        private.note_proof(core, row, proven.epoch, ORIGIN)


def test_what_is_spent_once_is_spent_for_all_until_the_purge_forgets_it(core, clock, rows):
    until = clock.now() + 60
    assert once.spend(core, "one", until)
    assert not once.spend(core, "one", until)
    assert once.spend(core, "another", until)
    assert {row["expires_at"] for row in rows("SELECT expires_at FROM throttles")} == {until}


def test_an_operator_ends_a_session_once(core, proven, token, rows):
    row = private.verify(core, SESSION, token)
    assert operators.end_session(core, row.name, ORIGIN).username == row.username
    assert rows("SELECT end_reason FROM sessions") == [{"end_reason": "ended_by_operator"}]
    with refuses(Refusal.NOT_FOUND):
        operators.end_session(core, row.name, ORIGIN)


def test_a_key_says_how_many_sessions_stand_on_it(core, proven):
    jwt_pair(core, proven, ORIGIN)
    old = next(row for row in core.keys.rows() if row.use == "jwt")
    key_care.rotate_all(core, None, ORIGIN)
    key_care.rotate_all(core, "pepper", ORIGIN)
    assert [line.state for line in listings.keys(core)] == ["verifying"] * 2 + ["current"] * 3
    assert key_care.sessions_of(core, old.id) == 1
    assert key_care.retire(core, old.kid, ORIGIN) == 1
    assert key_care.sessions_of(core, old.id) == 0
