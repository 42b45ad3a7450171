"""Revocation (RFC 7009): a token ends its session."""

import pytest

from app.core import identities
from tests import grants
from tests.cases import each
from tests.conftest import START
from tests.doors.conftest import (
    ACCESS_KINDS,
    LIFETIMES,
    bearer,
)
from tests.doors.oauth2.conftest import ALL_KINDS, INACTIVE
from tests.factories import ORIGIN


@pytest.mark.parametrize("kind", ALL_KINDS)
def test_revoking_a_token_ends_its_session_from_the_next_request_on(
    revoke, introspect, client, tokens, rows, clock, kind
):
    token, other = tokens.mint(kind), tokens.mint(kind)
    sid = introspect(token)["sid"]
    clock.advance(1)
    revoke(token)
    assert introspect(token) == INACTIVE
    assert introspect(other)["active"] is True
    if kind in ACCESS_KINDS:
        assert client.get("/verify", headers=bearer(token)).status_code == 401
    ended = rows("SELECT id, ended_at, end_reason FROM sessions WHERE ended_at IS NOT NULL")
    assert ended == [{"id": int(sid, 16), "ended_at": START + 1, "end_reason": "revoked"}]
    [event] = rows("SELECT * FROM audit_events WHERE event = 'session_ended'")
    assert (event["session_id"], event["reason"], event["dialect"], event["note"]) == (
        int(sid, 16),
        "revoked",
        "oauth2",
        "gate:1",
    )


@pytest.mark.parametrize("kind", ["jwt", "session"])
def test_an_expired_token_still_ends_the_session_that_it_is_the_newest_of(
    revoke, introspect, tokens, clock, rows, kind
):
    token = tokens.mint(kind)
    clock.advance(LIFETIMES[kind])
    assert introspect(token) == INACTIVE
    revoke(token)
    assert rows("SELECT end_reason FROM sessions") == [{"end_reason": "revoked"}]


def test_a_superseded_token_ends_its_session_within_the_grace_and_nothing_later(
    revoke, introspect, core, user, clock, rows
):
    identity = identities.prove(core, user.username, user.password, ORIGIN)
    first, second = (grants.jwt_pair(core, identity, ORIGIN) for _ in range(2))
    new = [grants.refreshed_jwt_pair(core, pair.refresh, ORIGIN) for pair in (first, second)]
    clock.advance(9.5)
    revoke(first.access)
    assert introspect(new[0].access) == INACTIVE
    clock.advance(0.5)
    revoke(second.access)
    revoke(second.refresh)
    assert introspect(new[1].access)["active"] is True
    assert rows("SELECT count(*) AS n FROM sessions WHERE ended_at IS NOT NULL") == [{"n": 1}]


def test_revoking_twice_is_as_good_as_once(revoke, tokens, rows):
    token = tokens.mint("session")
    revoke(token)
    revoke(token)
    assert rows("SELECT count(*) AS n FROM audit_events WHERE event = 'session_ended'") == [
        {"n": 1}
    ]


@each("hint", ["refresh_token", "access_token", "nonsense", ""])
@each("kind", ALL_KINDS)
def test_to_a_revocation_the_hint_says_nothing(introspect, revoke, tokens, kind, hint):
    token = tokens.mint(kind)
    revoke(token, token_type_hint=hint)
    assert introspect(token) == INACTIVE
