"""Traces: what happens at every request is one event a day, for each who and address.

The proof of a remembered password, and a client's question about a token. The database keeps them
single; what this process has seen written is remembered, so that all other requests write nothing.
"""

import threading
from collections import OrderedDict

from ...store.store import Store
from .. import audit
from ..audit import Event, Origin
from ..policy import DAY

CAPACITY = 4_000

Trace = tuple[Event, int | str | None, str | None, int]


class Traces:
    """Those of one process: bounded, the oldest are forgotten and found in the database again."""

    def __init__(self, store: Store, capacity: int = CAPACITY) -> None:
        self._store = store
        self._capacity = capacity
        self._seen: OrderedDict[Trace, None] = OrderedDict()
        self._lock = threading.Lock()

    def leave(self, now: float, event: Event, origin: Origin, user_id: int) -> None:
        """Of a user. Raises StoreUnavailable, and Refused(ADDRESS_PAUSED) beyond the allowance."""
        trace = event, user_id, origin.network, int(now // DAY)
        if trace not in self._seen:
            with self._store.write() as writing:
                audit.record_once_a_day(writing, now, event, origin, user_id=user_id)
            self._remember(trace)

    def leave_at_once(self, now: float, event: Event, origin: Origin) -> None:
        """Of the origin's client. While another writes it is left to a later request.

        Raises StoreUnavailable.
        """
        trace = event, origin.client, origin.network, int(now // DAY)
        if trace in self._seen:
            return
        if self._store.write_at_once(audit.ONCE_A_DAY, audit.once_a_day(now, event, origin)):
            self._remember(trace)

    def _remember(self, trace: Trace) -> None:
        with self._lock:
            self._seen[trace] = None
            if len(self._seen) > self._capacity:
                self._seen.popitem(last=False)
