"""The service's own hashes, Argon2id as PHC strings, and what any hash may cost a login.

A hash that a file brings states its own cost. Without limits one login could take all memory, or minutes.
"""

import math
import re
from typing import NamedTuple

# How the service's own hashes begin. Every other hash is a foreign one.
NATIVE = "$argon2id$v=19$"

# Limits of one hash, on one core.
MAX_SECONDS = 1.0
MAX_KIB = 256 * 1024
# Each lane is a thread.
MAX_LANES = 16
# The column's width.
MAX_STORED = 500

# For a KiB and pass: 1.05 to 1.5 µs were measured, on a busy machine.
_PER_KIB = 1.2e-6
_PER_THREAD = 5e-5

# A salt of at least 8 bytes, which the reference implementation demands, and a hash of at least 16.
_ENCODED = re.compile(
    r"\$argon2id\$v=19\$m=(\d{1,9}),t=(\d{1,9}),p=(\d{1,9})\$[A-Za-z0-9+/]{11,}\$[A-Za-z0-9+/]{22,}",
    re.ASCII,
)


class LoginCost(NamedTuple):
    """What one hash costs a login: an estimate in seconds on one core of a server, and memory in KiB."""

    seconds: float
    kib: float = 0

    @property
    def fault(self) -> str | None:
        """Why no login may be made to pay it."""
        if self.seconds > MAX_SECONDS:
            return "would cost each login more than 1 second"
        if self.kib > MAX_KIB:
            return "would cost each login more than 256 MiB"
        return None


def argon2_cost(memory: int, passes: int, lanes: int) -> LoginCost:
    """``memory`` is in KiB. Infinite for costs that Argon2 does not allow."""
    # RFC 9106 section 3.1 does not allow less memory.
    if not passes or not 1 <= lanes <= MAX_LANES or memory < 8 * lanes:
        return LoginCost(math.inf)
    # The library starts a thread for each lane in each of the four slices of a pass.
    threads = 4 * passes * lanes if lanes > 1 else 0
    return LoginCost(memory * passes * _PER_KIB + threads * _PER_THREAD, memory)


def acceptable_hash(encoded: str) -> bool:
    """Whether an imported hash is Argon2id, and a login may be made to pay for it."""
    found = _ENCODED.fullmatch(encoded) if len(encoded) <= MAX_STORED else None
    return found is not None and argon2_cost(*map(int, found.groups())).fault is None
