"""What was asked of a world and what it answered, the newest 10,000, and a way to wait for an entry."""

import threading
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import takewhile
from typing import Any

CAPACITY = 10_000


@dataclass(kw_only=True)
class Entry:
    """One request and its answer. Every secret is redacted, and every token has a stable name.

    The journal gives it its number.
    """

    number: int = 0
    at: float
    real_at: float
    world: str
    method: str
    path: str
    dialect: str | None = None
    operation: str | None = None
    status: int | None = None
    refusal: str | None = None
    user: str | None = None
    session: str | None = None
    fault: str | None = None
    request_id: str | None = None
    seconds: float = 0.0
    request: dict[str, Any] = field(default_factory=dict)
    response: dict[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        return dict(vars(self))


class Journal:
    """The entries of one world, in the order of their answers."""

    FILTERS = ("operation", "status", "refusal", "user", "dialect", "method", "path")

    def __init__(self, capacity: int = CAPACITY) -> None:
        self._entries: deque[Entry] = deque(maxlen=capacity)
        self._changed = threading.Condition()
        self._number = 0
        self._closed = False

    def add(self, entry: Entry) -> None:
        """A request is numbered when it is answered, so that nobody who asks for newer ones misses it."""
        with self._changed:
            self._number += 1
            entry.number = self._number
            self._entries.append(entry)
            self._changed.notify_all()

    def clear(self) -> None:
        with self._changed:
            self._entries.clear()

    def close(self) -> None:
        """Nobody waits any longer, and nobody will."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def find(self, wanted: Mapping[str, str], after: int = 0) -> list[Entry]:
        """The entries behind number ``after`` that have all the wanted values."""
        with self._changed:
            return self._find(wanted, after)

    def wait(
        self, wanted: Mapping[str, str], after: int, seconds: float
    ) -> tuple[list[Entry], float]:
        """The same, as soon as there is one, or none after ``seconds``. And the seconds that it took."""
        started = time.monotonic()
        found: list[Entry] = []
        with self._changed:
            while not (found := self._find(wanted, after)) and not self._closed:
                # What was looked at once need not be looked at again.
                after = max(after, self._number)
                left = started + seconds - time.monotonic()
                if left <= 0 or not self._changed.wait(left):
                    break
        return found, time.monotonic() - started

    def _find(self, wanted: Mapping[str, str], after: int) -> list[Entry]:
        newer = takewhile(lambda entry: entry.number > after, reversed(self._entries))
        found = [
            entry
            for entry in newer
            if all(_same(getattr(entry, name), value) for name, value in wanted.items())
        ]
        found.reverse()
        return found


def _same(found: object, wanted: str) -> bool:
    return str(found).casefold() == wanted.casefold() if found is not None else not wanted
