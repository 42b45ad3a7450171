"""``watchword_rows``: how many rows are alive, and how many wait for the purge.

Counted once in a purge interval, by one worker of each machine, and never for a scrape: all workers
share the figures through prometheus_client's directory.
"""

import fcntl
import os
from functools import cache
from pathlib import Path

from prometheus_client import Gauge

from ..core import purge
from ..core.wiring import Core

ROWS = Gauge(
    "watchword_rows",
    f"Rows that count, and that only wait for the purge; {purge.COUNT_AT_MOST} means so many or more",
    ["table", "state"],
    multiprocess_mode="mostrecent",
)


def show_row_counts(core: Core) -> None:
    """Raises StoreUnavailable; what was counted before stays."""
    if _counts_for_all():
        for table, state, rows in purge.count_rows(core):
            ROWS.labels(table, state).set(rows)


def _counts_for_all() -> bool:
    """Whether this worker is the one that counts; when it ends, the next to ask takes over."""
    directory = os.environ.get("PROMETHEUS_MULTIPROC_DIR")
    if directory is None:
        return True
    try:
        fcntl.flock(_lock(directory), fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@cache
def _lock(directory: str) -> int:
    """Opened after the fork, so that each worker has a lock of its own to hold, for as long as it lives."""
    return os.open(Path(directory) / "rows.lock", os.O_CREAT | os.O_RDWR, 0o600)
