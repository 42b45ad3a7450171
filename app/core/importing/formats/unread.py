"""Collects the columns of a file that nobody reads, so that the operator hears of them once."""

import re
from collections.abc import Iterable

from ..records import PassedOver
from ..states import is_state, plain

# Names that are told, and characters of each: a user of the old system may have made them up.
_MOST, _LONGEST = 30, 60
# Names that are counted.
_COUNTED = 10_000
# Names that may say who is locked. They are told first.
_LOCKS = re.compile(
    r"lock|disab|enab|activ|ban(?:$|s|ned)|suspen|delet|remov|fr[eo]+z|archiv|approv|confirm|status|state"
    r"|expir|terminat|revok|retire|closed|valid|allow|den(?:y|ied)|canlogin|nologin|hold|prohib|discard|trash|till$|forbid"
)


class Unread:
    def __init__(self) -> None:
        self._locks: dict[str, None] = {}
        self._others: dict[str, None] = {}
        # The hashes of the names: a name may be long.
        self._seen: set[int] = set()
        self._number = 0

    def note(self, names: Iterable[str]) -> None:
        """Names of columns that the format does not know. Those of ``states`` are read all the same."""
        for name in names:
            if hash(name) not in self._seen and self._is_new(name):
                told = self._locks if _LOCKS.search(plain(name[:_LONGEST])) else self._others
                if len(told) < _MOST:
                    told[name[:_LONGEST]] = None

    def count(self, name: str) -> None:
        """A name that is better not told."""
        if hash(name) not in self._seen:
            self._is_new(name)

    def told(self) -> tuple[PassedOver, ...]:
        """What a reader yields, if it is anything."""
        names = (*self._locks, *self._others)[:_MOST]
        return (PassedOver(names, self._number - len(names)),) if self._number else ()

    def _is_new(self, name: str) -> bool:
        is_unread = bool(name) and not is_state(name)
        if len(self._seen) < _COUNTED:
            self._seen.add(hash(name))
            self._number += is_unread
        return is_unread
