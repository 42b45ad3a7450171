"""What one hash of a scheme costs, and which are weak: a guess is cheap for who has a copy of the database.

The costs are estimates for one core of a server at full load (benchmarks, part ``import``).
"""

import re

from ..native import LoginCost, argon2_cost
from .building import DIGESTS
from .computing import SCRYPT_EXTRA_KIB
from .encoding import Unreadable

Match = re.Match[str]


NOTHING = LoginCost(0)
MD5_CRYPT = LoginCost(0.005)

# Seconds for a round.
_PER_ROUND = {"md5": 3.5e-7, "sha1": 3.5e-7, "sha224": 3.3e-7, "sha256": 3.3e-7}
_PER_LONG_ROUND = 8.5e-7  # SHA-384 and SHA-512
_PHPASS64 = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

# Fewer rounds are weak: OWASP Password Storage Cheat Sheet.
_STRONG_ROUNDS = {"sha1": 1_300_000, "sha256": 600_000, "sha512": 210_000}
_STRONG_BCRYPT = 10
_MEMORY_HARD = 1 << 17  # scrypt's N * r * p for 16 MiB


def of_bcrypt(match: Match) -> LoginCost:
    return LoginCost((1 << int(match["rounds"])) * 8e-5)


def of_pbkdf2(match: Match) -> LoginCost:
    name = match["hash"]
    blocks = -(-int(match["l"]) // DIGESTS[name])
    return LoginCost(int(match["i"]) * blocks * _PER_ROUND.get(name, _PER_LONG_ROUND))


def of_scrypt(match: Match) -> LoginCost:
    """Raises Unreadable for an N that scrypt does not allow with this r: no library would compute it."""
    log, r, p = int(match["ln"]), int(match["r"]), int(match["p"])
    if log >= 16 * r:  # RFC 7914 section 2
        raise Unreadable("is scrypt with an N that is too great for its r")
    # PBKDF2 makes the blocks before and folds them after, whatever N is.
    seconds = _blocks(match) * 4.4e-7 + r * p * 2.5e-6
    return LoginCost(seconds, r * ((1 << log) + p + 2) / 8 - SCRYPT_EXTRA_KIB)


def of_argon2(match: Match) -> LoginCost:
    return argon2_cost(int(match["m"]), int(match["t"]), int(match["p"]))


def of_sha_crypt(match: Match) -> LoginCost:
    rounds = int(match["rounds"] or 5_000)
    return LoginCost(rounds * (7e-7 if match["kind"] == "5" else 1e-6))


def of_phpass(match: Match) -> LoginCost:
    return LoginCost((1 << _PHPASS64.index(match["log"])) * 1.05e-6)


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
