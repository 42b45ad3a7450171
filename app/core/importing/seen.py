"""What a file has had so far: which users, and in a dry run which names."""

from array import array

_SMALLEST = 1 << 12
_CHUNK_BITS = 1 << 15


class SeenUsers:
    """The ids of the users that lines of the file stand for, a bit each."""

    def __init__(self) -> None:
        self._chunks: dict[int, bytearray] = {}

    def __contains__(self, user_id: int) -> bool:
        chunk = self._chunks.get(user_id // _CHUNK_BITS)
        bit = user_id % _CHUNK_BITS
        return chunk is not None and bool(chunk[bit >> 3] & 1 << (bit & 7))

    def add(self, user_id: int) -> None:
        number, bit = divmod(user_id, _CHUNK_BITS)
        chunk = self._chunks.get(number)
        if chunk is None:
            chunk = self._chunks[number] = bytearray(_CHUNK_BITS // 8)
        chunk[bit >> 3] |= 1 << (bit & 7)


class SeenNames:
    """Names, in a hash table of 64-bit numbers. A set of Python would take ten times the memory.

    Two names of a million users have the same number in one of ten million runs.
    """

    def __init__(self) -> None:
        self._slots = array("Q", bytes(8 * _SMALLEST))
        self._taken = 0

    def __contains__(self, name: str) -> bool:
        return self._slots[_place(self._slots, _number(name))] != 0

    def add(self, name: str) -> None:
        slots = self._slots
        number = _number(name)
        place = _place(slots, number)
        if slots[place]:
            return
        slots[place] = number
        self._taken += 1
        if self._taken * 3 > len(slots) * 2:
            self._grow()

    def _grow(self) -> None:
        slots = array("Q", bytes(16 * len(self._slots)))
        for number in self._slots:
            if number:
                slots[_place(slots, number)] = number
        self._slots = slots


def _number(name: str) -> int:
    """Not 0, which is an empty slot."""
    return hash(name) & 0xFFFF_FFFF_FFFF_FFFF or 1


def _place(slots: "array[int]", number: int) -> int:
    """Where the number is, or the empty slot where it belongs."""
    mask = len(slots) - 1
    place = number & mask
    while (found := slots[place]) and found != number:
        place = (place + 1) & mask
    return place
