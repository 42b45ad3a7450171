"""Leader and followers: one thread leads, and another takes over when a request holds it up."""

import threading
from queue import SimpleQueue

import pytest

from app.serving.connection import Connection
from app.serving.lead import Lead

WAIT_SECONDS = 5.0


def connection() -> Connection:
    return Connection.__new__(Connection)


class Loop:
    """A leader's loop: it answers what is put before it, a request lasting until it is let go."""

    def __init__(self, threads: int = 4) -> None:
        self.lead = Lead(threads, self.run)
        self.requests: SimpleQueue[tuple[Connection, threading.Event] | None] = SimpleQueue()
        self.answered: SimpleQueue[Connection] = SimpleQueue()
        self.began: SimpleQueue[Connection | None] = SimpleQueue()

    def run(self, in_hand: Connection | None) -> None:
        self.began.put(in_hand)
        while (request := self.requests.get()) is not None:
            conn, let_go = request
            self.lead.begin_request(conn)
            assert let_go.wait(WAIT_SECONDS)
            leads = self.lead.end_request(conn)
            self.answered.put(conn)
            if not leads:
                return

    def ask(self, *, at_once: bool) -> tuple[Connection, threading.Event]:
        request = (connection(), threading.Event())
        if at_once:
            request[1].set()
        self.requests.put(request)
        return request


@pytest.fixture
def loop():
    loop = Loop()
    loop.lead.begin()
    assert loop.began.get(timeout=WAIT_SECONDS) is None
    yield loop
    for _ in range(4):
        loop.requests.put(None)
    loop.lead.end()


def test_a_leader_that_is_not_held_up_leads_on(loop: Loop):
    for _ in range(3):
        conn, _ = loop.ask(at_once=True)
        assert loop.answered.get(timeout=WAIT_SECONDS) is conn
        loop.lead.watch(0.05)
    assert loop.began.empty()


def test_a_leader_that_is_held_up_is_replaced_and_its_successor_is_told_what_it_answers(loop: Loop):
    slow, let_go = loop.ask(at_once=False)
    while loop.began.empty():
        loop.lead.watch(0.05)
    assert loop.began.get() is slow
    quick, _ = loop.ask(at_once=True)
    assert loop.answered.get(timeout=WAIT_SECONDS) is quick
    let_go.set()
    assert loop.answered.get(timeout=WAIT_SECONDS) is slow
    another, _ = loop.ask(at_once=True)
    assert loop.answered.get(timeout=WAIT_SECONDS) is another
    assert loop.began.empty()


def test_a_request_after_a_rest_is_watched_at_once(loop: Loop):
    replaced: list[bool] = []

    def ask() -> None:
        slow, let_go = loop.ask(at_once=False)
        replaced.append(loop.began.get(timeout=1) is slow)
        let_go.set()
        loop.lead.interrupt_watch()

    loop.lead.watch(0.05)
    later = threading.Timer(0.1, ask)
    later.start()
    loop.lead.watch(WAIT_SECONDS)
    later.join(WAIT_SECONDS)
    assert replaced == [True]


def test_what_ends_the_loop_is_raised_where_it_is_watched():
    def broken(_in_hand: Connection | None) -> None:
        raise LookupError("a mistake")

    lead = Lead(1, broken)
    lead.begin()
    with pytest.raises(LookupError, match="a mistake"):
        for _ in range(100):
            lead.watch(0.05)
    lead.end()
