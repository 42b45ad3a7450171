"""The console behind the real HAProxy and nginx: whom they let in, and bodies that come late or never."""

import re
import shutil
import socket
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from http.client import HTTPConnection
from urllib.parse import urlencode

import pytest

from app.core import identities
from config import ROOT
from tests.factories import ORIGIN, PASSWORD
from tests.waiting import wait_until

from .conftest import Answer, Server, serving
from .proxies import SILENT, haproxy, nginx

pytestmark = pytest.mark.e2e

LOGIN = "/console/login"
OPERATOR, STRANGER = "127.0.0.9", "127.0.0.3"
SAME_ORIGIN = {"Sec-Fetch-Site": "same-origin"}
FORM = {**SAME_ORIGIN, "Content-Type": "application/x-www-form-urlencoded"}
THREADS = 8


def printed(language: str) -> str:
    """The lines for this proxy in docs/console.md."""
    text = (ROOT / "docs" / "console.md").read_text()
    [block] = re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)
    return block


def behind_nginx(port: int) -> AbstractContextManager[int]:
    lines = printed("nginx").replace("127.0.0.1:8000", f"127.0.0.1:{port}")
    return nginx(port, lines.replace("{", "{{").replace("}", "}}"))


def behind_haproxy(port: int) -> AbstractContextManager[int]:
    return haproxy(port, printed("haproxy"))


def behind_silent_nginx(port: int) -> AbstractContextManager[int]:
    return nginx(port, SILENT)


def ask(
    port: int,
    method: str,
    path: str,
    *,
    source: str = OPERATOR,
    body: str | None = None,
    **headers: str,
) -> Answer:
    """One request from an address of this machine."""
    connection = HTTPConnection("127.0.0.1", port, timeout=20, source_address=(source, 0))
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request(method, path, body, named | (FORM if body is not None else {}))
    response = connection.getresponse()
    # HAProxy writes their names in small letters.
    fields = {name.lower(): value for name, value in reversed(response.getheaders())}
    answer = Answer(response.status, fields, response.read().decode())
    connection.close()
    return answer


def running(sqlite_template, tmp_path_factory, **settings: object) -> Iterator[Server]:
    path = tmp_path_factory.mktemp("console") / "watchword.sqlite3"
    shutil.copy(sqlite_template, path)
    url = f"sqlite:///{path}"
    with serving(url, console="on", workers=1, threads=THREADS, **settings) as server:
        server.identities.add("nessa", roles=("admin",))
        server.identities.add("somebody")
        yield server


@pytest.fixture(scope="module")
def naming(sqlite_template, tmp_path_factory) -> Iterator[Server]:
    """A service that knows of its proxy, and lets one address in."""
    networks = {"console_networks": f"{OPERATOR}/32", "trusted_proxies": "127.0.0.1"}
    yield from running(sqlite_template, tmp_path_factory, **networks)


@pytest.fixture(scope="module")
def unaware(sqlite_template, tmp_path_factory) -> Iterator[Server]:
    """A service that knows of no proxy, with the default networks."""
    yield from running(sqlite_template, tmp_path_factory)


@pytest.mark.parametrize("behind", [behind_nginx, behind_haproxy])
def test_the_lines_on_the_page_let_the_named_network_in_and_nobody_else(
    naming: Server, behind: Callable[[int], AbstractContextManager[int]]
):
    with behind(naming.port) as port:
        assert ask(port, "GET", LOGIN).status == 200
        assert ask(port, "GET", LOGIN, source=STRANGER).status == 404
        forged = {"X_Forwarded_For": OPERATOR}
        assert ask(port, "GET", LOGIN, source=STRANGER, **forged).status == 404
        assert ask(port, "GET", "/%63onsole/login").status == 404


@pytest.mark.parametrize("behind", [behind_silent_nginx, haproxy])
def test_a_named_proxy_that_names_nobody_lets_nobody_in(
    naming: Server, behind: Callable[[int], AbstractContextManager[int]]
):
    with behind(naming.port) as port:
        for host in ("localhost", "auth.example"):
            assert ask(port, "GET", LOGIN, Host=host).status == 404


def test_an_nginx_that_nobody_named_lets_nobody_in(unaware: Server):
    with behind_silent_nginx(unaware.port) as port:
        for host in ("localhost", "auth.example"):
            assert ask(port, "GET", LOGIN, Host=host).status == 404
    assert ask(unaware.port, "GET", LOGIN).status == 200, "nobody is in between"


def test_an_haproxy_that_nobody_named_is_the_danger_on_the_page(unaware: Server):
    with haproxy(unaware.port) as port:
        assert ask(port, "GET", LOGIN, Host="auth.example").status == 404
        assert ask(port, "GET", LOGIN, Host="localhost").status == 200
    rule = "    http-request return status 404 if { path /console } or { path_beg /console/ }"
    assert rule.strip() in (ROOT / "docs" / "console.md").read_text()
    with haproxy(unaware.port, rule) as port:
        for path in ("/console", LOGIN, "/%63onsole/login", "/console%2Flogin"):
            assert ask(port, "GET", path, Host="localhost").status == 404


@pytest.fixture(scope="module")
def front(naming: Server) -> Iterator[int]:
    """HAProxy as on the page; its port."""
    with behind_haproxy(naming.port) as port:
        yield port


class Operator:
    """An admin at the console through the proxy."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._cookies: dict[str, str] = {}
        form = {"username": "nessa", "password": PASSWORD, "form": self.token(LOGIN)}
        assert (
            self._keep(ask(port, "POST", LOGIN, body=urlencode(form), **self._jar())).status == 303
        )

    def _jar(self) -> dict[str, str]:
        return {"Cookie": "; ".join(f"{name}={value}" for name, value in self._cookies.items())}

    def _keep(self, answer: Answer) -> Answer:
        pair = answer.headers.get("set-cookie", "").partition(";")[0]
        name, _, value = pair.partition("=")
        if value:
            self._cookies[name] = value
        return answer

    def token(self, page: str) -> str:
        """The token of a form on a page."""
        text = self._keep(ask(self._port, "GET", page, **self._jar())).text
        return re.findall(r'name="form" value="([^"]+)"', text)[-1]

    def begun(
        self, page: str, fields: dict[str, str], *, chunked: bool = False
    ) -> tuple[bytes, bytes]:
        """A form as bytes: the head with half of the body, and the rest."""
        body = urlencode(fields).encode()
        lines = [f"POST {page} HTTP/1.1", "Host: localhost", *map(": ".join, FORM.items())]
        lines += [f"{name}: {value}" for name, value in self._jar().items()]
        framing = "Transfer-Encoding: chunked" if chunked else f"Content-Length: {len(body)}"
        head = "\r\n".join([*lines, framing, "", ""]).encode()
        half = len(body) // 2
        if not chunked:
            return head + body[:half], body[half:]
        first = b"%x\r\n%b\r\n" % (half, body[:half])
        return head + first, b"%x\r\n%b\r\n0\r\n\r\n" % (len(body) - half, body[half:])


@pytest.fixture(scope="module")
def operator(front: int) -> Operator:
    return Operator(front)


def connected(port: int, source: str = OPERATOR) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=20, source_address=(source, 0))


def is_disabled(server: Server) -> bool:
    return identities.get(server.core, 2).disabled_at is not None


def disabling(operator: Operator) -> tuple[str, dict[str, str]]:
    page = "/console/users/2/disable"
    return page, {"form": operator.token(page), "more": "x" * 5_000}


def test_more_late_bodies_than_threads_hold_up_no_other_operator(
    naming: Server, front: int, operator: Operator
):
    with ExitStack() as stack:
        page, fields = disabling(operator)
        for number in range(4 * THREADS):
            begun, _ = operator.begun(page, fields, chunked=bool(number % 2))
            stack.enter_context(connected(front)).sendall(begun)
        assert ask(front, "GET", LOGIN).status == 200
        assert ask(front, "POST", LOGIN, body=urlencode({"username": "a"})).status == 403
    assert ask(front, "GET", LOGIN).status == 200
    assert not is_disabled(naming), "a form whose end never came"


@pytest.mark.parametrize("chunked", [False, True])
def test_a_form_that_comes_late_is_done_when_all_of_it_is_there(
    naming: Server, front: int, operator: Operator, chunked: bool
):
    identities.enable(naming.core, 2, ORIGIN)
    begun, rest = operator.begun(*disabling(operator), chunked=chunked)
    with connected(front) as client:
        client.sendall(begun)
        assert ask(front, "GET", LOGIN).status == 200
        assert not is_disabled(naming)
        for piece in (rest[:-1], rest[-1:]):
            client.sendall(piece)
        assert client.recv(1_000).startswith(b"HTTP/1.1 303 ")
    assert is_disabled(naming)
    identities.enable(naming.core, 2, ORIGIN)


@pytest.mark.parametrize("chunked", [False, True])
def test_a_form_that_is_cut_off_does_nothing(
    naming: Server, front: int, operator: Operator, chunked: bool
):
    """Its token was in the half that came."""
    begun, _ = operator.begun(*disabling(operator), chunked=chunked)
    with connected(front) as client:
        client.sendall(begun)
        client.shutdown(socket.SHUT_WR)
        assert not client.recv(1_000).startswith(b"HTTP/1.1 303 ")
    wait_until(lambda: ask(front, "GET", LOGIN).status == 200)
    assert not is_disabled(naming)
