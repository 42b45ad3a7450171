"""What was asked of a world and what it answered, the newest 10,000, and a way to wait for an entry."""

import threading
from collections import deque
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

CAPACITY = 10_000


@dataclass
class Entry:
    """One request and its answer. Every secret is redacted, and every token has a stable name."""

    number: int
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
        return asdict(self)


class Journal:
    """The entries of one world, oldest first."""

    FILTERS = ("operation", "status", "refusal", "user", "dialect", "method", "path")

    def __init__(self, capacity: int = CAPACITY) -> None:
        self._entries: deque[Entry] = deque(maxlen=capacity)
        self._changed = threading.Condition()
        self._number = 0

    def next_number(self) -> int:
        with self._changed:
            self._number += 1
            return self._number

    def add(self, entry: Entry) -> None:
        with self._changed:
            self._entries.append(entry)
            self._changed.notify_all()

    def clear(self) -> None:
        with self._changed:
            self._entries.clear()

    def find(self, wanted: Mapping[str, str], after: int = 0) -> list[Entry]:
        """The entries behind number ``after`` that have all the wanted values."""
        with self._changed:
            return self._find(wanted, after)

    def wait(self, wanted: Mapping[str, str], after: int, seconds: float) -> list[Entry]:
        """The same, as soon as there is one; an empty list after ``seconds``."""
        with self._changed:
            self._changed.wait_for(lambda: self._find(wanted, after), timeout=seconds)
            return self._find(wanted, after)

    def _find(self, wanted: Mapping[str, str], after: int) -> list[Entry]:
        return [
            entry
            for entry in self._entries
            if entry.number > after
            and all(_same(getattr(entry, name), value) for name, value in wanted.items())
        ]


def _same(found: object, wanted: str) -> bool:
    return str(found).casefold() == wanted.casefold() if found is not None else not wanted
