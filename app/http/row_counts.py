"""``watchword_rows``: how many rows are alive, and how many wait for the purge.

Counted once in a purge interval, by one worker of each master, and never for a scrape: the figures
stand in the memory that all workers share.
"""

import fcntl
import tempfile
from collections.abc import Callable
from typing import IO

from ..core.core import Core
from ..core.upkeep import purge
from . import metrics


def show_row_counts(core: Core) -> None:
    """Raises StoreUnavailable; what was counted before stays."""
    for table, state, rows in purge.count_rows(core):
        metrics.set_rows(table, state, rows)


def counting_in_turn() -> Callable[[Core], None]:
    """Called before the fork: of the workers that call what it returns, one counts for all."""
    turn = tempfile.TemporaryFile()  # noqa: SIM115, it is open for as long as the process lives

    def count(core: Core) -> None:
        if _is_mine(turn):
            show_row_counts(core)

    return count


def _is_mine(turn: IO[bytes]) -> bool:
    """A record lock belongs to a process and goes with it; the next to ask takes over."""
    try:
        fcntl.lockf(turn, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
