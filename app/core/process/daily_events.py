"""Audit events that are written once a day, for each user or client and each network.

Otherwise every request would write one: a login with a remembered password, and a client that introspects a
token. A unique key in the database keeps them single. A process remembers which it has seen written, so
its other requests write nothing.
"""

import threading
from collections import OrderedDict

from ...store.store import Store
from .. import audit
from ..audit import Event, Origin
from ..policy import DAY

CAPACITY = 4_000

Key = tuple[Event, int | str | None, str | None, int]


class DailyEvents:
    """What one process has seen written. Bounded: the database still knows an entry that was dropped."""

    def __init__(self, store: Store, capacity: int = CAPACITY) -> None:
        self._store = store
        self._capacity = capacity
        self._seen: OrderedDict[Key, None] = OrderedDict()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._seen)

    def record(self, now: float, event: Event, origin: Origin, user_id: int) -> None:
        """Write the event of a user.

        Raises StoreUnavailable, and Refused(ADDRESS_PAUSED) if the address has used up its allowance.
        """
        key = event, user_id, origin.network, int(now // DAY)
        if key not in self._seen:
            with self._store.write() as writing:
                audit.record_once_a_day(writing, now, event, origin, user_id=user_id)
            self._remember(key)

    def record_at_once(self, now: float, event: Event, origin: Origin) -> None:
        """Write the event of the origin's client. If the writer is busy, a later request writes it.

        Raises StoreUnavailable.
        """
        key = event, origin.client, origin.network, int(now // DAY)
        if key in self._seen:
            return
        if self._store.write_at_once(audit.ONCE_A_DAY, audit.once_a_day(now, event, origin)):
            self._remember(key)

    def _remember(self, key: Key) -> None:
        with self._lock:
            self._seen[key] = None
            if len(self._seen) > self._capacity:
                self._seen.popitem(last=False)
