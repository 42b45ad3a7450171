"""A cache of passwords that this process has proven with Argon2.

Basic clients send the password with every request. An entry is a keyed digest of user and password, with the
user's epoch. The database is asked for the epoch at every request, and the entry counts only if it is still
the same. So after a change of password, or when the account is disabled, the next request is refused.
"""

import hmac
import threading
from collections import OrderedDict

from .. import secrets
from ..passwords import MAX_TYPED_LENGTH

CAPACITY = 2_000


class ProvenCredentials:
    """A bounded cache that drops the least recently used entry. Its key never leaves the process."""

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
