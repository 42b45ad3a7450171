"""What one hash of a scheme costs, and which are weak: a guess is cheap for who has a copy of the database.

The costs are estimates for one core of a server at full load (benchmarks, part ``import``).
"""

import math
import re
from typing import NamedTuple

from .building import DIGESTS

Match = re.Match[str]


class Cost(NamedTuple):
    """Seconds on one core, and memory in KiB."""

    seconds: float
    kib: float = 0


NOTHING = Cost(0)
MD5_CRYPT = Cost(0.005)

# Seconds for a round.
_PER_ROUND = {"md5": 3.5e-7, "sha1": 3.5e-7, "sha224": 3.3e-7, "sha256": 3.3e-7}
_PER_LONG_ROUND = 8.5e-7  # SHA-384 and SHA-512
_PHPASS64 = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

# Fewer rounds are weak: OWASP Password Storage Cheat Sheet.
_STRONG_ROUNDS = {"sha1": 1_300_000, "sha256": 600_000, "sha512": 210_000}
_STRONG_BCRYPT = 10
# Each lane is a thread.
MAX_LANES = 16
_MEMORY_HARD = 1 << 17  # scrypt's N * r * p for 16 MiB


def of_bcrypt(match: Match) -> Cost:
    return Cost((1 << int(match["rounds"])) * 8e-5)


def of_pbkdf2(match: Match) -> Cost:
    name = match["hash"]
    blocks = -(-int(match["l"]) // DIGESTS[name])
    return Cost(int(match["i"]) * blocks * _PER_ROUND.get(name, _PER_LONG_ROUND))


def of_scrypt(match: Match) -> Cost:
    r, p = int(match["r"]), int(match["p"])
    # PBKDF2 makes the blocks before and folds them after, whatever N is.
    seconds = _blocks(match) * 4.4e-7 + r * p * 2.5e-6
    return Cost(seconds, ((r << int(match["ln"])) + r * p) / 8)


def of_argon2(match: Match) -> Cost:
    memory, passes, lanes = (int(match[name]) for name in "mtp")
    if memory < 8 * lanes or lanes > MAX_LANES:
        return Cost(math.inf)  # RFC 9106 section 3.1 does not allow less memory
    # The library starts a thread for each lane in each of the four slices of a pass.
    threads = 4 * passes * lanes if lanes > 1 else 0
    return Cost(memory * passes * 1.2e-6 + threads * 5e-5, memory)


def of_sha_crypt(match: Match) -> Cost:
    rounds = int(match["rounds"] or 5_000)
    return Cost(rounds * (7e-7 if match["kind"] == "5" else 1e-6))


def of_phpass(match: Match) -> Cost:
    return Cost((1 << _PHPASS64.index(match["log"])) * 1.05e-6)


def always_weak(_match: Match) -> bool:
    return True


def never_weak(_match: Match) -> bool:
    return False


def weak_bcrypt(match: Match) -> bool:
    return int(match["rounds"]) < _STRONG_BCRYPT


def weak_pbkdf2(match: Match) -> bool:
    return int(match["i"]) < _STRONG_ROUNDS.get(match["hash"], 600_000)


def weak_scrypt(match: Match) -> bool:
    return _blocks(match) < _MEMORY_HARD


def _blocks(match: Match) -> int:
    return int(match["r"]) * int(match["p"]) << int(match["ln"])
