"""The same questions to every gateway of docs/gateways, with its page's configuration in the real program."""

import re
import secrets
import socket
from typing import Any

import pytest
from sqlalchemy import text

from app.core import identities, sessions
from app.core.core import Core
from app.core.sessions import introspection
from config import ROOT
from tests import grants
from tests.cases import each
from tests.factories import CLIENT, ORIGIN, Identities
from tests.waiting import wait_until

from .conftest import Server
from .gateways import FORGED, Visitor, ask, described, upgraded
from .printed import Gateway, overview
from .relay import Relay

pytestmark = pytest.mark.e2e

LONG = "/page?" + "x" * 16_000
BODY = b"for the site alone " * 50_000
UNDERSCORED = {
    "X_Auth_User": "admin",
    "x_auth_user_id": "0",
    "X-Auth_Dialect": "cli",
    "X_Auth-Session": "0",
}
# What else a name may have in it (RFC 9110, section 5.6.2): PHP reads dots as "_", and lighttpd all of them.
SPELT = [
    {
        spelt: text
        for other in others
        for name, text in FORGED.items()
        for spelt in (
            name.replace("-", other),
            name.replace("-", other, 1),
            other.join(name.rsplit("-", 1)),
        )
    }
    for others in (".!#$", "%&'*", "+^`|~")
]


def expire(core: Core, token: str) -> None:
    row = sessions.verify(core, token)
    with core.store.write() as writing:
        writing.execute(
            text("UPDATE sessions SET access_expires_at = 1 WHERE id = :id"), {"id": row.id}
        )


def test_it_lets_in_exactly_those_who_hold_a_live_token_of_any_dialect(
    sqlite_server: Server, gateway: int
):
    core = sqlite_server.core
    user = Identities(core).add(f"José {gateway}", email=f"jose-{gateway}@example.com")
    identity = identities.get(core, user.id)
    jwts = grants.jwt_pair(core, identity, ORIGIN)
    session = grants.session_pair(core, identity, CLIENT, ORIGIN)
    sessid = grants.aaa_session(core, identity, ORIGIN)
    login = sqlite_server.ask(
        "POST", "/login", body={"UserLogin": user.email, "ApiKey": user.api_key}
    ).json["Token"]
    doors: list[tuple[str, str, dict[str, str]]] = [
        (login, f"/page?x=1&Token={login}", {}),
        (session.access, "/a/b", {"Authorization": f"Bearer {session.access}"}),
        (jwts.access, "/", {"Authorization": f"SignedBearer {jwts.access}"}),
        (sessid, "/?d=%2F..", {"Cookie": f"other=1; SESSID={sessid}"}),
    ]
    for token, path, headers in doors:
        answer = ask(gateway, path, headers)
        assert (answer.status, answer.who) == (
            200,
            described(core, token, f"Jos%C3%A9%20{gateway}"),
        )
        assert answer.json["path"] == path
    identities.end_sessions(core, user.id, ORIGIN)
    for _, path, headers in doors:
        assert ask(gateway, path, headers).status == 401


def test_a_token_that_has_expired_opens_nothing(
    sqlite_server: Server, gateway: int, visitor: Visitor
):
    assert ask(gateway, headers=visitor.headers).status == 200
    expire(sqlite_server.core, visitor.token)
    assert ask(gateway, headers=visitor.headers).status == 401


@each(
    "headers",
    {
        "nothing": {},
        "a forged token": {"Authorization": "Bearer nonsense"},
        "an unknown cookie": {"Cookie": "SESSID=" + "0" * 64},
    },
)
def test_the_client_is_kept_out_and_told_how_to_prove_itself(gateway: int, headers: dict[str, str]):
    for given in (headers, headers | FORGED):
        answer = ask(gateway, headers=given)
        assert answer.status == 401
        assert answer.header("WWW-Authenticate").startswith("Bearer")


def test_a_client_cannot_name_itself_to_the_site(gateway: int, visitor: Visitor):
    forgeries = [FORGED, UNDERSCORED, *SPELT]
    forgeries += [{name: text} for name, text in (FORGED | UNDERSCORED).items()]
    for forged in forgeries:
        answer = ask(gateway, headers=visitor.headers | forged)
        assert (answer.status, answer.who) == (200, visitor.who)


def test_a_long_url_is_decided_as_a_short_one_is(gateway: int, visitor: Visitor):
    with_token = f"{LONG}&Token={visitor.token}"
    for path, headers in ((LONG, visitor.headers), (with_token, {})):
        answer = ask(gateway, path, headers)
        assert (answer.status, answer.who, answer.json["path"]) == (200, visitor.who, path)
    assert ask(gateway, LONG).status == 401


@each("method", ["POST", "PUT", "DELETE", "PROPFIND"])
def test_a_body_reaches_the_site_whole_and_watchword_never(
    gateway: int, relay: Relay, visitor: Visitor, method: str
):
    more: dict[str, Any] = {"method": method, "body": BODY}
    answer = ask(gateway, "/upload", visitor.headers, **more)
    assert (answer.status, answer.who, answer.json["received"]) == (200, visitor.who, len(BODY))
    assert b"for the site alone" not in relay.heard
    assert ask(gateway, "/upload", method=method, body=b"x" * 10_000).status == 401


def test_a_websocket_is_opened_with_a_live_token_only(gateway: int, visitor: Visitor):
    for path, headers in (
        ("/live", visitor.headers),
        (f"/live?Token={visitor.token}", {}),
        ("/live", {"Cookie": f"SESSID={visitor.token}"}),
    ):
        answer = upgraded(gateway, path, headers | FORGED)
        assert (answer.status, answer.who) == (101, visitor.who)
    for headers in ({}, FORGED, {"Authorization": "Bearer nonsense"}):
        assert upgraded(gateway, "/live", headers).status == 401


def test_an_anonymous_route_is_open_and_names_nobody(gateway: int, visitor: Visitor):
    for headers in ({}, FORGED, UNDERSCORED, *SPELT, visitor.headers):
        answer = ask(gateway, "/public/page.html?x=%2F..", headers)
        assert (answer.status, answer.who) == (200, [])


def test_the_clients_trace_goes_on_at_watchword_where_the_traces_page_says_so(
    request: pytest.FixtureRequest, gateway: int, relay: Relay, visitor: Visitor
):
    trace = secrets.token_hex(16)
    parent = f"traceparent: 00-{trace}-00f067aa0ba902b7-01\r\n"
    state = f"tracestate: vendor={trace}\r\n"
    given = dict(line.strip().split(": ") for line in (parent, state))
    assert ask(gateway, headers=visitor.headers | given).status == 200
    heard = relay.heard.decode("latin1").lower()
    name = request.node.callspec.params["gateway"]
    assert [heard.count(line) for line in (parent, state)] == (
        [0, 0] if name == "apache" else [1, 1]
    )
    page = (ROOT / "docs" / "traces.md").read_text()
    [row] = re.findall(rf"^\| \[\w+\]\(gateways/{name}\.md\) \| (\w+)", page, re.MULTILINE)
    assert row == ("no" if name == "apache" else "yes")


def test_nobody_is_let_in_while_watchword_does_not_answer(
    request: pytest.FixtureRequest, gateway: int, relay: Relay, visitor: Visitor
):
    [row] = [
        line for line in overview() if f"]({request.node.callspec.params['gateway']}.md)" in line
    ]
    relay.hang_up()
    try:
        answer = ask(gateway, headers=visitor.headers)
        assert f"| {answer.status} |" in row
        assert ask(gateway, "/public/").status == 200
    finally:
        relay.answer_again()
    assert ask(gateway, headers=visitor.headers).status == 200


def test_apache_asks_about_each_request_as_printed_and_believes_a_cached_yes_for_as_long_as_it_is_told(
    gateways: dict[str, Gateway], relay: Relay, sqlite_server: Server
):
    core = sqlite_server.core

    def asked(port: int, token: str) -> int:
        """How many questions about a token two requests cost, which are both let in."""
        before = relay.heard.count(token.encode())
        for _ in range(2):
            assert ask(port, headers={"Authorization": f"Bearer {token}"}).status == 200
        return relay.heard.count(token.encode()) - before

    printed, caching = gateways["apache"].port, gateways["apache that caches"].port
    visitors = [Visitor.arriving(core), Visitor.arriving(core)]
    expired, revoked = (visitor.token for visitor in visitors)

    def statuses(port: int) -> list[int]:
        return [ask(port, headers=visitor.headers).status for visitor in visitors]

    for token in (expired, revoked):
        assert asked(printed, token) == 2
        assert asked(caching, token) == 1
    expire(core, expired)
    introspection.revoke(core, revoked, CLIENT, ORIGIN)
    assert statuses(caching) == [200, 200]
    assert statuses(printed) == [401, 401]
    wait_until(lambda: statuses(caching) == [401, 401])


def test_at_envoys_door_a_token_in_a_header_that_names_another_url_does_not_count(
    gateways: dict[str, Gateway], visitor: Visitor
):
    for name in ("X-Original-URI", "X-Forwarded-Uri"):
        named = {name: f"/?Token={visitor.token}"}
        assert ask(gateways["envoy"].port, headers=named).status == 401


@pytest.mark.parametrize("framing", [b"Content-Length: 100000", b"Transfer-Encoding: chunked"])
def test_the_door_waits_for_no_body_however_long_the_url(sqlite_server: Server, framing: bytes):
    url = b"/verify/envoy/" + b"x" * 16_000
    head = b"POST " + url + b" HTTP/1.1\r\nHost: a\r\n" + framing + b"\r\n\r\n"
    with socket.create_connection(("127.0.0.1", sqlite_server.port), timeout=5) as connection:
        connection.sendall(head)
        assert connection.recv(65_536).startswith(b"HTTP/1.1 401 ")
