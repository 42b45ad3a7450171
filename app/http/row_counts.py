"""``watchword_rows``: how many rows are alive, and how many wait for the purge. And what ``/verify`` answers.

One worker of each master counts the rows once in a purge interval. A scrape never counts: it reads the
figures from the memory that all workers share. From there the same worker adds to the database how many
requests ``/verify`` has answered since. If that worker is replaced, what it had not added yet is lost.
"""

import fcntl
import tempfile
from collections.abc import Callable
from itertools import zip_longest
from typing import IO

from ..core.core import Core
from ..core.listings.timelines import DOOR
from ..core.upkeep import purge, request_hours
from . import metrics


def show_row_counts(core: Core) -> None:
    """Count and record. Raises StoreUnavailable, and keeps the earlier figures."""
    for table, state, rows in purge.count_rows(core):
        metrics.set_rows(table, state, rows)


def counting_in_turn() -> Callable[[Core], None]:
    """To be called before the fork. Of the workers that call the result, one counts for all."""
    turn = tempfile.TemporaryFile()  # noqa: SIM115, it is open for as long as the process lives
    added: list[int] = []

    def count(core: Core) -> None:
        answered = metrics.answered(DOOR)
        if _is_mine(turn):
            since = [now - before for now, before in zip_longest(answered, added, fillvalue=0)]
            request_hours.add(core, DOOR, since)
            show_row_counts(core)
        # The others look too, so that whoever takes over begins here.
        added[:] = answered

    return count


def _is_mine(turn: IO[bytes]) -> bool:
    """Whether this process holds the record lock. When it dies, the next process that asks gets it."""
    try:
        fcntl.lockf(turn, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
