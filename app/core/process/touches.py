"""Touches: each use of a session moves its idle expiry.

A verification must not wait for another transaction. So it writes the touch only if the writer is free.
Otherwise the touch waits in memory, and the housekeeping thread writes it some seconds later. Without
that, a client that asks rarely could lose its session because the writer was busy. A process that crashes
loses the touches that wait: the next request of each session makes a new one.
"""

import threading
from typing import Any

from sqlalchemy import bindparam, update

from ...store.models import Session
from ...store.store import Store

# If so many wait, more are dropped: the next request of their session makes a new one.
MAX_WAITING = 10_000

_TOUCH = (
    update(Session)
    .where(
        Session.id == bindparam("session_id"),
        Session.ended_at.is_(None),
        Session.expires_at > bindparam("now"),
        Session.expires_at < bindparam("renewed"),
    )
    .values(expires_at=bindparam("renewed"))
)


class Touches:
    """The touches of one process that wait because the writer was busy."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._waiting: dict[int, dict[str, Any]] = {}

    def __len__(self) -> int:
        return len(self._waiting)

    def push(self, session_id: int, now: float, renewed: float) -> None:
        """Move the expiry of a session that is valid at ``now`` to ``renewed``. Raises StoreUnavailable."""
        touch = {"session_id": session_id, "now": now, "renewed": renewed}
        if self._store.write_at_once(_TOUCH, touch):
            return
        with self._lock:
            if len(self._waiting) < MAX_WAITING or session_id in self._waiting:
                self._waiting[session_id] = touch

    def flush(self) -> None:
        """Write all that wait, with the times at which they were made.

        Raises StoreUnavailable; then they go on waiting.
        """
        with self._lock:
            waiting = list(self._waiting.values())
        if not waiting:
            return
        with self._store.write() as writing:
            # All processes take the rows in the same order, so that they cannot deadlock.
            for touch in sorted(waiting, key=lambda touch: touch["session_id"]):
                writing.execute(_TOUCH, touch)
        with self._lock:
            for touch in waiting:
                # A newer touch of the same session came meanwhile: it waits for the next flush.
                if self._waiting.get(touch["session_id"]) is touch:
                    del self._waiting[touch["session_id"]]
