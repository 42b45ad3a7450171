"""The server with a small WSGI application: leader, followers, and load shedding."""

import time
from contextlib import ExitStack
from pathlib import Path

import psutil
import pytest

from tests.e2e.wire import Stopwatch, Wire
from tests.waiting import wait_until

from .conftest import CONNECTIONS, HELD_BYTES, THREADS
from .rooms import Room, answer_of, request_of, room, thread_of

pytestmark = pytest.mark.e2e

BODY = b"b" * 60_000


def is_closed(wire: Wire) -> bool:
    """Whether the server has ended it, as far as can be seen now."""
    wire.socket.setblocking(False)
    try:
        return wire.socket.recv(1) == b""
    except BlockingIOError:
        return False
    except ConnectionResetError:
        return True
    finally:
        wire.socket.settimeout(4)


def test_nothing_of_the_service_is_loaded(shared_room: Room):
    loaded = shared_room.ask("/modules").body.decode().split()
    assert {name for name in loaded if name.startswith("app.")} == {
        name for name in loaded if name.startswith("app.serving")
    }
    assert not {"flask", "werkzeug", "sqlalchemy", "argon2"} & set(loaded)


def test_what_may_wait_is_answered_by_a_follower_and_all_else_by_the_lead(shared_room: Room):
    """The first hook."""
    with shared_room.connect() as wire:
        for target, thread in (("/", "lead"), ("/?wait", "follower"), ("/", "lead")):
            wire.send(request_of(target))
            assert thread_of(answer_of(wire)) == thread


def test_followers_that_wait_hold_up_nobody(shared_room: Room):
    with ExitStack() as stack:
        held = [stack.enter_context(shared_room.connect()) for _ in range(2 * THREADS)]
        for wire in held:
            wire.send(request_of("/hold/followers?wait"))
        assert thread_of(shared_room.ask("/")) == "lead"
        shared_room.ask("/let/followers")
        for wire in held:
            assert thread_of(answer_of(wire)) == "follower"


def test_a_leader_that_a_request_holds_up_is_replaced(shared_room: Room):
    """As many as there are threads to lead but one, at once."""
    with ExitStack() as stack:
        held = [stack.enter_context(shared_room.connect()) for _ in range(THREADS - 1)]
        for number, wire in enumerate(held):
            wire.send(request_of(f"/hold/lead{number}"))
            assert shared_room.ask("/").status == 200
        for number, wire in enumerate(held):
            shared_room.ask(f"/let/lead{number}")
            assert thread_of(answer_of(wire)) == "lead"
            wire.send(request_of("/"))
            assert answer_of(wire).status == 200
        assert thread_of(shared_room.ask("/")) == "lead"


@pytest.mark.parametrize("first", ["/hold/{}?wait", "/hold/{}"], ids=["follower", "lead"])
def test_what_comes_behind_a_request_that_is_held_waits_for_it_and_costs_nothing(
    shared_room: Room, first: str
):
    """Its connection is parked, so the event loop does not spin."""
    name = f"parked{'wait' in first}"
    with shared_room.connect() as wire:
        wire.send(request_of(first.format(name)))
        assert shared_room.ask("/").status == 200
        for number in range(3):
            wire.send(request_of(f"/behind{number}{'?wait' if number == 1 else ''}"), step=20)
        watch = Stopwatch([psutil.Process(shared_room.worker().pid)])
        assert wire.is_silent(0.3)
        assert watch.seconds < 0.15
        shared_room.ask(f"/let/{name}")
        paths = [answer_of(wire).body.split()[2] for _ in range(4)]
    assert paths == [f"/hold/{name}".encode(), b"/behind0", b"/behind1", b"/behind2"]


def test_whole_requests_that_wait_for_a_thread_are_bounded_by_their_memory(shared_room: Room):
    """Beyond the limit 503 at once; requests that were accepted are answered."""
    number = 2 * HELD_BYTES // len(BODY)
    with ExitStack() as stack:
        wires = [stack.enter_context(shared_room.connect()) for _ in range(THREADS + number)]
        for wire in wires[:THREADS]:
            wire.send(request_of("/hold/memory?wait"))
        shared_room.ask("/")
        for at, wire in enumerate(wires[THREADS:]):
            wire.send(request_of(f"/{at}?wait", method="POST", body=BODY))
        refused = [answer_of(wire) for wire in wires[THREADS:][number * 3 // 4 :]]
        shared_room.ask("/let/memory")
        assert all(answer_of(wire).status == 200 for wire in wires[:THREADS])
        answers = [answer_of(wire) for wire in wires[THREADS:][: number * 3 // 4]] + refused
    for at, answer in enumerate(answers):
        if answer.status == 503:
            assert int(answer.headers["retry-after"]) > 0
            assert answer.headers["connection"] == "close"
        else:
            assert answer.body.split(maxsplit=3)[2:] == [f"/{at}".encode(), BODY]
    taken = sum(answer.status == 200 for answer in answers)
    assert HELD_BYTES // len(BODY) - 2 <= taken <= HELD_BYTES // len(BODY)
    # What they took is given back.
    assert shared_room.ask("/?wait").status == 200


def test_who_sends_many_requests_at_once_has_its_turn_and_others_theirs(shared_room: Room):
    with ExitStack() as stack:
        greedy, *others, modest = [
            stack.enter_context(shared_room.connect()) for _ in range(THREADS + 1)
        ]
        greedy.send(request_of("/hold/greedy?wait") + request_of("/number?wait") * 300)
        for wire in others:
            wire.send(request_of("/hold/others?wait"))
        assert shared_room.ask("/").status == 200
        modest.send(request_of("/number?wait"))
        assert shared_room.ask("/").status == 200
        shared_room.ask("/let/greedy")
        answer_of(greedy)
        numbers = [int(answer_of(greedy).body) for _ in range(300)]
        assert numbers == sorted(numbers)
        assert int(answer_of(modest).body) < numbers[10]
        shared_room.ask("/let/others")


def test_many_requests_at_once_that_do_not_wait_are_answered_in_order_while_more_come(
    shared_room: Room,
):
    with shared_room.connect() as greedy:
        for _ in range(4):
            greedy.send(request_of("/number") * 400)
        numbers = [int(answer_of(greedy).body) for _ in range(1600)]
        assert numbers == sorted(numbers)
        assert greedy.is_silent(0.05)
        greedy.send(request_of("/number"))
        assert int(answer_of(greedy).body) > numbers[-1]


def test_an_ignored_body_is_not_waited_for_and_never_a_request(shared_room: Room):
    """The second hook: it may be announced and kept, come later, or come along."""
    hidden = request_of("/hidden")
    late = request_of("/ignored", f"Content-Length: {len(hidden)}", method="POST")
    with shared_room.connect() as wire:
        wire.send(late)
        assert answer_of(wire).headers["connection"] == "close"
        wire.send(hidden)
        assert wire.answer() is None
    with shared_room.connect() as wire:
        wire.send(request_of("/ignored", method="POST", body=hidden) + request_of("/next"))
        assert [answer_of(wire).body.split()[2] for _ in range(2)] == [b"/ignored", b"/next"]


def test_errors_of_the_server_itself_are_plain_where_no_hook_says_otherwise(shared_room: Room):
    """The third hook's default: a fixed sentence, nothing of what was sent or went wrong."""
    with shared_room.connect() as wire:
        wire.send(b"GET /secret HTTP/1.1\r\nsecret\r\n\r\n")
        answer = answer_of(wire)
        assert (answer.status, answer.body) == (400, b"the header is not valid\n")
        assert wire.answer() is None
    answer = shared_room.ask("/fail/secret")
    assert (answer.status, answer.body) == (500, b"something went wrong here\n")
    assert answer.headers["date"]
    assert "secret" not in shared_room.log()


def test_whoever_dawdles_or_wants_nothing_is_closed_in_time(tmp_path: Path):
    """A head and a body that do not come, an answer that is not taken, a connection that is idle; all
    at once, and each had its time."""
    seconds = dict.fromkeys(("RECEIVE_SECONDS", "SEND_SECONDS", "LINGER_SECONDS"), 1.0)
    with room(tmp_path, threads=2, keepalive=1, **seconds) as running, ExitStack() as stack:
        idle, fresh, head, body, deaf, trickling = (
            stack.enter_context(running.connect()) for _ in range(6)
        )
        idle.send(request_of("/"))
        answer_of(idle)
        head.send(b"GET / HTTP/1.1\r\nHost:")
        body.send(request_of("/", "Content-Length: 5", method="POST") + b"1234")
        deaf.send(request_of("/large"))
        started = time.monotonic()
        trickling.send(b"GET / HTTP/1.1\r\n")
        while trickling.is_silent(0.05):
            trickling.send(b"X")
        assert 0.9 < time.monotonic() - started < 4
        for wire in (idle, fresh, head, body):
            assert wire.answer() is None
        worker = running.worker()
        wait_until(lambda: not worker.net_connections()[1:])
        assert time.monotonic() - started < 8
        assert "slow_clients_closed" in running.log()


def test_idle_connections_are_shed_the_oldest_first(shared_room: Room):
    with ExitStack() as stack:
        idle = [stack.enter_context(shared_room.connect()) for _ in range(CONNECTIONS + 20)]
        assert shared_room.ask("/").status == 200
        assert is_closed(idle[0])
        assert sum(map(is_closed, idle)) < CONNECTIONS // 2
        idle[-1].send(request_of("/"))
        assert answer_of(idle[-1]).status == 200


def test_half_sent_requests_are_bounded_by_their_memory_the_oldest_first(shared_room: Room):
    half = request_of("/", "Content-Length: 65536", method="POST") + BODY
    with ExitStack() as stack:
        number = HELD_BYTES // len(BODY) + 10
        wires = [stack.enter_context(shared_room.connect()) for _ in range(number)]
        for wire in wires:
            wire.send(half)
        assert shared_room.ask("/").status == 200
        assert is_closed(wires[0])
        wires[-1].send(b"b" * (65536 - len(BODY)))
        assert answer_of(wires[-1]).status == 200
