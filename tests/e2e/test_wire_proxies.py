"""An attacker and his victims behind one proxy, whose connections to the service they share.

The attacker's request hides another in its body, sent when the first is answered or nearly so. A server
that takes the body for a request answers once more, and the proxy gives that answer to whom it has put on
the connection since. The hidden request hashes a password, so that there is time for it.
"""

import base64
import select
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack

import pytest

from tests.cases import each

from . import proxies
from .conftest import Server, serving
from .wire import NUMBERS, Answer, Wire

pytestmark = pytest.mark.e2e

ROUNDS = 6
VICTIMS = 4
AT_ONCE = 6
# So long the attacker waits for an early answer before he sends the body.
EARLY_SECONDS = 0.05


def hidden(name: str) -> bytes:
    given = base64.b64encode(f"{name}:wrong".encode()).decode()
    lines = (
        "GET /api/cascade.aaa/1.0/keepalive HTTP/1.1",
        "Host: x",
        f"X-Request-ID: {name}",
        f"Authorization: Basic {given}",
    )
    return "\r\n".join([*lines, "", ""]).encode()


Attack = Callable[[bytes], tuple[bytes, bytes]]


def posted(path: str, *fields: str, method: str = "POST") -> Attack:
    """A request with these fields, in which {} is the length of what is hidden in the body."""

    def attack(body: bytes) -> tuple[bytes, bytes]:
        lines = [f"{method} {path} HTTP/1.1", "Host: x", *fields, "", ""]
        return "\r\n".join(lines).format(len(body)).encode(), body

    return attack


def chunked(path: str, size: bytes, version: str = "1.1", *fields: str) -> Attack:
    def attack(body: bytes) -> tuple[bytes, bytes]:
        lines = [
            f"POST {path} HTTP/{version}",
            "Host: x",
            "Transfer-Encoding: chunked",
            *fields,
            "",
            "",
        ]
        return "\r\n".join(lines).encode(), size % len(body) + b"\r\n" + body + b"\r\n0\r\n\r\n"

    return attack


ATTACKS: dict[str, Attack] = {
    "a length": posted("/nothing", "Content-Length: {}"),
    "a length padded to 19 digits": posted("/nothing", "Content-Length: {:019d}"),
    "a padded length to GET": posted("/healthz", "Content-Length: {:030d}", method="GET"),
    "a padded length to HEAD": posted("/healthz", "Content-Length: {:019d}", method="HEAD"),
    "a padded length at /verify": posted("/verify", "Content-Length: {:019d}"),
    "a length at /verify": posted("/verify", "Content-Length: {}"),
    "a length at a resting login": posted("/api/common/1.0/login", "Content-Length: {:020d}"),
    "a list of lengths": posted("/nothing", "Content-Length: {0}, {0}"),
    "two lengths": posted("/nothing", "Content-Length: {0}", "Content-Length: {0}"),
    "a length and chunks": posted("/nothing", "Content-Length: {}", "Transfer-Encoding: chunked"),
    "a length and an underscored coding": posted(
        "/nothing", "Content-Length: {}", "Transfer_Encoding: chunked"
    ),
    "an expectation": posted("/nothing", "Expect: 100-continue", "Content-Length: {:019d}"),
    "an expectation at /verify": posted("/verify", "Expect: 100-continue", "Content-Length: {}"),
    "an unknown expectation": posted("/nothing", "Expect: more", "Content-Length: {}"),
    "an upgrade": posted(
        "/nothing", "Connection: Upgrade", "Upgrade: h2c", "Content-Length: {:019d}"
    ),
    "an upgrade to a socket": posted(
        "/healthz", "Connection: Upgrade", "Upgrade: websocket", "Content-Length: {}", method="GET"
    ),
    "chunks": chunked("/nothing", b"%x"),
    "chunks at /verify": chunked("/verify", b"%x"),
    "chunk sizes padded to 16 digits": chunked("/nothing", b"%016x"),
    "chunks in HTTP/1.0": chunked("/nothing", b"%x", "1.0"),
    "chunks in HTTP/1.0 that go on": chunked("/nothing", b"%x", "1.0", "Connection: keep-alive"),
}


@pytest.fixture(scope="module")
def service(sqlite_template, tmp_path_factory) -> Iterator[Server]:
    """One worker with the real hasher."""
    path = tmp_path_factory.mktemp("proxied") / "watchword.sqlite3"
    path.write_bytes(sqlite_template.read_bytes())
    settings = {"argon2_profile": "owasp", "address_failures": 10**6, "workers": 1}
    with serving(f"sqlite:///{path}", **settings) as running:
        yield running


@pytest.fixture(scope="module", params=["haproxy", "nginx"])
def proxy(request: pytest.FixtureRequest, service: Server) -> Iterator[int]:
    with getattr(proxies, request.param)(service.port) as port:
        yield port


Attacks = dict[str, Future[list[str]]]


@pytest.fixture(scope="module")
def attacks(service: Server, proxy: int) -> Iterator[Attacks]:
    """All kinds beside one another, each on connections that all of them share."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        yield {kind: pool.submit(attack_victims, proxy, kind) for kind in ATTACKS}


def attack_victims(proxy: int, kind: str) -> list[str]:
    """The names of what was hidden. Raises where a victim got another's answer."""
    names = [f"hidden-{next(NUMBERS)}" for _ in range(ROUNDS)]
    for name in names:
        head, body = ATTACKS[kind](hidden(name))
        with ExitStack() as stack:
            attacker = stack.enter_context(Wire(proxy))
            attacker.send(head)
            select.select([attacker.socket], [], [], EARLY_SECONDS)
            attacker.send(body)
            victims = [stack.enter_context(Wire(proxy)) for _ in range(VICTIMS)]
            for number, victim in enumerate(victims):
                victim.send(victims_request(f"victim-{name}-{number}"))
            for number, victim in enumerate(victims):
                answer = victim.answer()
                assert answer is not None
                its_own(answer, f"victim-{name}-{number}")
    return names


@each("kind", list(ATTACKS))
def test_nobody_behind_a_proxy_is_given_anothers_answer(
    service: Server, attacks: Attacks, kind: str
):
    names = attacks[kind].result()
    with Wire(service.port) as wire:
        wire.send(hidden("open"))
        assert wire.answer() is not None
    log = service.log()
    assert not [name for name in names if f'"{name}"' in log], "what was hidden was never a request"


def victims_request(name: str) -> bytes:
    return f"GET /verify HTTP/1.1\r\nHost: x\r\nX-Request-ID: {name}\r\n\r\n".encode()


def its_own(answer: Answer, name: str) -> None:
    # A proxy that lost its connection says 502 by itself; that is no answer of anybody else's.
    assert answer.request_id == name or "x-request-id" not in answer.headers
    assert answer.status in (401, 502)


def test_victims_connections_are_shared_so_that_the_attack_could_succeed(
    service: Server, proxy: int
):
    """Or the test above would see nothing: many clients, few connections to the service."""
    before = connections(service)
    for number in range(20):
        with Wire(proxy) as wire:
            wire.send(victims_request(f"shared-{number}"))
            assert wire.answer() is not None
    assert len(connections(service) - before) < 5


def connections(service: Server) -> set[tuple[str, int]]:
    [worker] = service.workers()
    return {one.raddr for one in worker.net_connections() if one.status == "ESTABLISHED"}
