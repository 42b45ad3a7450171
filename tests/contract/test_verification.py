"""``/verify`` accepts the tokens of every dialect, through the short cut and through Flask's route."""

import pytest
from flask import Flask
from werkzeug.test import Client, TestResponse

from app.core import identities
from app.core.clock import ManualClock
from app.core.core import Core
from tests.factories import ORIGIN, Somebody

from .drivers import Driver, bearer, every


@pytest.fixture(params=["short cut", "Flask"])
def door(request: pytest.FixtureRequest, app: Flask) -> Client:
    """``/verify`` in front of Flask's dispatch, or behind it."""
    application = app.wsgi_app if request.param == "short cut" else app.wsgi_app.application
    return Client(application, use_cookies=False)


def ask(door: Client, token: str, method: str = "GET") -> TestResponse:
    return door.open("/verify", method=method, headers=bearer(token))


@every()
def test_a_live_token_is_let_in_and_says_whose_it_is(driver: Driver, user, core, door, rows):
    found = identities.get(core, user.id)
    held = driver.open(user)
    response = ask(door, held.access)
    assert (response.status_code, response.data) == (204, b"")
    [session] = rows("SELECT id FROM sessions")
    assert {name: value for name, value in response.headers if name.startswith("X-Auth")} == {
        "X-Auth-User": user.username,
        "X-Auth-User-Id": found.uuid,
        "X-Auth-Dialect": driver.name,
        "X-Auth-Session": f"{session['id']:016x}",
    }


@every()
def test_a_token_may_come_in_any_of_the_documented_places(driver: Driver, user, door):
    token = driver.open(user).access
    for headers, query in (
        ({"Authorization": f"bearer {token}"}, ""),
        ({"Authorization": f"SignedBearer {token}"}, ""),
        ({}, f"?Token={token}"),
        ({}, f"?a=b&Token={token}"),
        ({"X-Original-URI": f"/things?Token={token}&a=b"}, ""),
        ({"X-Forwarded-Uri": f"/things?Token={token}"}, ""),
        ({"Cookie": f"a=b; SESSID={token}"}, ""),
    ):
        response = door.get(f"/verify{query}", headers=headers)
        assert response.status_code == 204, (headers, query)


@every()
def test_the_first_token_there_decides(driver: Driver, user, door):
    token = driver.open(user).access
    assert door.get(f"/verify?Token={token}", headers=bearer("x")).status_code == 401
    assert (
        door.get("/verify?Token=x", headers={"X-Original-URI": f"/?Token={token}"}).status_code
        == 401
    )
    cookie = {"Cookie": f"SESSID={token}"}
    assert door.get("/verify?Token=x", headers=cookie).status_code == 401


@every()
def test_any_method_is_taken(driver: Driver, user, door):
    token = driver.open(user).access
    for method in ("GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD"):
        assert ask(door, token, method).status_code == 204, method
        assert ask(door, "x", method).status_code == 401, method


@every()
def test_a_token_expires_here_on_the_same_second(driver, user, door, clock: ManualClock):
    used, left_alone = driver.open(user).access, driver.open(user).access
    clock.advance(driver.lifetime - 1)
    assert ask(door, used).status_code == 204
    clock.advance(1)
    response = ask(door, left_alone)
    assert response.status_code == 401
    assert 'error_description="expired"' in response.headers["WWW-Authenticate"]


@every("ends")
def test_an_ended_session_is_refused_at_once(driver: Driver, user, door):
    held = driver.open(user)
    assert ask(door, held.access).status_code == 204
    driver.end(held)
    response = ask(door, held.access)
    assert response.status_code == 401
    assert 'error="invalid_token"' in response.headers["WWW-Authenticate"]


@every("refreshes")
def test_a_refresh_token_lets_nobody_in(driver: Driver, user, door):
    assert ask(door, driver.open(user).refresh).status_code == 401


@every("refreshes")
def test_only_the_newest_token_is_let_in(driver: Driver, user, door):
    old = driver.open(user)
    new = driver.held(driver.refresh(old))
    assert ask(door, old.access).status_code == 401
    assert ask(door, new.access).status_code == 204


@every()
def test_a_disabled_user_is_refused_at_once(driver: Driver, user: Somebody, core: Core, door):
    held = driver.open(user)
    identities.disable(core, user.id, ORIGIN)
    assert ask(door, held.access).status_code == 401


def test_no_token_is_asked_for_without_an_error(door: Client):
    response = door.get("/verify")
    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"].startswith("Bearer")
    assert "error" not in response.headers["WWW-Authenticate"]


def test_both_ways_in_refuse_alike(app: Flask, user):
    for token in ("x", "~~~", "a.b.c", "é", "0" * 64, "x" * 8000, "%00", "<b>"):
        headers = {
            "X-Request-ID": "same",
            "Authorization": f"Bearer {token}".encode().decode("latin-1"),
        }
        assert answer(app.wsgi_app, headers) == answer(app.wsgi_app.application, headers), token


def answer(application, headers: dict[str, str]) -> tuple[int, dict[str, str], bytes]:
    response = Client(application, use_cookies=False).get("/verify", headers=headers)
    return response.status_code, dict(response.headers), response.data


@every()
def test_both_ways_in_let_in_alike(driver: Driver, app: Flask, user):
    headers = bearer(driver.open(user).access) | {"X-Request-ID": "same"}
    let_in = answer(app.wsgi_app, headers)
    assert let_in[0] == 204
    assert let_in == answer(app.wsgi_app.application, headers)


@every()
def test_verification_writes_nothing_but_the_idle_touch(driver, user, clock, door, rows):
    held = driver.open(user)
    before = rows("SELECT * FROM sessions"), rows("SELECT * FROM audit_events")
    clock.advance(10)
    assert ask(door, held.access).status_code == 204
    assert (rows("SELECT * FROM sessions"), rows("SELECT * FROM audit_events")) == before
