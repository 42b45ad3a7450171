"""``watchword_rows``: how many rows are alive, and how many wait for the purge.

One worker of each master counts them once in a purge interval. A scrape never counts: it reads the
figures from the memory that all workers share.
"""

import fcntl
import tempfile
from collections.abc import Callable
from typing import IO

from ..core.core import Core
from ..core.upkeep import purge
from . import metrics


def show_row_counts(core: Core) -> None:
    """Count and record. Raises StoreUnavailable, and keeps the earlier figures."""
    for table, state, rows in purge.count_rows(core):
        metrics.set_rows(table, state, rows)


def counting_in_turn() -> Callable[[Core], None]:
    """To be called before the fork. Of the workers that call the result, one counts for all."""
    turn = tempfile.TemporaryFile()  # noqa: SIM115, it is open for as long as the process lives

    def count(core: Core) -> None:
        if _is_mine(turn):
            show_row_counts(core)

    return count


def _is_mine(turn: IO[bytes]) -> bool:
    """Whether this process holds the record lock. When it dies, the next process that asks gets it."""
    try:
        fcntl.lockf(turn, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
