"""Readiness: whether this process can serve requests. The database is asked at most once a second.

The probe does what requests do: a read and a short write, on the connections that requests use.
"""

import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor

from ...store.faults import DRIVER_ERRORS, StoreUnavailable
from ..core import Core
from ..refusals import Refusal
from .preflight import is_migrated, take_a_write

REMEMBERED_SECONDS = 1.0
# Each wait for the database has a limit, but together they may take longer than a probe waits for us.
PATIENCE_SECONDS = 2.5
_PROBES = ThreadPoolExecutor(1, thread_name_prefix="readyz")


class Readiness:
    """The last result of one process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._probe: Future[Refusal | None] | None = None
        self._begun = 0.0
        self._asked_at = 0.0

    def refusal(self, core: Core) -> Refusal | None:
        """Why this process is not ready; None if it is.

        A result is reused for REMEMBERED_SECONDS. Callers that come while a probe runs wait for the same one.
        """
        with self._lock:
            if self._probe is None or (self._probe.done() and not self._is_fresh(core)):
                self._probe = _PROBES.submit(_refusal, core)
                self._begun = time.monotonic()
                self._asked_at = core.clock.now()
            probe, begun = self._probe, self._begun
        try:
            return probe.result(timeout=max(0.0, begun + PATIENCE_SECONDS - time.monotonic()))
        except TimeoutError:
            return Refusal.STORE_UNAVAILABLE

    def _is_fresh(self, core: Core) -> bool:
        # Not below 0: after the clock was set back, a result is not reused for longer.
        return 0 <= core.clock.now() - self._asked_at < REMEMBERED_SECONDS


def _refusal(core: Core) -> Refusal | None:
    try:
        if not is_migrated(core):
            return Refusal.STORE_UNAVAILABLE
        core.store.check_pooler()
        take_a_write(core)
    except (StoreUnavailable, *DRIVER_ERRORS):
        # For example, the file is not a database, or a table may not be read.
        return Refusal.STORE_UNAVAILABLE
    return Refusal.KEYS_UNUSABLE if core.keys.fault else None
