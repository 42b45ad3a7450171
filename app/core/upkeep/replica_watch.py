"""The thread of each worker that measures the replica, and logs when it is passed over."""

import threading

import structlog

from ...store.replica import Replica

log = structlog.get_logger(__name__)


class ReplicaWatch(threading.Thread):
    """Runs until ``stop``. Without it a replica is never measured, and so never asked."""

    def __init__(self, replica: Replica) -> None:
        super().__init__(name="replica", daemon=True)
        self._replica = replica
        self._stopping = threading.Event()

    def run(self) -> None:
        last = self._replica.reason
        while not self._stopping.is_set():
            try:
                reason = self._replica.measure()
            except Exception as error:
                # A fault of ours. The positions grow old, so that the replica is passed over.
                log.error("replica_unmeasured", error=type(error).__name__)  # noqa: TRY400
            else:
                if reason is not last:
                    log.warning("replica_passed_over", reason=reason) if reason else log.info(
                        "replica_in_use"
                    )
                last = reason
            self._stopping.wait(self._replica.every_seconds)

    def stop(self) -> None:
        self._stopping.set()
