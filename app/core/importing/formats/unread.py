"""Collects the columns of a file that nobody reads, so that the operator hears of them once."""

from collections.abc import Iterable

from ..records import PassedOver
from ..states import is_state

# Names, and characters of each: a user of the old system may have made them up.
_MOST, _LONGEST = 30, 60


class Unread:
    def __init__(self) -> None:
        self._names: dict[str, None] = {}

    def note(self, names: Iterable[str]) -> None:
        """Names of columns that the format does not know. Those of ``states`` are read all the same."""
        for name in names:
            if name and len(self._names) < _MOST and not is_state(name):
                self._names[name[:_LONGEST]] = None

    def told(self) -> tuple[PassedOver, ...]:
        """What a reader yields, if it is anything."""
        return (PassedOver(tuple(self._names)),) if self._names else ()
