"""The nginx snippet of the README, as printed but for the ports, in front of a real site."""

import http.server
import os
import re
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path

import pytest

from app.core import grants, identities
from config import ROOT
from tests.factories import ORIGIN, Identities

from .conftest import CLIENT, Server, free_port

pytestmark = pytest.mark.e2e

NGINX = shutil.which("nginx")


class Site(http.server.BaseHTTPRequestHandler):
    """The protected site: it answers with the name nginx gives it."""

    def do_GET(self) -> None:
        name = self.headers.get("X-Auth-User", "")
        self.send_response(200)
        self.end_headers()
        self.wfile.write(f"hello {name}".encode())

    def log_message(self, *_arguments: object) -> None:
        """Nothing on the test's output."""


def snippet() -> str:
    [block] = re.findall(r"```nginx\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    return block


@pytest.fixture(scope="module")
def gateway(server: Server) -> Iterator[int]:
    """nginx in front of a site and a running service; its port."""
    if NGINX is None:
        assert not os.environ.get("CI"), "nginx is missing on CI"
        pytest.skip("nginx is not installed")
    site = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Site)
    threading.Thread(target=site.serve_forever, daemon=True).start()
    port = free_port()
    home = Path(tempfile.mkdtemp(prefix="watchword-nginx-"))
    block = (
        snippet()
        .replace("127.0.0.1:8080", f"127.0.0.1:{port}")
        .replace("127.0.0.1:9000", f"127.0.0.1:{site.server_port}")
        .replace("127.0.0.1:8000", f"127.0.0.1:{server.port}")
    )
    folders = "\n".join(
        f"{kind}_temp_path {home}/{kind};"
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    (home / "nginx.conf").write_text(
        f"daemon off; pid {home}/pid; error_log stderr;\nevents {{}}\n"
        f"http {{ access_log off; {folders}\n{block} }}\n"
    )
    process = subprocess.Popen([NGINX, "-p", str(home), "-c", str(home / "nginx.conf")])
    try:
        deadline = time.monotonic() + 10
        while not (home / "pid").exists() or not _answers(port):
            assert process.poll() is None, "nginx refuses the snippet"
            assert time.monotonic() < deadline, "nginx does not answer"
            time.sleep(0.05)
        yield port
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(10)
        site.shutdown()
        site.server_close()
        shutil.rmtree(home)


def _answers(port: int) -> bool:
    try:
        get(port)
    except OSError:
        return False
    return True


def get(port: int, path: str = "/", **headers: str) -> tuple[int, str]:
    connection = HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("GET", path, headers=headers)
    response = connection.getresponse()
    answer = response.status, response.read().decode()
    connection.close()
    return answer


def test_the_site_lets_in_exactly_those_who_hold_a_live_token_of_any_dialect(
    server: Server, gateway: int
):
    core = server.core
    user = Identities(core).add("José", email="jose@example.com")
    identity = identities.get(core, user.id)
    session = grants.session_pair(core, identity, CLIENT, ORIGIN)
    jwts = grants.jwt_pair(core, identity, ORIGIN)
    sessid = grants.aaa_session(core, identity, ORIGIN)
    login = server.ask(
        "POST", "/login", body={"UserLogin": user.email, "ApiKey": user.api_key}
    ).json["Token"]
    welcome = (200, "hello Jos%C3%A9")
    doors = [
        {"Authorization": f"Bearer {session.access}"},
        {"Authorization": f"SignedBearer {jwts.access}"},
        {"Cookie": f"other=1; SESSID={sessid}"},
    ]
    assert get(gateway, f"/page?x=1&Token={login}") == welcome
    for headers in doors:
        assert get(gateway, **headers) == welcome
    identities.end_sessions(core, user.id, ORIGIN)
    assert get(gateway, f"/page?x=1&Token={login}")[0] == 401
    for headers in doors:
        assert get(gateway, **headers)[0] == 401


@pytest.mark.parametrize(
    "headers",
    [{}, {"Authorization": "Bearer nonsense"}, {"Cookie": "SESSID=" + "0" * 64}],
    ids=["nothing", "a forged token", "an unknown cookie"],
)
def test_the_site_keeps_out_whoever_holds_none(gateway: int, headers: dict[str, str]):
    assert get(gateway, **headers)[0] == 401


def test_a_client_cannot_name_itself_to_the_site(server: Server, gateway: int):
    user = Identities(server.core).add("mallory")
    pair = grants.session_pair(server.core, identities.get(server.core, user.id), CLIENT, ORIGIN)
    headers = {"Authorization": f"Bearer {pair.access}", "X-Auth-User": "admin"}
    assert get(gateway, **headers) == (200, "hello mallory")
