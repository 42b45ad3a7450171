"""A worker that ends, because it is told to or has answered enough, loses nobody's answer."""

import threading
from contextlib import ExitStack
from pathlib import Path

import psutil
import pytest

from tests.waiting import listens, wait_until

from .rooms import Room, answer_of, request_of, room

pytestmark = pytest.mark.e2e

CLIENTS, REQUESTS = 4, 50


def test_told_to_stop_it_answers_what_is_under_way_and_closes_the_rest(tmp_path: Path):
    with (
        room(tmp_path, threads=2, keepalive=60, LINGER_SECONDS=1.0) as running,
        ExitStack() as stack,
    ):
        held, half, pipelined, idle, last = (
            stack.enter_context(running.connect()) for _ in range(5)
        )
        held.send(request_of("/hold/a?wait"))
        pipelined.send(request_of("/hold/a?wait") + request_of("/behind"))
        half.send(request_of("/half", "Content-Length: 4", method="POST") + b"12")
        while True:
            last.send(request_of("/held/a"))
            if answer_of(last).body == b"2":
                break
        running.process.terminate()
        wait_until_nobody_listens(running)
        # A client with an open connection may send one more request.
        last.send(request_of("/let/a"))
        assert answer_of(last).headers["connection"] == "close"
        assert last.answer() is None
        half.send(b"34")
        for wire, paths in (
            (held, ["/hold/a"]),
            (half, ["/half"]),
            (pipelined, ["/hold/a", "/behind"]),
        ):
            answers = wire.answers()
            assert [answer.body.split()[2].decode() for answer in answers] == paths
        assert idle.answer() is None
        assert running.stop() == 0


def wait_until_nobody_listens(running: Room) -> None:
    """A client that connects too late is refused at once, and does not wait for the worker's end."""
    wait_until(lambda: not listens(running.port))


def test_a_worker_that_has_answered_enough_is_replaced_and_no_answer_is_lost(tmp_path: Path):
    """``max_requests``: clients with connections of their own see nothing but ``Connection: close``."""
    with room(tmp_path, threads=2, max_requests=60, LINGER_SECONDS=0.2) as running:
        first = running.worker()
        seen: list[tuple[int, int, bytes]] = []

        def ask(client: int) -> None:
            wire = running.connect()
            for number in range(REQUESTS):
                wire.send(request_of(f"/{client}/{number}{'?wait' if number % 3 else ''}"))
                answer = answer_of(wire)
                seen.append((client, number, answer.body))
                if answer.headers["connection"] == "close":
                    wire.socket.close()
                    wire = running.connect()
            wire.socket.close()

        clients = [threading.Thread(target=ask, args=(client,)) for client in range(CLIENTS)]
        for thread in clients:
            thread.start()
        for thread in clients:
            thread.join(20)
        assert len(seen) == CLIENTS * REQUESTS
        for client, number, body in seen:
            assert body.split()[2] == f"/{client}/{number}".encode()
        assert len({body.split()[0] for _, _, body in seen}) > 2
        assert not psutil.pid_exists(first.pid)
