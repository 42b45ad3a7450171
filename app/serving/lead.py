"""The leader of a worker: the thread that runs the event loop, and answers what does not wait.

To give a request to another thread, and its answer back, costs an eighth of a verification. So the
thread that reads a request answers it and stays the leader. If that request holds it up all the same,
because the database does not answer, another thread becomes the leader, and this one finishes its
request as a follower.
"""

import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from queue import Empty, SimpleQueue
from threading import Lock
from typing import ClassVar

from .connection import Connection


class Lead:
    """Passes the role of the leader from thread to thread. ``loop`` is the event loop of the leader.

    ``loop`` is called with the connection that its predecessor still answers, or None. It calls
    ``begin_request`` and ``end_request`` around every request that it answers, and returns once
    ``end_request`` says that another thread is the leader.
    """

    # A request that holds the leader up longer than this is noticed within twice the time.
    TICK_SECONDS: ClassVar[float] = 0.01

    def __init__(self, threads: int, loop: Callable[[Connection | None], None]) -> None:
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="lead")
        self._loop = loop
        self._leader: Future[None] = Future()
        self._in_hand: Connection | None = None
        self._requests = 0
        self._requests_seen = 0
        self._relay = Lock()
        self._asleep = self._interrupted = False
        self._bell: SimpleQueue[None] = SimpleQueue()
        # The worker ends: the loop must return.
        self.over = False

    def begin(self) -> None:
        self._leader = self._pool.submit(self._loop, None)

    def begin_request(self, conn: Connection) -> None:
        """The leader begins to answer a request of ``conn``."""
        self._requests += 1
        self._in_hand = conn
        if self._asleep:
            self.wake()

    def end_request(self, conn: Connection) -> bool:
        """The request is answered, as far as its client takes it. Whether this thread is still the leader."""
        with self._relay:
            leads = self._in_hand is conn
            if leads:
                self._in_hand = None
        return leads

    def watch(self, seconds: float) -> None:
        """In the main thread, for at most ``seconds``: replace a leader that a request holds up.

        Raises the error that ended the leader's loop, if any.
        """
        if self._requests == self._requests_seen:
            self._sleep(seconds)
        self._requests_seen = self._requests
        end = time.monotonic() + seconds
        while time.monotonic() < end and not self._interrupted:
            if self._leader.done():
                self._leader.result()
                break
            conn, number = self._in_hand, self._requests
            time.sleep(self.TICK_SECONDS)
            if conn is not None and number == self._requests:
                self._replace_leader(conn)
        self._interrupted = False

    def interrupt_watch(self) -> None:
        """End the watch early, as a signal handler does: the main thread has something else to do."""
        self._interrupted = True
        self.wake()

    def wake(self) -> None:
        """Wake the main thread if it sleeps."""
        self._asleep = False
        self._bell.put(None)

    def _sleep(self, seconds: float) -> None:
        """No request came lately: sleep until one comes, for at most ``seconds``."""
        self._asleep = True
        if self._in_hand is None:
            with suppress(Empty):
                self._bell.get(timeout=seconds)
        self._asleep = False

    def _replace_leader(self, conn: Connection) -> None:
        with self._relay:
            if self._in_hand is conn:
                self._in_hand = None
                self._leader = self._pool.submit(self._loop, conn)

    def end(self) -> None:
        self.over = True
        self._pool.shutdown(wait=False)
