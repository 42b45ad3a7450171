"""Every answer belongs to its own request: pipelined, cut anywhere, delayed, or before garbage."""

import base64
import json
import random
import socket
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from tests.cases import each

from .conftest import Server, serving
from .wire import Wire, let_it_look, sentinel

pytestmark = pytest.mark.e2e

HASHES, TRIES = 12, 3
SPELLINGS = (b"Authorization:Basic %s", b"Authorization:  Basic %s", b"authorization:\tBASIC %s")
HELD_MIB = 16


def ask(
    line: str, request_id: str, body: bytes = b"", *fields: str, chunked: bool = False
) -> bytes:
    head = [f"{line} HTTP/1.1", "Host: x", f"X-Request-ID: {request_id}", *fields]
    if body and chunked:
        head.append("Transfer-Encoding: chunked")
        parts = [part for part in (body[:3], body[3:]) if part]
        body = b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"
    elif body:
        head.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*head, "", ""]).encode() + body


@pytest.fixture(scope="module")
def kinds(wired: Server) -> list[tuple[str, bytes, int]]:
    """Requests that are answered at once and ones that wait for a hash or a row, and their statuses."""
    user = wired.identities.add("wire.order")
    right = json.dumps({"UserLogin": user.email, "ApiKey": user.api_key}).encode()
    login = json.dumps({"username": user.username, "password": user.password}).encode()
    return [
        ("GET /healthz", b"", 200),
        ("POST /login", right, 200),
        ("GET /verify", b"", 401),
        ("POST /api/common/1.0/login", login, 200),
        ("GET /nothing", b"a body that nobody reads", 404),
        ("POST /login", b"{", 400),
        ("GET /api/common/1.0/ping", b"", 204),
        ("PUT /healthz", b"GET /healthz HTTP/1.1\r\n\r\n", 405),
    ]


@each("seed", range(8))
def test_pipelined_requests_are_answered_in_order_however_they_are_cut(
    wired: Server, kinds: list[tuple[str, bytes, int]], seed: int
):
    chance = random.Random(seed)
    chosen = [chance.choice(kinds) for _ in range(40)]
    json_ = "Content-Type: application/json"
    data = b"".join(
        ask(line, f"order-{seed}-{at}", body, json_, chunked=chance.random() < 0.5)
        for at, (line, body, _) in enumerate(chosen)
    )
    with Wire(wired.port) as wire:
        while data:
            size = chance.choice([1, 2, 3, 50, 700, 5000])
            wire.send(data[:size])
            data = data[size:]
        answers = [wire.answer() for _ in chosen]
    seen = [(answer.request_id, answer.status) for answer in answers if answer]
    assert seen == [(f"order-{seed}-{at}", status) for at, (*_, status) in enumerate(chosen)]


def test_many_clients_at_once_each_get_their_own(
    wired: Server, kinds: list[tuple[str, bytes, int]]
):
    json_ = "Content-Type: application/json"
    with ExitStack() as stack:
        # Of one address, some of the logins would be told to come again later.
        wires = [
            stack.enter_context(Wire(wired.port, source=f"127.0.9.{at + 1}")) for at in range(30)
        ]
        for round_ in range(6):
            for at, wire in enumerate(wires):
                line, body, _ = kinds[(at + round_) % len(kinds)]
                wire.send(ask(line, f"own-{at}-{round_}", body, json_))
            for at, wire in enumerate(wires):
                answer = wire.answer()
                assert answer is not None
                assert answer.request_id == f"own-{at}-{round_}"
                assert answer.status == kinds[(at + round_) % len(kinds)][2]


@each("line", ["GET /healthz", "POST /login"])
@each("step", [None, 1])
@each(
    "garbage",
    [b"\x00garbage\r\n\r\n", b"GET /x HTTP/1.1\r\nHost\r\n\r\n", b"HTTP/1.1 200 OK\r\n\r\n"],
)
def test_garbage_behind_a_request_takes_no_answer_from_it(
    wired: Server, line: str, step: int | None, garbage: bytes
):
    body = b"{" if "POST" in line else b""
    with Wire(wired.port) as wire:
        wire.send(ask(line, "before", body) + garbage + sentinel("behind"), step)
        first, *rest = wire.answers()
    assert first.request_id == "before"
    assert [answer.status for answer in rest] in ([400], [405], [501])
    assert rest[0].request_id != "behind"


LAST = {
    "close": ("Connection: close",),
    "upgrade": ("Connection: close, Upgrade", "Upgrade: h2c"),
    "keep-alive": ("Connection: keep-alive", "Connection: close"),
}


@each("fields", LAST)
@each("line", ["GET /healthz", "POST /login"])
@each("step", [None, 1])
@each("version", [b"1.0", b"1.1"])
def test_nothing_behind_connection_close_is_answered(
    wired: Server, line: str, fields: tuple[str, ...], step: int | None, version: bytes
):
    body = b"{" if "POST" in line else b""
    request = ask(line, "last", body, *fields).replace(b"HTTP/1.1", b"HTTP/" + version)
    for behind in (sentinel("behind"), b"\x00garbage", b"X"):
        with Wire(wired.port) as wire:
            wire.send(request + behind, step)
            assert [answer.request_id for answer in wire.answers()] == ["last"]


def test_a_client_that_reads_none_of_many_answers_gets_them_all_later(wired: Server):
    """Small ones and ones of a megabyte, more than any buffer between the two takes."""
    names = [f"late-{number}" for number in range(200)]
    large = "GET /docs/swagger-ui-bundle.js"
    with Wire(wired.port) as wire:
        for at, name in enumerate(names):
            wire.send(ask(large if at % 20 == 0 else "GET /healthz", name))
        let_it_look(wired.port)
        answers = [wire.answer() for _ in names]
    assert [answer.request_id for answer in answers if answer] == names


def test_many_upgrades_in_one_piece_are_answered_like_any_request(wired: Server):
    fields = ("Connection: Upgrade", "Upgrade: h2c")
    names = [f"upgrade-{number}" for number in range(700)]
    with Wire(wired.port) as wire:
        wire.send(b"".join(ask("GET /a", name, b"", *fields) for name in names) + b"\0")
        answers = wire.answers()
    assert [answer.request_id for answer in answers[:-1]] == names
    assert answers[-1].status == 400


def test_a_client_that_has_finished_sending_gets_its_answers(wired: Server):
    with Wire(wired.port) as wire:
        wire.send(ask("GET /healthz", "one") + ask("POST /login", "two", b"{"))
        wire.socket.shutdown(socket.SHUT_WR)
        assert [answer.request_id for answer in wire.answers()] == ["one", "two"]


def test_what_a_client_left_behind_is_nobody_elses(wired: Server):
    """It goes in the middle of a request; descriptors are used again at once."""
    for number in range(30):
        with Wire(wired.port) as leaving:
            leaving.send(ask("POST /login", f"left-{number}", b"{" * 100)[: 60 + number])
        with Wire(wired.port) as wire:
            wire.send(ask("GET /healthz", f"next-{number}"))
            answer = wire.answer()
            assert answer is not None
            assert (answer.status, answer.request_id) == (200, f"next-{number}")


@pytest.fixture(scope="module")
def hashing(sqlite_template: Path, tmp_path_factory) -> Iterator[Server]:
    """One worker with the real hasher, room for HASHES of them, and clients of many addresses."""
    path = tmp_path_factory.mktemp("hashing") / "watchword.sqlite3"
    path.write_bytes(sqlite_template.read_bytes())
    settings = {
        "argon2_profile": "owasp",
        "hashing_slots": 1,
        "hashing_queue": HASHES,
        "threads": HASHES + 2,
    }
    with serving(f"sqlite:///{path}", workers=1, **settings) as running:
        yield running


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_however_basic_is_spelled_its_hash_holds_nobody_up(hashing: Server, spelling: bytes):
    """As many hashes as threads: a request that reads a row is answered before a quarter of them.

    In the event loop nearly all hashes would come first, at each try. A busy machine may stop this process
    for as long, but not at each.
    """
    number = SPELLINGS.index(spelling)
    tries = (hashed_before(hashing, spelling, number * TRIES + at) for at in range(TRIES))
    assert any(hashed < HASHES / 4 for hashed in tries)


def hashed_before(hashing: Server, spelling: bytes, network: int) -> int:
    """How many hashes are answered before three requests that read a row; none if nothing was hashed."""
    with ExitStack() as stack:
        wires = [
            stack.enter_context(Wire(hashing.port, source=f"127.0.{network + 1}.{at + 1}"))
            for at in range(HASHES)
        ]
        quick = stack.enter_context(Wire(hashing.port))
        for at, wire in enumerate(wires):
            given = base64.b64encode(b"nobody%d.%d:wrong" % (network, at))
            request = ask("GET /api/cascade.aaa/1.0/keepalive", f"hash-{at}")
            wire.send(request.replace(b"\r\n\r\n", b"\r\n" + spelling % given + b"\r\n\r\n"))
        for _ in range(3):
            quick.send(ask("GET /verify", "quick"))
            answer = quick.answer()
            assert answer is not None
            assert answer.status == 401
        answered = sum(is_answered(wire) for wire in wires)
        hashed = False
        for at, wire in enumerate(wires):
            answer = wire.answer()
            assert answer is not None
            assert answer.request_id == f"hash-{at}"
            assert answer.status in (400, 401, 503)
            hashed = hashed or b"AUTH_INVALID_CREDENTIALS" in answer.body
    # A header that is not Basic is refused without a hash.
    return answered if hashed else 0


def is_answered(wire: Wire) -> bool:
    wire.socket.setblocking(False)
    try:
        return wire.socket.recv(1, socket.MSG_PEEK) != b""
    except BlockingIOError:
        return False
    finally:
        wire.socket.settimeout(4)


@contextmanager
def nobody_writes(server: Server) -> Iterator[None]:
    """Requests that write wait for the lock."""
    path = server.core.store.url.database
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        connection.execute("ROLLBACK")
        connection.close()


def test_whole_requests_that_wait_for_a_thread_are_bounded_by_their_memory(hashing: Server):
    """All threads wait for the database; what is too much is refused at once and in its dialect's shape,
    and nobody's answer is lost."""
    user = hashing.identities.add("wire.memory")
    credentials = {"UserLogin": user.email, "ApiKey": user.api_key, "Result": "a" * 63_000}
    body = json.dumps(credentials).encode()
    number = 2 * HELD_MIB * 2**20 // len(body)
    json_ = "Content-Type: application/json"
    with ExitStack() as stack:
        wires = [stack.enter_context(Wire(hashing.port)) for _ in range(number)]
        with nobody_writes(hashing):
            for at, wire in enumerate(wires):
                wire.send(ask("POST /login", f"held-{at}", body, json_))
            let_it_look(hashing.port)
            refused = [wire for wire in wires if is_answered(wire)]
            assert len(refused) > number / 4
        for at, wire in enumerate(wires):
            wire.socket.settimeout(20)
            answer = wire.answer()
            assert answer is not None
            assert answer.request_id == f"held-{at}" or wire in refused
            assert answer.status in (200, 503)
            if answer.status == 503:
                assert int(answer.headers["retry-after"]) > 0
                assert "Result" in json.loads(answer.body)
