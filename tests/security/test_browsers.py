"""The session cookie: another site can neither plant nor read it."""

import pytest

from tests.factories import Identities

from .conftest import PROXY, Server
from .tour import AAA, JSON

PLANTED = "f" * 64


def log_in(client, user, **headers: str):
    body = {"username": user.username, "password": user.password}
    return client.post(f"{AAA}/login", json=body, headers=headers)


def test_a_planted_session_id_is_never_adopted(client, identities, rows):
    user = identities.add()
    response = log_in(client, user, Cookie=f"SESSID={PLANTED}")
    assert response.status_code == 200
    assert response.json["session_id"] != PLANTED
    assert client.get("/verify", headers={"Cookie": f"SESSID={PLANTED}"}).status_code == 401
    assert len(rows("SELECT id FROM sessions")) == 1


def test_every_login_has_a_session_id_of_its_own_even_with_a_live_one_in_hand(client, identities):
    user = identities.add()
    ids = [log_in(client, user).json["session_id"]]
    for _ in range(3):
        ids.append(log_in(client, user, Cookie=f"SESSID={ids[-1]}").json["session_id"])
    assert len(set(ids)) == 4


def test_another_users_session_in_hand_is_left_as_it_was(client, identities):
    victim, attacker = identities.add("victim"), identities.add("attacker")
    planted = log_in(client, attacker).json["session_id"]
    own = log_in(client, victim, Cookie=f"SESSID={planted}").json["session_id"]
    for sessid, name in ((planted, "attacker"), (own, "victim")):
        shown = client.get("/verify", headers={"Cookie": f"SESSID={sessid}"})
        assert shown.headers["X-Auth-User"] == name


@pytest.mark.e2e
@pytest.mark.parametrize(
    ("source", "headers", "secure"),
    [
        (PROXY, {"X-Forwarded-Proto": "https"}, True),
        (PROXY, {"X-Forwarded-Proto": "http"}, False),
        (PROXY, {}, False),
        ("127.0.0.1", {"X-Forwarded-Proto": "https"}, False),
        ("127.0.0.1", {"X-Forwarded-Ssl": "on", "X-Forwarded-Protocol": "ssl"}, False),
    ],
)
def test_the_cookie_is_secure_where_a_trusted_proxy_says_tls(
    server: Server, source: str, headers: dict[str, str], secure: bool
):
    number = server.rows("SELECT count(*) AS users FROM users")[0]["users"]
    user = Identities(server.core).add(f"browser-{number}")
    body = f'{{"username":"{user.username}","password":"{user.password}"}}'.encode()
    answer = server.send("POST", f"{AAA}/login", {**JSON, **headers}, body, source=source)
    assert answer.status == 200
    name, *flags = answer.headers["Set-Cookie"].split("; ")
    assert name.startswith("SESSID=")
    expected = {"HttpOnly", "Path=/", "SameSite=Lax"} | ({"Secure"} if secure else set())
    assert set(flags) == expected


@pytest.mark.e2e
def test_a_proxy_that_contradicts_itself_is_refused(server: Server):
    headers = {"X-Forwarded-Proto": "https", "X-Forwarded-Ssl": "off"}
    answer = server.send("GET", "/healthz", headers, source=PROXY)
    assert answer.status == 400
    assert b"<" not in answer.body
