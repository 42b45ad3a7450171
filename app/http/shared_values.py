"""Numbers of the workers of one master, in shared memory, with one slot for each worker.

prometheus_client keeps them in files, and a worker dies of SIGBUS when the file system is full. This
memory belongs to no file, so nothing can fill it, remove it or leave it behind. A worker writes to its
own slot only; the worker that answers a scrape reads all slots. A new worker continues in the slot of
the one that it replaces, so counters never fall and memory does not grow.
"""

import json
import mmap
import threading
from collections.abc import Iterator, Sequence

SLOT_BYTES = 128 * 1024
# A slot holds the length of its names, then the names, a line each, then the numbers.
NAMES_AT = 8
NUMBERS_AT = 64 * 1024
NUMBERS = (SLOT_BYTES - NUMBERS_AT) // 8

Name = tuple[str, ...]


class Slot:
    """A process's own numbers. ``numbers`` is written to in place, under ``lock``."""

    def __init__(self, memory: memoryview) -> None:
        self.lock = threading.Lock()
        self._memory = memory
        self._length = memory[:NAMES_AT].cast("q")
        self.numbers = memory[NUMBERS_AT:].cast("d")
        self._places: dict[Name, int] = {}
        self._used = 0
        for name, place, width in _names(memory):
            self._places[name] = place
            self._used = place + width

    def place(self, name: Name, width: int) -> int | None:
        """The index of the first of ``name``'s ``width`` numbers; None if the slot is full."""
        with self.lock:
            found = self._places.get(name)
            if found is not None:
                return found
            line = json.dumps([width, *name]).encode() + b"\n"
            begin = NAMES_AT + self._length[0]
            if begin + len(line) > NUMBERS_AT or self._used + width > NUMBERS:
                return None
            self._memory[begin : begin + len(line)] = line
            self._length[0] += len(line)  # from now on other processes see the name
            found = self._places[name] = self._used
            self._used += width
            return found


def _names(memory: memoryview) -> Iterator[tuple[Name, int, int]]:
    """Every name of a slot, where its numbers begin, and how many they are."""
    length = memory[:NAMES_AT].cast("q")[0]
    place = 0
    for line in bytes(memory[NAMES_AT : NAMES_AT + length]).splitlines():
        width, *name = json.loads(line)
        yield tuple(name), place, width
        place += width


class SharedValues:
    """All slots. Until ``share`` there is one, for this process alone."""

    def __init__(self) -> None:
        self._slots = [memoryview(bytearray(SLOT_BYTES))]
        self.own = Slot(self._slots[0])

    def share(self, slots: int) -> None:
        """Create shared memory for ``slots`` processes. To be called before the first fork."""
        shared = memoryview(mmap.mmap(-1, slots * SLOT_BYTES))
        self._slots = [
            shared[begin : begin + SLOT_BYTES] for begin in range(0, len(shared), SLOT_BYTES)
        ]

    def take(self, slot: int | None) -> None:
        """Write to that slot from now on; with None, to private memory. To be called after the fork."""
        if slot is None:
            self._slots = [*self._slots, memoryview(bytearray(SLOT_BYTES))]
            slot = len(self._slots) - 1
        self.own = Slot(self._slots[slot])

    def free(self, taken: Sequence[int | None]) -> int | None:
        """The lowest slot that is not among ``taken``, for the next worker."""
        return next((slot for slot in range(len(self._slots)) if slot not in taken), None)

    def read(self) -> Iterator[tuple[Name, list[float]]]:
        """The numbers of every slot with their names, in no particular order."""
        for memory in self._slots:
            numbers = memory[NUMBERS_AT:].cast("d")
            for name, place, width in _names(memory):
                yield name, list(numbers[place : place + width])
