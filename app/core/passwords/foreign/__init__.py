"""Hashes that other systems made, until their owners' next login turns them into Argon2id.

``reading`` reads a hash as its system writes it, ``braces`` one with its scheme in braces, and ``building``
makes the form in which it is stored. ``schemes`` lists the kinds, ``computing`` computes a hash again,
``costs`` says what that costs. ``stored`` compares, and puts Argon2id around a weak one. ``plain`` finds a
hash where a plain password may stand, by its ``marks``. ``locks`` are the signs that lock one. ``apart``
runs what would hold up a worker.
"""

from ..native import NATIVE
from .building import Salted, argon2, firebase, pbkdf2, salted, scrypt
from .encoding import Unreadable, decoded, from_hex
from .locks import unlocked
from .plain import hash_in
from .reading import read
from .stored import (
    accepted,
    digest_to_wrap,
    is_native,
    is_of_nothing,
    is_wrapped,
    kind_name,
    verify,
    wrapped,
)

__all__ = [
    "NATIVE",
    "Salted",
    "Unreadable",
    "accepted",
    "argon2",
    "decoded",
    "digest_to_wrap",
    "firebase",
    "from_hex",
    "hash_in",
    "is_native",
    "is_of_nothing",
    "is_wrapped",
    "kind_name",
    "pbkdf2",
    "read",
    "salted",
    "scrypt",
    "unlocked",
    "verify",
    "wrapped",
]
