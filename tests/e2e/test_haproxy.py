"""The HAProxy configuration of docs/gateways.md and its Lua, as printed but for the ports."""

import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator

import pytest

from config import ROOT

from .conftest import Server, free_port
from .gateways import FORGED, Visitor, answers, ask, protected_site

pytestmark = pytest.mark.e2e

HAPROXY = shutil.which("haproxy")


def printed(language: str) -> str:
    pages = (ROOT / "docs" / "gateways.md").read_text()
    [block] = re.findall(rf"```{language}\n(.*?)```", pages, re.DOTALL)
    return block


@pytest.fixture(scope="module")
def gateway(sqlite_server: Server, tmp_path_factory) -> Iterator[int]:
    """HAProxy in front of a site and a running service; its port."""
    if HAPROXY is None:
        assert not os.environ.get("CI"), "HAProxy is missing on CI"
        pytest.skip("HAProxy is not installed")
    port = free_port()
    home = tmp_path_factory.mktemp("haproxy")
    with protected_site() as site:
        ports = {"8080": port, "9000": site, "8000": sqlite_server.port}
        for name, language in (("watchword.lua", "lua"), ("haproxy.cfg", "haproxy")):
            text = re.sub(
                r"127\.0\.0\.1:(\d+)", lambda it: f"127.0.0.1:{ports[it[1]]}", printed(language)
            )
            (home / name).write_text(text)
        process = subprocess.Popen([HAPROXY, "-db", "-f", "haproxy.cfg"], cwd=home)
        try:
            deadline = time.monotonic() + 10
            while not answers(port):
                assert process.poll() is None, "HAProxy refuses the configuration"
                assert time.monotonic() < deadline, "HAProxy does not answer"
                time.sleep(0.05)
            yield port
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(10)


@pytest.fixture
def visitor(sqlite_server: Server) -> Visitor:
    return Visitor.arriving(sqlite_server.core)


def test_a_live_token_is_let_in_wherever_it_stands(gateway: int, visitor: Visitor):
    token = visitor.headers["Authorization"].removeprefix("Bearer ")
    ways = [("/", visitor.headers), (f"/a?x=1&Token={token}", {})]
    ways.append(("/", {"Cookie": f"a=1; SESSID={token}"}))
    for path, headers in ways:
        answer = ask(gateway, path, headers)
        assert (answer.status, answer.who, answer.json["path"]) == (200, visitor.who, path)


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer nonsense"}])
def test_the_site_keeps_out_whoever_holds_none(gateway: int, headers: dict[str, str]):
    for given in (headers, headers | FORGED):
        answer = ask(gateway, headers=given)
        assert answer.status == 401
        assert answer.headers["www-authenticate"].startswith("Bearer")


def test_a_client_cannot_name_itself_to_the_site(gateway: int, visitor: Visitor):
    underscored = {"X_Auth_User": "admin", "x_auth_user_id": "0"}
    for forged in (FORGED, underscored):
        headers = visitor.headers | forged
        answer = ask(gateway, "/upload", headers, method="POST", body=b"x" * 10_000)
        assert (answer.status, answer.who) == (200, visitor.who)
        assert answer.json["received"] == 10_000
