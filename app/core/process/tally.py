"""Counts of refusals that come in floods: attempts on a paused name or address, and BUSY.

Such refusals are one audit event a minute, with a count. The first is written at once. Later ones wait in
memory for up to a second, so that a flood of attempts causes no flood of writes. A process that stops in
order writes what waits; one that crashes loses that count and nothing else.
"""

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from ...store.store import Store
from .. import audit
from ..audit import MINUTE, Event, Origin
from ..clock import Clock

EVERY_SECONDS = 1.0
# Above so many entries, those that are written are dropped.
MAX_ENTRIES = 4_096


class Key(NamedTuple):
    reason: str
    dialect: str
    network: str | None
    minute: int


@dataclass
class Entry:
    """The counts of a key. ``origin`` and ``at`` are those of its first attempt in the minute."""

    origin: Origin
    at: float
    waiting: int = 0
    written_at: float | None = None


class Tally:
    """The refusals of one process that are not written yet."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._lock = threading.Lock()
        self._entries: dict[Key, Entry] = {}

    def __len__(self) -> int:
        return len(self._entries)

    def note(self, refusal: StrEnum, origin: Origin) -> None:
        """Count a refused login. Raises StoreUnavailable."""
        now = self._clock.now()
        key = Key(refusal.value, origin.dialect, origin.network, int(now // MINUTE))
        with self._lock:
            entry = self._entries.setdefault(key, Entry(origin, now))
            entry.waiting += 1
            due = entry.written_at is None or not 0 <= now - entry.written_at < EVERY_SECONDS
            if due:
                entry.written_at = now
        if due:
            self._write(key, entry)
        if len(self._entries) > MAX_ENTRIES:
            self._forget()

    def flush(self) -> None:
        """Write all that waits. Raises StoreUnavailable."""
        with self._lock:
            waiting = [(key, entry) for key, entry in self._entries.items() if entry.waiting]
        for key, entry in waiting:
            self._write(key, entry)
        self._forget()

    def _write(self, key: Key, entry: Entry) -> None:
        with self._lock:
            times, entry.waiting = entry.waiting, 0
        if not times:
            return
        try:
            with self._store.write() as writing:
                audit.count(
                    writing,
                    entry.at,
                    Event.LOGIN_REFUSED,
                    entry.origin,
                    reason=key.reason,
                    times=times,
                )
        except Exception:
            with self._lock:
                entry.waiting += times
            raise

    def _forget(self) -> None:
        """Drop written entries of earlier minutes; above MAX_ENTRIES entries, all written ones."""
        minute = int(self._clock.now() // MINUTE)
        with self._lock:
            crowded = len(self._entries) > MAX_ENTRIES
            for key in list(self._done(minute, crowded)):
                del self._entries[key]

    def _done(self, minute: int, crowded: bool) -> Iterator[Key]:
        for key, entry in self._entries.items():
            if not entry.waiting and (crowded or key.minute != minute):
                yield key
