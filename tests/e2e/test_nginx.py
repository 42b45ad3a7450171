"""The nginx snippet of the README, as printed but for the ports, in front of a real site."""

import os
import re
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.core import identities
from chaos.ports import free_port
from config import ROOT
from tests import grants
from tests.factories import CLIENT, ORIGIN, Identities
from tests.waiting import wait_until

from .conftest import Server
from .gateways import FORGED, Visitor, answers, ask, described, protected_site

pytestmark = pytest.mark.e2e

NGINX = shutil.which("nginx")
# nginx itself takes no longer request line.
LONGEST_URL = "/page?" + "x" * (8 * 1024 - len("GET /page? HTTP/1.1\r\n"))


def snippet() -> str:
    [block] = re.findall(r"```nginx\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    return block


@pytest.fixture(scope="module")
def gateway(server: Server) -> Iterator[int]:
    """nginx in front of a site and a running service; its port."""
    if NGINX is None:
        assert not os.environ.get("CI"), "nginx is missing on CI"
        pytest.skip("nginx is not installed")
    port = free_port()
    home = Path(tempfile.mkdtemp(prefix="watchword-nginx-"))
    home.chmod(0o755)  # nginx drops root, and keeps bodies here
    folders = "\n".join(
        f"{kind}_temp_path {home}/{kind};"
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    with protected_site() as site:
        block = (
            snippet()
            .replace("127.0.0.1:8080", f"127.0.0.1:{port}")
            .replace("127.0.0.1:9000", f"127.0.0.1:{site}")
            .replace("127.0.0.1:8000", f"127.0.0.1:{server.port}")
        )
        (home / "nginx.conf").write_text(
            f"daemon off; pid {home}/pid; error_log stderr;\nevents {{}}\n"
            f"http {{ access_log off; {folders}\n{block} }}\n"
        )
        process = subprocess.Popen([NGINX, "-p", str(home), "-c", str(home / "nginx.conf")])
        try:
            wait_until(lambda: (home / "pid").exists() and answers(port), process=process)
            yield port
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(10)
            shutil.rmtree(home)


@pytest.fixture
def visitor(server: Server) -> Visitor:
    return Visitor.arriving(server.core)


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
    doors: list[tuple[str, str, dict[str, str]]] = [
        (login, f"/page?x=1&Token={login}", {}),
        (session.access, "/", {"Authorization": f"Bearer {session.access}"}),
        (jwts.access, "/", {"Authorization": f"SignedBearer {jwts.access}"}),
        (sessid, "/", {"Cookie": f"other=1; SESSID={sessid}"}),
    ]
    for token, path, headers in doors:
        answer = ask(gateway, path, headers)
        assert (answer.status, answer.who) == (200, described(core, token, "Jos%C3%A9"))
    identities.end_sessions(core, user.id, ORIGIN)
    for _, path, headers in doors:
        assert ask(gateway, path, headers).status == 401


@pytest.mark.parametrize(
    "headers",
    [{}, {"Authorization": "Bearer nonsense"}, {"Cookie": "SESSID=" + "0" * 64}],
    ids=["nothing", "a forged token", "an unknown cookie"],
)
def test_the_site_keeps_out_whoever_holds_none(gateway: int, headers: dict[str, str]):
    for given in (headers, headers | FORGED):
        answer = ask(gateway, headers=given)
        assert answer.status == 401
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_a_client_cannot_name_itself_to_the_site(gateway: int, visitor: Visitor):
    forgeries = [FORGED, *({name: text} for name, text in FORGED.items())]
    # nginx drops a name with underscores, which a site might read as the same header.
    hop = FORGED | {"Connection": "close, X-Auth-User, x-auth-user-id"}
    for forged in (*forgeries, {"X_Auth_User": "admin"}, hop):
        assert ask(gateway, headers=visitor.headers | forged).who == visitor.who


@pytest.mark.parametrize("given", [{}, {"Authorization": "Bearer x"}], ids=["none", "a bad token"])
def test_a_long_url_is_decided_as_a_short_one_is(
    gateway: int, visitor: Visitor, given: dict[str, str]
):
    answer = ask(gateway, LONGEST_URL, visitor.headers | FORGED)
    assert (answer.status, answer.who) == (200, visitor.who)
    assert answer.json["path"] == LONGEST_URL
    assert ask(gateway, LONGEST_URL, given | FORGED).status == 401


@pytest.mark.parametrize(
    ("body", "framing", "size"),
    [
        (b"x" * 1_000_000, {}, 1_000_000),
        (b"x" * 1_000_000, {"Expect": "100-continue"}, 1_000_000),
        ([b"x" * 1_000] * 100, {"Transfer-Encoding": "chunked"}, 100_000),
    ],
    ids=["whole", "expected", "chunked"],
)
def test_a_body_reaches_the_site_and_not_watchword(
    gateway: int, visitor: Visitor, body: Any, framing: dict[str, str], size: int
):
    more = {"body": body, "encode_chunked": "Transfer-Encoding" in framing}
    headers = visitor.headers | FORGED | framing
    answer = ask(gateway, "/upload", headers, method="POST", **more)
    assert (answer.status, answer.who, answer.json["received"]) == (200, visitor.who, size)
    # Refused, it may be answered before all of it has arrived.
    refused = ask(gateway, "/upload", FORGED, method="PUT", body=b"x" * 10_000)
    assert refused.status == 401
