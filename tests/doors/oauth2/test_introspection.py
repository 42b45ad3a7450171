"""Introspection (RFC 7662): what the answer says of a token, and until when."""

import math

import jwt
import pytest

from app.core import identities
from app.core.credentials import access_codes
from tests import grants
from tests.cases import each
from tests.conftest import START
from tests.doors.conftest import (
    ACCESS_KINDS,
    CLIENT,
    DIALECTS,
    LIFETIMES,
    REFRESH_KINDS,
    Tokens,
    bearer,
)
from tests.doors.oauth2.conftest import ALL_KINDS, INACTIVE
from tests.factories import ORIGIN
from tests.grants import CODES

BEARER = {"token_type": "Bearer"}


@pytest.mark.parametrize("kind", ALL_KINDS)
def test_a_live_token_is_described_in_full(introspect, tokens, rows, kind):
    answer = introspect(tokens.mint(kind))
    [user] = rows("SELECT uuid FROM users")
    [session] = rows("SELECT id FROM sessions")
    bound = {"client_id": CLIENT} if DIALECTS[kind] == "session" else {}
    assert answer == {
        "active": True,
        "username": "John.Doo",
        "sub": user["uuid"],
        **(
            {"token_use": "refresh"} if kind in REFRESH_KINDS else {"token_use": "access", **BEARER}
        ),
        "exp": int(START) + LIFETIMES[kind],
        "iat": int(START),
        "iss": "watchword",
        "sid": f"{session['id']:016x}",
        "dialect": DIALECTS[kind],
        "scope": "npm",
        **bound,
    }


def test_the_scope_lists_the_permissions_and_is_absent_without_any(
    introspect, core, identities, tokens
):
    for name, permissions, scope in (("a", ("npm", "admin"), "admin npm"), ("b", (), None)):
        somebody = identities.add(name, permissions=permissions)
        answer = introspect(Tokens(core, identities, somebody).mint("jwt"))
        assert answer.get("scope") == scope


@pytest.mark.parametrize("kind", ["jwt", "jwt refresh"])
def test_the_expiry_of_a_jwt_is_the_one_it_states_itself(introspect, tokens, clock, kind):
    clock.advance(0.75)
    token = tokens.mint(kind)
    claims = jwt.decode(token, options={"verify_signature": False})
    assert introspect(token)["exp"] == claims["exp"] == math.floor(clock.now() + LIFETIMES[kind])


def test_a_token_is_active_up_to_its_last_second_and_not_at_it(introspect, tokens, clock):
    minted = {kind: tokens.mint(kind) for kind in ALL_KINDS}
    for kind in sorted(ALL_KINDS, key=LIFETIMES.__getitem__):
        clock.advance(START + LIFETIMES[kind] - 0.5 - clock.now())
        assert introspect(minted[kind])["active"] is True
        clock.advance(0.5)
        assert introspect(minted[kind]) == INACTIVE


def test_an_npm_token_is_bounded_by_its_own_hour_where_its_session_lives_on(
    introspect, client, tokens, clock
):
    sessid = tokens.mint("sessid")
    npm = client.get("/api/cascade.aaa/1.0/npm_token", headers={"Cookie": f"SESSID={sessid}"})
    assert introspect(npm.json["access_token"])["exp"] == int(START) + 1_800
    clock.advance(1_000)
    assert client.get("/verify", headers=bearer(sessid)).status_code == 204
    assert introspect(npm.json["access_token"])["exp"] == int(START) + 2_800
    clock.advance(1_700)
    assert client.get("/verify", headers=bearer(sessid)).status_code == 204
    assert introspect(npm.json["access_token"])["exp"] == int(START) + 3_600


@each(
    "token",
    ["", "nonsense", "a.b.c", "~", "0" * 64, "\u738b", "x" * 60_000, "Bearer x", "\0", "a\0"],
)
def test_an_unknown_token_is_inactive_and_revoking_it_is_no_fault(introspect, revoke, token, rows):
    assert introspect(token) == INACTIVE
    revoke(token)
    assert rows("SELECT count(*) AS n FROM audit_events WHERE event = 'session_ended'") == [
        {"n": 0}
    ]


def test_whatever_ends_a_session_makes_all_its_tokens_inactive(introspect, core, tokens, user):
    minted = [tokens.mint(kind) for kind in ALL_KINDS]
    identities.disable(core, user.id, ORIGIN)
    assert [introspect(token) for token in minted] == [INACTIVE] * len(ALL_KINDS)


def test_an_expired_password_makes_all_tokens_inactive_but_those_of_an_api_key(
    introspect, core, tokens, user
):
    minted = {kind: tokens.mint(kind) for kind in ALL_KINDS}
    identities.expire_password(core, user.id, ORIGIN)
    active = [kind for kind, token in minted.items() if introspect(token)["active"]]
    assert active == ["login"]


def test_only_the_newest_pair_is_active(introspect, core, user):
    identity = identities.prove(core, user.username, user.password, ORIGIN)
    old = grants.jwt_pair(core, identity, ORIGIN)
    new = grants.refreshed_jwt_pair(core, old.refresh, ORIGIN)
    found = [introspect(token)["active"] for token in (old.access, old.refresh, *new[:2])]
    assert found == [False, False, True, True]


def test_asking_keeps_no_session_alive_and_is_one_event_a_day(introspect, tokens, clock, rows):
    token = tokens.mint("sessid")
    sessions = rows("SELECT * FROM sessions")
    introspect(token)
    events = rows("SELECT * FROM audit_events")
    assert (events[-1]["event"], events[-1]["note"]) == ("introspected", "gate:1"), "once a day"
    clock.advance(1_000)
    assert introspect(token)["exp"] == int(START) + 1_800
    assert (rows("SELECT * FROM sessions"), rows("SELECT * FROM audit_events")) == (
        sessions,
        events,
    )


@each("hint", [{}, *({"token_type_hint": h} for h in ("access_token", "x", ""))])
@each("kind", ALL_KINDS)
def test_a_refresh_token_is_no_token_to_who_does_not_ask_for_one(ask, client, tokens, kind, hint):
    token = tokens.mint(kind)
    let_in = client.get("/verify", headers=bearer(token)).status_code == 204
    assert let_in == (kind in ACCESS_KINDS)
    answer = ask("/oauth2/introspect", token, **hint)
    assert answer.json["active"] is let_in, "both doors say the same"
    if not let_in:
        assert (answer.status_code, answer.json) == (200, INACTIVE)


def test_an_oauth_token_ends_with_its_revoked_code(introspect, core, identities, user):
    issued = access_codes.issue(core, CODES, user.id, ORIGIN)
    token = access_codes.exchange(core, CODES, issued.code, ORIGIN).token
    assert introspect(token)["active"] is True
    access_codes.revoke(core, issued.id, ORIGIN)
    assert introspect(token) == INACTIVE
