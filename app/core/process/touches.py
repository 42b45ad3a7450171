"""Touches: the idle expiry of a session in use, pushed by the request that uses it.

A verification must not wait for somebody else's write. So a touch is tried at once; where the writer is
busy, it waits in memory for the housekeeping thread, which writes it some seconds later. Without that, a
client that asks rarely could lose its session to a busy writer. A process that dies takes those few
seconds of touches with it: the next request of each session makes a new one.
"""

import threading
from typing import Any

from sqlalchemy import bindparam, update

from ...store.models import Session
from ...store.store import Store

# Beyond that, the next request has to do it.
MOST = 10_000

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
    """Those of one process that found the writer busy."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._waiting: dict[int, dict[str, Any]] = {}

    def push(self, session_id: int, now: float, renewed: float) -> None:
        """Let a session that counts at ``now`` expire at ``renewed``. Raises StoreUnavailable."""
        touch = {"session_id": session_id, "now": now, "renewed": renewed}
        if self._store.write_at_once(_TOUCH, touch):
            return
        with self._lock:
            if len(self._waiting) < MOST or session_id in self._waiting:
                self._waiting[session_id] = touch

    def flush(self) -> None:
        """Write all that wait, as of when they were made. Raises StoreUnavailable, and keeps them."""
        with self._lock:
            waiting = list(self._waiting.values())
        if not waiting:
            return
        with self._store.write() as writing:
            # In one order everywhere, so that no two processes wait for each other's rows.
            for touch in sorted(waiting, key=lambda touch: touch["session_id"]):
                writing.execute(_TOUCH, touch)
        with self._lock:
            for touch in waiting:
                # A later one of the same session waits for the next round.
                if self._waiting.get(touch["session_id"]) is touch:
                    del self._waiting[touch["session_id"]]
