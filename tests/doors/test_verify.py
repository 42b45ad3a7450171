"""``/verify``, what a gateway asks about every request. Each test runs through both ways in."""

from dataclasses import replace

import pytest

from app.core import identities, sessions
from app.store.faults import StoreUnavailable
from tests import grants
from tests.cases import each
from tests.conftest import START
from tests.doors.conftest import (
    ACCESS_KINDS,
    DIALECTS,
    LIFETIMES,
    METHODS,
    NO_CREDENTIALS,
    REFRESH_KINDS,
    assert_refused,
    bearer,
)
from tests.factories import ORIGIN

# To ask about them half a second before their end would move it.
KEPT_ALIVE = ("sessid", "npm")


@pytest.mark.parametrize("kind", ACCESS_KINDS)
def test_a_live_token_of_any_dialect_is_let_in_with_its_users_headers(verify, tokens, rows, kind):
    response = verify(headers=bearer(tokens.mint(kind)))
    [user] = rows("SELECT uuid FROM users")
    [session] = rows("SELECT id FROM sessions")
    assert (response.status_code, response.data) == (204, b"")
    headers = dict(response.headers)
    request_id = headers.pop("X-Request-ID")
    assert len(request_id) == 32
    assert headers == {
        "X-Auth-User": "John.Doo",
        "X-Auth-User-Id": user["uuid"],
        "X-Auth-Dialect": DIALECTS[kind],
        "X-Auth-Session": f"{session['id']:016x}",
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
    }


def test_every_token_counts_up_to_its_last_second_and_not_at_it(verify, tokens, clock):
    minted = {kind: tokens.mint(kind) for kind in ACCESS_KINDS}
    for kind in sorted(ACCESS_KINDS, key=LIFETIMES.__getitem__):
        clock.advance(START + LIFETIMES[kind] - 0.5 - clock.now())
        if kind not in KEPT_ALIVE:
            assert verify(headers=bearer(minted[kind])).status_code == 204
        clock.advance(0.5)
        assert_refused(verify(headers=bearer(minted[kind])), "expired")


def test_an_idle_aaa_session_is_kept_alive_by_being_asked_about(verify, tokens, clock):
    token = tokens.mint("sessid")
    for _ in range(3):
        clock.advance(LIFETIMES["sessid"] - 0.5)
        assert verify(headers=bearer(token)).status_code == 204
    clock.advance(LIFETIMES["sessid"])
    assert_refused(verify(headers=bearer(token)), "expired")


def test_a_refresh_token_lets_nobody_in(verify, tokens):
    for kind in REFRESH_KINDS:
        assert_refused(verify(headers=bearer(tokens.mint(kind))), "not valid here")


def test_an_ended_session_is_refused_from_the_next_request_on(verify, core, tokens):
    for kind in ACCESS_KINDS:
        token = tokens.mint(kind)
        sessions.end_row(core, sessions.verify(core, token), ORIGIN)
        assert_refused(verify(headers=bearer(token)), "ended")


def test_a_superseded_token_is_refused(verify, core, tokens, user):
    identity = identities.prove(core, user.username, user.password, ORIGIN)
    pair = grants.jwt_pair(core, identity, ORIGIN)
    grants.refreshed_jwt_pair(core, pair.refresh, ORIGIN)
    assert_refused(verify(headers=bearer(pair.access)), "superseded")


def test_a_disabled_user_is_refused_whatever_the_token(verify, core, tokens, user):
    minted = [tokens.mint(kind) for kind in ACCESS_KINDS]
    identities.disable(core, user.id, ORIGIN)
    for token in minted:
        assert_refused(verify(headers=bearer(token)), "ended")


def test_an_expired_password_refuses_all_tokens_but_those_of_an_api_key(verify, core, tokens, user):
    minted = {kind: tokens.mint(kind) for kind in ACCESS_KINDS}
    identities.expire_password(core, user.id, ORIGIN)
    assert verify(headers=bearer(minted.pop("login"))).status_code == 204
    for token in minted.values():
        assert_refused(verify(headers=bearer(token)), "password expired")


def test_any_method_is_answered_alike(verify, tokens):
    token = tokens.mint("jwt")
    for method in METHODS:
        assert verify(method=method, headers=bearer(token)).status_code == 204
        assert_refused(verify(method=method), None)


def test_head_has_the_status_and_the_headers_and_no_body(verify, tokens):
    live = verify(method="HEAD", headers=bearer(tokens.mint("jwt")))
    assert (live.status_code, live.headers["X-Auth-User"], live.data) == (204, "John.Doo", b"")
    refused = verify(method="HEAD")
    assert (refused.status_code, refused.data) == (401, b"")
    assert refused.headers["WWW-Authenticate"] == NO_CREDENTIALS


def test_what_the_client_sent_to_the_site_is_not_looked_at(verify, tokens):
    headers = {**bearer(tokens.mint("jwt")), "Content-Type": "text/nonsense"}
    response = verify(method="POST", headers=headers, data=b"\xff" * 100_000)
    assert response.status_code == 204


@each(
    ("name", "header"),
    [
        ("Jane.Doo", "Jane.Doo"),
        ("J\u00f6rg", "J%C3%B6rg"),
        ("j-o.h_n+x@example.com", "j-o.h_n+x@example.com"),
        ("100%", "100%25"),
        ("O'Neil, Jo <a>;b=c", "O%27Neil%2C%20Jo%20%3Ca%3E%3Bb%3Dc"),
        ("a~b", "a%7Eb"),
        ("a~b/c", "a%7Eb%2Fc"),
        ("j\u00f6@example.com", "j%C3%B6@example.com"),
        ("\u738b\u82b3", "%E7%8E%8B%E8%8A%B3"),
    ],
)
def test_in_a_user_name_all_but_plain_characters_is_percent_encoded(
    verify, tokens, identities, name, header
):
    somebody = identities.add(name, email=f"{header.replace('@', '.')}@example.com")
    token = replace(tokens, user=somebody).mint("login")
    assert verify(headers=bearer(token)).headers["X-Auth-User"] == header


def test_the_callers_request_id_is_echoed_and_an_insane_one_replaced(verify):
    assert verify(headers={"X-Request-ID": "abc-1"}).headers["X-Request-ID"] == "abc-1"
    assert verify(headers={"X-Request-ID": "a b"}).headers["X-Request-ID"] != "a b"


def test_asking_writes_nothing_but_the_idle_touch_of_an_aaa_session(verify, tokens, clock, rows):
    sessid, jwt = tokens.mint("sessid"), tokens.mint("jwt")
    before = rows("SELECT * FROM sessions ORDER BY dialect")
    events = rows("SELECT * FROM audit_events")
    clock.advance(59)
    for token in (sessid, jwt, "dead"):
        verify(headers=bearer(token))
    assert rows("SELECT * FROM sessions ORDER BY dialect") == before
    clock.advance(1)
    for token in (sessid, jwt, "dead"):
        verify(headers=bearer(token))
    aaa, token_v2 = rows("SELECT * FROM sessions ORDER BY dialect")
    assert aaa == {**before[0], "expires_at": START + 60 + 1_800}
    assert token_v2 == before[1]
    assert rows("SELECT * FROM audit_events") == events


def test_a_database_that_is_away_is_503_with_a_pause_and_never_a_verdict(
    verify, core, tokens, monkeypatch
):
    token = tokens.mint("jwt")

    def away(*_statement, **_parameters):
        raise StoreUnavailable("OperationalError")

    monkeypatch.setattr(core.store, "read", away)
    response = verify(headers=bearer(token))
    assert (response.status_code, response.headers["Retry-After"]) == (503, "2")
    assert response.content_type == "application/problem+json"
    assert response.json["status"] == 503


def test_a_fault_of_the_program_is_a_problem_document_and_no_html(
    verify, core, tokens, monkeypatch
):
    token = tokens.mint("jwt")
    monkeypatch.setattr(core.store, "read", lambda *_, **__: 1 / 0)
    response = verify(headers=bearer(token))
    assert (response.status_code, response.content_type) == (500, "application/problem+json")
    assert "ZeroDivision" not in response.text


@each("path", ["/verify/", "/Verify", "/verify/x", "//verify", "///verify"])
def test_only_its_very_url_is_the_door(verify, path):
    # werkzeug's client would take ``//verify`` for a host: the environment says what a server's does.
    response = verify("/", environ_overrides={"PATH_INFO": path, "RAW_URI": path})
    assert (response.status_code, response.json["title"]) == (404, "There is nothing at this URL")
