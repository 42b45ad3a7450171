"""A memory of credentials that Argon2 has already proven to this process.

For Basic clients, which send the password with every request. An entry is a keyed digest bound to the
epoch of the user it was proven for; it counts only while the database, asked on every request, still
says that epoch. So a new password or a disabled account is refused by the very next request.
"""

import hmac
import threading
from collections import OrderedDict

from .. import secrets
from ..passwords import MAX_TYPED_LENGTH

CAPACITY = 2_000


class ProvenCredentials:
    """Bounded; the least recently used entry goes first. The key never leaves the process."""

    def __init__(self, capacity: int = CAPACITY) -> None:
        self._key = secrets.mint_bytes(32)
        self._capacity = capacity
        self._entries: OrderedDict[bytes, int] = OrderedDict()
        self._lock = threading.Lock()

    def holds(self, user_id: int, epoch: int, password: str) -> bool:
        """Whether this password was proven for the user in this epoch."""
        if len(password) > MAX_TYPED_LENGTH:
            return False
        entry = self._entry(user_id, password)
        with self._lock:
            if self._entries.get(entry) != epoch:
                return False
            self._entries.move_to_end(entry)
            return True

    def remember(self, user_id: int, epoch: int, password: str) -> None:
        entry = self._entry(user_id, password)
        with self._lock:
            self._entries[entry] = epoch
            self._entries.move_to_end(entry)
            if len(self._entries) > self._capacity:
                self._entries.popitem(last=False)

    def _entry(self, user_id: int, password: str) -> bytes:
        return hmac.digest(self._key, f"{user_id}:{password}".encode(), "sha256")
