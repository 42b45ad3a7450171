"""Many requests at once: a refresh gives one pair, and no session is live after its end."""

import pytest

from app.core import identities, sessions
from app.core.core import Core
from app.core.refusals import Refusal
from app.core.sessions import tokens
from tests import grants
from tests.factories import ORIGIN, Identities, Somebody, at_once, refuses
from tests.grants import Pair, Purpose

CLIENT = "koms-web"


@pytest.fixture
def user(identities: Identities) -> Somebody:
    identities.client(CLIENT)
    return identities.add()


@pytest.fixture
def pair(core: Core, user: Somebody) -> Pair:
    proven = identities.prove(core, user.username, user.password, ORIGIN)
    return grants.session_pair(core, proven, CLIENT, ORIGIN)


def refresh(core: Core, pair: Pair) -> Pair:
    return grants.refreshed_session_pair(core, pair.access, pair.refresh, CLIENT, ORIGIN)


def end(core: Core, pair: Pair) -> None:
    sessions.end(core, pair.access, ORIGIN, Purpose.SESSION_ACCESS, client_id=CLIENT)


def alive(core: Core, pair: Pair) -> bool:
    row = sessions.find(core, tokens.read(core, pair.access))
    return row.ended_at is None


def test_twenty_refreshes_of_one_token_make_one_pair_and_it_lives(core, pair, rows):
    pairs = at_once(core, 20, lambda _: refresh(core, pair))
    assert len(set(pairs)) == 1
    assert sessions.verify(core, pairs[0].access).generation == 2
    assert rows("SELECT generation, ended_at FROM sessions") == [
        {"generation": 2, "ended_at": None}
    ]


def test_twenty_jwt_refreshes_make_one_pair_too(core: Core, user: Somebody, rows):
    proven = identities.prove(core, user.username, user.password, ORIGIN)
    old = grants.jwt_pair(core, proven, ORIGIN)
    pairs = at_once(core, 20, lambda _: grants.refreshed_jwt_pair(core, old.refresh, ORIGIN))
    assert len(set(pairs)) == 1
    assert sessions.verify(core, pairs[0].access).generation == 2


def test_a_refresh_against_an_end_leaves_nothing_alive(core: Core, user: Somebody, rows):
    for _ in range(10):
        proven = identities.prove(core, user.username, user.password, ORIGIN)
        pair = grants.session_pair(core, proven, CLIENT, ORIGIN)

        def act(index: int, pair: Pair = pair) -> Pair | None:
            return end(core, pair) if index == 0 else refresh(core, pair)

        ended, *refreshed = at_once(core, 4, act)
        assert ended is None, "the end always succeeds"
        for result in refreshed:
            assert result is Refusal.SESSION_ENDED or not alive(core, result)
    assert rows("SELECT id FROM sessions WHERE ended_at IS NULL") == []
    assert {row["end_reason"] for row in rows("SELECT end_reason FROM sessions")} == {"logout"}


def test_twenty_ends_are_one_end_on_the_record(core: Core, pair: Pair, rows):
    results = at_once(core, 20, lambda _: end(core, pair))
    assert set(results) <= {None, Refusal.SESSION_ENDED}
    assert len(rows("SELECT id FROM audit_events WHERE event = 'session_ended'")) == 1


def test_logins_while_the_account_is_disabled_leave_nothing_alive(core, user, rows):
    proven = identities.prove(core, user.username, user.password, ORIGIN)

    def act(index: int) -> Pair | bool:
        if index == 0:
            return identities.disable(core, user.id, ORIGIN)
        return grants.session_pair(core, proven, CLIENT, ORIGIN)

    disabled, *pairs = at_once(core, 8, act)
    assert disabled is True
    identities.enable(core, user.id, ORIGIN)
    for pair in pairs:
        with refuses(Refusal.SESSION_ENDED):
            sessions.verify(core, pair.access)
