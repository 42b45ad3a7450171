"""Slow, silent or invalid clients on real workers: no other client waits for them."""

import os
import shutil
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from chaos.ports import free_port
from config import ROOT
from tests.conftest import TEST_SECRET
from tests.e2e.conftest import environment
from tests.forked import Forked
from tests.waiting import listens, wait_until

pytestmark = pytest.mark.e2e

RECEIVE_SECONDS = 2
CONNECTIONS = 40
# More than the threads of all workers: with a thread each, nobody else would be answered.
MANY = 30
CONFIGURATION = f"""
exec(open({str(ROOT / "gunicorn.conf.py")!r}).read())
from app.serving.worker import Worker
Worker.RECEIVE_SECONDS = {RECEIVE_SECONDS}
Worker.SEND_SECONDS = {RECEIVE_SECONDS}
worker_connections = {CONNECTIONS}
"""
GET = b"GET /verify HTTP/1.1\r\nHost: a\r\n\r\n"
HALF_HEAD = b"GET /verify HTTP/1.1\r\nHost: a\r\nX-Slow: "
HALF_BODY = b"POST /login HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{"
LARGE = b"GET /docs/swagger-ui-bundle.js HTTP/1.1\r\nHost: a\r\n\r\n"


@pytest.fixture(scope="module")
def port(sqlite_template: Path, tmp_path_factory) -> Iterator[int]:
    """One worker with few connections and short deadlines."""
    home = tmp_path_factory.mktemp("slow")
    shutil.copy(sqlite_template, home / "watchword.sqlite3")
    (home / "gunicorn.conf.py").write_text(CONFIGURATION)
    port = free_port()
    variables = environment(
        database_url=f"sqlite:///{home}/watchword.sqlite3",
        secret_keys=TEST_SECRET,
        bind=f"127.0.0.1:{port}",
        log_level="warning",
        threads=8,
    )
    command = ["gunicorn", "-c", str(home / "gunicorn.conf.py"), "wsgi:app"]
    with (home / "log").open("wb") as log:
        process = Forked(
            command, variables | {"WEB_CONCURRENCY": "1"}, directory=ROOT, stdout=log, stderr=log
        )
    wait_until(lambda: listens(port), process=process)
    yield port
    os.kill(process.pid, signal.SIGTERM)
    process.wait(30)
    complaints = (home / "log").read_text()
    assert "Traceback" not in complaints, complaints
    assert "internal_error" not in complaints, complaints


def connect(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=10)


def answer_to(port: int, *pieces: bytes, close: bool = False) -> bytes:
    """Everything that comes back until the server closes, or has answered once."""
    with connect(port) as client:
        for piece in pieces:
            client.sendall(piece)
        if close:
            client.shutdown(socket.SHUT_WR)
        return received(client, until_closed=close)


def received(client: socket.socket, *, until_closed: bool = True) -> bytes:
    found = b""
    while piece := client.recv(65_536):
        found += piece
        if not until_closed and found.startswith(b"HTTP/1.1 401"):
            break
    return found


def answered_within(port: int, seconds: float = 1.5) -> None:
    started = time.monotonic()
    assert answer_to(port, GET).startswith(b"HTTP/1.1 401")
    assert time.monotonic() - started < seconds


@pytest.mark.parametrize("begun", [b"", HALF_HEAD, HALF_BODY], ids=["nothing", "head", "body"])
def test_more_slow_clients_than_threads_hold_up_nobody(port: int, begun: bytes):
    with ExitStack() as stack:
        for _ in range(MANY):
            stack.enter_context(connect(port)).sendall(begun)
        answered_within(port)


def test_clients_that_take_no_answer_hold_up_nobody(port: int):
    with ExitStack() as stack:
        for _ in range(MANY):
            stack.enter_context(connect(port)).sendall(LARGE * 3)
        answered_within(port)
    answered_within(port)


def test_a_request_has_its_deadline_whatever_trickles_in(port: int):
    with connect(port) as client:
        started = time.monotonic()
        client.sendall(HALF_HEAD)
        client.settimeout(0.2)
        with pytest.raises(OSError, match=r"(?i)reset|pipe|closed"):
            while time.monotonic() < started + 10:
                client.sendall(b"a")
                try:
                    if client.recv(1) == b"":
                        raise OSError("closed")
                except TimeoutError:
                    continue
        assert RECEIVE_SECONDS - 0.5 < time.monotonic() - started < RECEIVE_SECONDS + 3


def test_idle_connections_make_room_for_new_clients_the_oldest_first(port: int):
    with ExitStack() as stack:
        idle = [stack.enter_context(connect(port)) for _ in range(CONNECTIONS + 20)]
        answered_within(port)
        for client in idle:
            client.settimeout(0.2)
        assert is_closed(idle[0])
        assert not is_closed(idle[-1])
        idle[-1].sendall(GET)
        assert idle[-1].recv(100).startswith(b"HTTP/1.1 401")


def is_closed(client: socket.socket) -> bool:
    try:
        return client.recv(1) == b""
    except TimeoutError:
        return False


def test_a_request_byte_by_byte_is_answered_like_any_other(port: int):
    pieces = [GET[index : index + 1] for index in range(len(GET))]
    assert answer_to(port, *pieces).startswith(b"HTTP/1.1 401")


def test_pipelined_requests_are_answered_in_order_up_to_the_garbage(port: int):
    ping = b"GET /api/common/1.0/ping HTTP/1.1\r\nHost: a\r\n\r\n"
    answers = answer_to(port, GET + ping + b"\x00garbage\r\n\r\n" + GET, close=True)
    statuses = [piece.split()[0] for piece in answers.split(b"HTTP/1.1 ")[1:]]
    assert statuses == [b"401", b"204", b"400"]
    assert b"html" not in answers


def test_a_client_that_has_finished_sending_still_gets_its_answer(port: int):
    assert answer_to(port, GET, close=True).startswith(b"HTTP/1.1 401")


def test_a_large_answer_comes_whole_to_a_slow_reader(port: int):
    with connect(port) as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65_536)
        client.sendall(LARGE.replace(b"Host", b"Connection: close\r\nHost"))
        # The server has sent what the client's buffer takes, and waits.
        wait_until(lambda: len(client.recv(65_536, socket.MSG_PEEK)) > 30_000)
        answer = received(client)
    head, _, body = answer.partition(b"\r\n\r\n")
    [length] = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length")]
    assert len(body) == int(length.split()[1]) > 1_000_000


def test_the_body_is_sent_after_100_continue(port: int):
    head, _, body = HALF_BODY.partition(b"\r\n\r\n")
    with connect(port) as client:
        client.sendall(head + b"\r\nExpect: 100-continue\r\n\r\n")
        assert client.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        client.sendall(body + b'"a": 1} ')
        assert client.recv(1000).startswith(b"HTTP/1.1 400 ")


@pytest.mark.parametrize(
    ("path", "status", "mark"),
    [(b"/verify", b"431", b"problem+json"), (b"/session", b"431", b"errorType")],
)
def test_too_large_a_head_is_refused_in_the_shape_of_the_urls_owner(port: int, path, status, mark):
    head = b"GET " + path + b" HTTP/1.1\r\nHost: a\r\nX-Large: " + b"z" * 70_000 + b"\r\n\r\n"
    answer = answer_to(port, head, close=True)
    assert answer.startswith(b"HTTP/1.1 " + status)
    assert mark in answer
    assert b"zzzz" not in answer


def test_a_broken_chunk_is_a_malformed_body_of_its_dialect(port: int):
    request = (
        b"POST /login HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabcdefgh\r\n"
    )
    answer = answer_to(port, request + b"0\r\n\r\n", close=True)
    assert answer.startswith(b"HTTP/1.1 400")
    assert b'"Result"' in answer


def test_verify_does_not_wait_for_a_body_that_a_gateway_announces_and_keeps(port: int):
    request = GET.replace(b"\r\n\r\n", b"\r\nContent-Length: 100\r\n\r\n")
    started = time.monotonic()
    answer = answer_to(port, request)
    assert answer.startswith(b"HTTP/1.1 401")
    assert time.monotonic() - started < RECEIVE_SECONDS
