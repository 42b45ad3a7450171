"""Which thread of a worker leads: waits on all its connections, and answers what it can at once.

To hand a request to another thread, and its answer back, costs an eighth of a verification.
So the thread that reads a request answers it, and goes on leading. Should one hold it up all the same,
because the database does not answer, another thread takes the lead and it follows when it is free.
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
    """The lead passes from thread to thread; ``loop`` is what a thread does that has it.

    ``loop`` is called with the connection that its predecessor still has in hand, or None. It calls
    ``take`` and ``release`` around every request that it answers, and returns once ``release`` says
    that another thread leads.
    """

    # How long a request may hold the others up, and half as long again at worst.
    TICK_SECONDS: ClassVar[float] = 0.01

    def __init__(self, threads: int, loop: Callable[[Connection | None], None]) -> None:
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="lead")
        self._loop = loop
        self._leader: Future[None] = Future()
        self._in_hand: Connection | None = None
        self._requests = 0
        self._requests_seen = 0
        self._relay = Lock()
        self._resting = self._hurried = False
        self._bell: SimpleQueue[None] = SimpleQueue()
        # Nobody needs to lead any more: the loop is to return.
        self.over = False

    def begin(self) -> None:
        self._leader = self._pool.submit(self._loop, None)

    def take(self, conn: Connection) -> None:
        """The leader begins with a request of ``conn``."""
        self._requests += 1
        self._in_hand = conn
        if self._resting:
            self.wake()

    def release(self, conn: Connection) -> bool:
        """The request is answered, as far as it goes. Whether this thread leads still."""
        with self._relay:
            leads = self._in_hand is conn
            if leads:
                self._in_hand = None
        return leads

    def watch(self, seconds: float) -> None:
        """In the main thread, for so long at most: relieve a leader that a request holds up.

        Raises what ended the leader's loop, if anything did.
        """
        if self._requests == self._requests_seen:
            self._rest(seconds)
        self._requests_seen = self._requests
        end = time.monotonic() + seconds
        while time.monotonic() < end and not self._hurried:
            if self._leader.done():
                self._leader.result()
                break
            conn, number = self._in_hand, self._requests
            time.sleep(self.TICK_SECONDS)
            if conn is not None and number == self._requests:
                self._relieve(conn)
        self._hurried = False

    def hurry(self) -> None:
        """End the watch, as from a signal handler: the main thread has something else to do."""
        self._hurried = True
        self.wake()

    def wake(self) -> None:
        """End the rest of the main thread."""
        self._resting = False
        self._bell.put(None)

    def _rest(self, seconds: float) -> None:
        """Nothing was asked of late: sleep until something is."""
        self._resting = True
        if self._in_hand is None:
            with suppress(Empty):
                self._bell.get(timeout=seconds)
        self._resting = False

    def _relieve(self, conn: Connection) -> None:
        with self._relay:
            if self._in_hand is conn:
                self._in_hand = None
                self._leader = self._pool.submit(self._loop, conn)

    def end(self) -> None:
        self.over = True
        self._pool.shutdown(wait=False)
