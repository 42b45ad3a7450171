"""The housekeeping thread of each worker: it reads new keys, writes what waits, and purges old rows."""

import threading
import time
import uuid
from collections.abc import Callable
from contextlib import suppress

import structlog

from ...store.faults import StoreUnavailable
from ..core import Core
from ..passwords.niceness import lower_priority
from . import leader, purge

ROUND_SECONDS = 2.0
BETWEEN_BATCHES_SECONDS = 0.002
# A lease lasts so many purge intervals. ``acquire_lease`` calls it void from 4/3 of that: two intervals.
LEASE_INTERVALS = 1.5
# A lower priority than the requests. It still purges a million rows in a minute on a core that is never idle.
NICENESS = 3

log = structlog.get_logger(__name__)


class Housekeeper(threading.Thread):
    """Runs until ``stop``. If the database cannot be reached, the next round tries again.

    ``after_purge`` is called once in each purge interval, also if another process has purged.
    """

    def __init__(
        self, core: Core, after_purge: Callable[[Core], None] = lambda _core: None
    ) -> None:
        super().__init__(name="housekeeping", daemon=True)
        self._core = core
        self._after_purge = after_purge
        self._stopping = threading.Event()
        # Not host name and process id: they may be the same in every container.
        self.holder = str(uuid.uuid4())

        self._round_at = float("-inf")
        self._fault: str | None = None

    def run(self) -> None:
        lower_priority(NICENESS)
        # A worker starts with the keys that the master read at its own start, which may be long ago.
        with suppress(Exception):  # the first round logs it
            self._reload_keys()
        self._run_rounds()
        # Counted since the last round. A process that stops in order loses no event.
        with suppress(StoreUnavailable):
            self._core.tally.flush()
            self._core.touches.flush()

    def _run_rounds(self) -> None:
        interval = self._core.policy.purge_interval_seconds
        purge_due = self._core.clock.now()
        while not self._stopping.wait(ROUND_SECONDS):
            try:
                self._do_round()
                # If it is due later than an interval from now, the clock was set back since.
                if not 0 < purge_due - self._core.clock.now() <= interval:
                    purge_due = self._core.clock.now() + interval
                    self._purge()
                    self._after_purge(self._core)
            except StoreUnavailable as error:
                log.warning("housekeeping_postponed", error=str(error))
            except Exception as error:
                # For example, tables are missing while a backup is restored. The next round tries again.
                log.error("housekeeping_failed", error=type(error).__name__)  # noqa: TRY400

    def _do_round(self) -> None:
        """The tasks that must not wait until a purge has ended."""
        self._round_at = time.monotonic()
        self._reload_keys()
        self._core.tally.flush()
        self._core.touches.flush()

    def _reload_keys(self) -> None:
        self._core.keys.reload()
        fault = self._core.keys.fault
        if fault is not None and fault != self._fault:
            log.error("keys_unusable", error=fault)
        self._fault = fault

    def _purge(self) -> None:
        seconds = LEASE_INTERVALS * self._core.policy.purge_interval_seconds
        if purge.acquire_lease(self._core, self.holder, seconds):
            deleted = leader.work(self._core, self._between_batches)
            if any(deleted.values()):
                log.info("purged", **deleted)

    def _between_batches(self) -> None:
        self._stopping.wait(BETWEEN_BATCHES_SECONDS)
        if time.monotonic() - self._round_at >= ROUND_SECONDS:
            self._do_round()

    def stop(self) -> None:
        self._stopping.set()
