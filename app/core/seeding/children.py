"""Processes that work for a command. They end with it, also when it is killed and cannot end them."""

import os
import signal
from multiprocessing import connection, parent_process
from threading import Thread


def begin() -> None:  # pragma: no cover - in a process of its own
    """The first call in a process that ``multiprocessing`` has forked.

    An interrupt is left to the parent, which stops to take what this one makes. If the parent has gone, this
    one ends at once: an orphan would keep the command's stdout open, and its reader would wait.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:  # pragma: no cover - in a process of its own
    """A younger child holds the other end of an older one's sentinel too. So the youngest ends first."""
    parent = parent_process()
    assert parent is not None, "multiprocessing has forked this process"
    connection.wait([parent.sentinel])
    os._exit(1)
