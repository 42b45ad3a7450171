"""Introspection (RFC 7662) and revocation (RFC 7009), asked by a confidential client."""

import math
from base64 import b64encode
from urllib.parse import quote_plus

import jwt
import pytest

from app.core import identities, sessions
from app.core.credentials import access_codes, clients
from app.core.sessions import grants
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
from tests.factories import ORIGIN

ALL_KINDS = (*ACCESS_KINDS, *REFRESH_KINDS)
PATHS = ("/oauth2/introspect", "/oauth2/revoke")
INACTIVE = {"active": False}
BEARER = {"token_type": "Bearer"}
INVALID_CLIENT = {
    "error": "invalid_client",
    "error_description": "A confidential client must prove itself",
}


@pytest.fixture
def secret(identities) -> str:
    return identities.client("gate:1", confidential=True)


def basic(name: str, secret: str) -> dict[str, str]:
    """RFC 6749 section 2.3.1: both form-urlencoded, then as RFC 7617 has it."""
    pair = f"{quote_plus(name)}:{quote_plus(secret)}"
    return {"Authorization": f"Basic {b64encode(pair.encode()).decode()}"}


@pytest.fixture
def ask(client, secret):
    def post(path: str, token: str, **form: str):
        return client.post(path, headers=basic("gate:1", secret), data={"token": token, **form})

    return post


@pytest.fixture
def introspect(ask):
    """What is told of a token, to one who takes any kind."""

    def introspected(token: str, **form: str):
        form.setdefault("token_type_hint", "refresh_token")
        response = ask("/oauth2/introspect", token, **form)
        assert (response.status_code, response.content_type) == (200, "application/json")
        assert response.headers["Cache-Control"] == "no-store"
        return response.json

    return introspected


@pytest.fixture
def revoke(ask):
    def revoked(token: str, **form: str) -> None:
        response = ask("/oauth2/revoke", token, **form)
        assert (response.status_code, response.data) == (200, b"")

    return revoked


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


@pytest.mark.parametrize(
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


@pytest.mark.parametrize("hint", ["refresh_token", "access_token", "nonsense", ""])
@pytest.mark.parametrize("kind", ALL_KINDS)
def test_to_a_revocation_the_hint_says_nothing(introspect, revoke, tokens, kind, hint):
    token = tokens.mint(kind)
    revoke(token, token_type_hint=hint)
    assert introspect(token) == INACTIVE


@pytest.mark.parametrize("hint", [{}, *({"token_type_hint": h} for h in ("access_token", "x", ""))])
@pytest.mark.parametrize("kind", ALL_KINDS)
def test_a_refresh_token_is_no_token_to_who_does_not_ask_for_one(ask, client, tokens, kind, hint):
    token = tokens.mint(kind)
    let_in = client.get("/verify", headers=bearer(token)).status_code == 204
    assert let_in == (kind in ACCESS_KINDS)
    answer = ask("/oauth2/introspect", token, **hint)
    assert answer.json["active"] is let_in, "both doors say the same"
    if not let_in:
        assert (answer.status_code, answer.json) == (200, INACTIVE)


@pytest.mark.parametrize("token", ["%00", "%FF", "a%00b", "%ED%A0%80", "a.b.%ff", "%00~%ff"])
@pytest.mark.parametrize(("path", "body"), [(PATHS[0], b'{"active":false}'), (PATHS[1], b"")])
def test_a_token_that_is_no_text_is_an_unknown_one(client, secret, path, body, token):
    headers = {**basic("gate:1", secret), "Content-Type": "application/x-www-form-urlencoded"}
    response = client.post(path, headers=headers, data=f"token={token}")
    assert (response.status_code, response.data) == (200, body)
    for name in ("client_id", "token_type_hint", "extra"):
        response = client.post(path, headers=headers, data=f"token=x&{name}=%FF")
        assert (response.status_code, response.json["error"]) == (400, "invalid_request")


def test_a_client_may_prove_itself_in_the_form(client, secret, tokens):
    form = {"client_id": "gate:1", "client_secret": secret, "token": tokens.mint("login")}
    assert client.post("/oauth2/introspect", data=form).json["active"] is True


def test_a_client_may_repeat_its_id_beside_the_header(client, secret):
    form = {"client_id": "gate:1", "token": "x"}
    response = client.post("/oauth2/introspect", headers=basic("gate:1", secret), data=form)
    assert (response.status_code, response.json) == (200, INACTIVE)


def test_a_secret_with_reserved_characters_arrives_form_urlencoded(client, core):
    own = "a+b %:/\u00e9" * 3
    with core.store.write() as writing:
        clients.insert_client(writing, START, "odd", "Odd", own)
    response = client.post("/oauth2/introspect", headers=basic("odd", own), data={"token": "x"})
    assert response.json == INACTIVE


@pytest.mark.parametrize("path", PATHS)
def test_who_is_no_confidential_client_is_told_nothing(
    client, core, identities, secret, tokens, path
):
    identities.client("public")
    identities.client("off", confidential=True)
    off = clients.rotate_secret(core, "off", ORIGIN)
    clients.set_disabled(core, "off", True, ORIGIN)
    token = tokens.mint("session")
    attempts = [
        ({}, {}),
        ({}, {"client_id": "gate:1"}),
        ({}, {"client_secret": secret}),
        ({}, {"client_id": "gate:1", "client_secret": "wrong"}),
        ({}, {"client_id": "", "client_secret": ""}),
        ({}, {"client_id": "public", "client_secret": ""}),
        (basic("gate:1", "wrong"), {}),
        (basic("nobody", secret), {}),
        (basic("public", ""), {}),
        (basic("off", off), {}),
        (basic("gate:1", secret + "\0"), {}),
        ({"Authorization": "Basic " + b64encode(b"%ff:%ff").decode()}, {}),
        ({"Authorization": "Basic !"}, {}),
        (bearer(token), {}),
    ]
    for headers, form in attempts:
        response = client.post(path, headers=headers, data={"token": token, **form})
        assert (response.status_code, response.json) == (401, INVALID_CLIENT)
        assert response.headers["WWW-Authenticate"] == 'Basic realm="watchword"'
    assert sessions.verify(core, token)


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    ("form", "description"),
    [
        ({}, "token: Missing data for required field."),
        (
            {"token": "x", "client_id": "gate:1", "client_secret": "s"},
            "client credentials stand in the header already",
        ),
        ({"token": "x", "client_id": "other"}, "client credentials stand in the header already"),
        ({"token": ["x", "y"]}, "a field stands in the form twice"),
        ({"token": "x", "token_type_hint": "\0"}, "token_type_hint: Not a valid string."),
    ],
)
def test_a_request_that_is_no_such_form_is_invalid(client, secret, path, form, description):
    response = client.post(path, headers=basic("gate:1", secret), data=form)
    assert response.status_code == 400
    assert response.json == {
        "error": "invalid_request",
        "error_description": f"The request is not valid: {description}",
    }


@pytest.mark.parametrize(
    ("method", "path", "values", "status"),
    [
        ("GET", "/oauth2/introspect", {}, 405),
        ("DELETE", "/oauth2/revoke", {}, 405),
        ("POST", "/oauth2/token", {}, 404),
        ("GET", "/oauth2", {}, 404),
        ("POST", "/oauth2/introspect", {"json": {"token": "x"}}, 415),
        ("POST", "/oauth2/introspect", {"data": {"token": "x" * 70_000}}, 413),
    ],
)
def test_every_error_under_oauth2_has_its_body(client, method, path, values, status):
    response = client.open(path, method=method, **values)
    assert (response.status_code, response.json["error"]) == (status, "invalid_request")
    assert response.json.keys() == {"error", "error_description"}
    assert response.headers.get("Allow") == ("POST" if status == 405 else None)


def test_guessing_secrets_is_slowed_down_by_address(client, identities, secret, core, clock):
    for _ in range(core.policy.address_failures):
        client.post("/oauth2/introspect", headers=basic("gate:1", "wrong"), data={"token": "x"})
    response = client.post(
        "/oauth2/introspect", headers=basic("gate:1", secret), data={"token": "x"}
    )
    assert (response.status_code, response.headers["Retry-After"]) == (429, "60")
    assert response.json["error"] == "temporarily_unavailable"
    clock.advance(60)
    assert client.post(
        "/oauth2/introspect", headers=basic("gate:1", secret), data={"token": "x"}
    ).json == {"active": False}


def test_an_oauth_token_ends_with_its_revoked_code(introspect, core, identities, user):
    issued = access_codes.issue(core, user.id, ORIGIN)
    token = access_codes.exchange(core, issued.code, ORIGIN).token
    assert introspect(token)["active"] is True
    access_codes.revoke(core, issued.id, ORIGIN)
    assert introspect(token) == INACTIVE
