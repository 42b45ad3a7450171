"""Followers: the threads that answer requests that may wait. Counts the bytes of what waits for them."""

import threading
from collections.abc import Callable
from queue import SimpleQueue

from .connection import Connection


class Followers:
    """``work`` is called in one of ``threads`` threads with each connection submitted."""

    def __init__(self, threads: int, work: Callable[[Connection], None]) -> None:
        self._work = work
        self._queue: SimpleQueue[tuple[Connection, int] | None] = SimpleQueue()
        self._lock = threading.Lock()
        # How many bytes of whole requests wait for a thread.
        self.held = 0
        self._threads = [
            threading.Thread(target=self._run, name=f"follower-{number}", daemon=True)
            for number in range(threads)
        ]

    def begin(self) -> None:
        for thread in self._threads:
            thread.start()

    def submit(self, conn: Connection, size: int) -> None:
        with self._lock:
            self.held += size
        self._queue.put((conn, size))

    def _run(self) -> None:
        while (item := self._queue.get()) is not None:
            conn, size = item
            with self._lock:
                self.held -= size
            self._work(conn)

    def end(self) -> None:
        for _ in self._threads:
            self._queue.put(None)
