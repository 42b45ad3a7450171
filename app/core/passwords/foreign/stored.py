"""A stored foreign hash: is it acceptable, is a password the right one, and how Argon2id is put around it.

A wrapped hash is stored as ``$wrap+kind$configuration$`` and an Argon2id hash of the inner digest.
"""

import hmac
import re
from typing import NamedTuple

from argon2 import PasswordHasher
from argon2.exceptions import HashingError, InvalidHashError, VerificationError

from ...secrets import ImportedPepper
from ..native import MAX_STORED, NATIVE, acceptable_hash
from . import computing, costs
from .encoding import Unreadable
from .schemes import Parsed, parsed, without_digest

_WRAP = "$wrap+"
# A wrong password for a hash that costs less is hashed with Argon2id too.
CHEAP_SECONDS = 0.01

# What people call the kinds whose texts begin with a letter or a number.
_NAMES = {
    "2a": "bcrypt",
    "2b": "bcrypt",
    "2y": "bcrypt",
    "1": "md5-crypt",
    "apr1": "md5-crypt",
    "5": "sha256-crypt",
    "6": "sha512-crypt",
    "P": "phpass",
    "H": "phpass",
}
# WordPress's kinds, also with Argon2id around them. "$H$" is phpBB's.
_WORDPRESS = re.compile(r"\$(?:wrap\+)?(?:bcrypt\+wp-sha384|P)\$")
# PHP's addslashes. A NUL is right for no hash.
_TO_SLASH = re.compile(rb"['\"\\]")


class Verdict(NamedTuple):
    """Whether the password is the right one, and whether it cost little to find out."""

    is_right: bool
    was_cheap: bool


def is_native(stored: str) -> bool:
    """Whether the service made this hash itself, or a seed brought it as one of the service's own."""
    return stored.startswith(NATIVE)


def is_wrapped(stored: str) -> bool:
    return stored.startswith(_WRAP)


def kind_name(kind: str) -> str:
    """What people call a kind, the text between the first two ``$`` of a stored hash: ``2b`` is bcrypt."""
    inner = kind.removeprefix("wrap+")
    return kind[: len(kind) - len(inner)] + _NAMES.get(inner, inner)


def accepted(stored: str) -> Parsed:
    """A foreign hash, taken apart.

    Raises Unreadable if no login may be made to pay for it or for what is around it, or if no password could
    ever be right.
    """
    if len(stored) > MAX_STORED:
        raise Unreadable(f"is longer than {MAX_STORED} characters as it would be stored")
    if is_wrapped(stored):
        found, outer = _unwrapped(stored)
        if not acceptable_hash(outer):
            raise Unreadable("has Argon2id around it that no login may be made to pay for")
    else:
        found = parsed(stored)
    if fault := found.cost.fault:
        raise Unreadable(fault)
    return found


def is_of_nothing(found: Parsed) -> bool:
    """Whether this is the hash of an empty password. Only asked of what costs nothing: plain digests."""
    costs_nothing = found.scheme.is_weak is costs.always_weak and found.cost == costs.NOTHING
    return costs_nothing and found.compute(b"", None) == found.digest


def digest_to_wrap(stored: str, pepper: bytes | None) -> bytes:
    """What ``wrapped`` wants the Argon2id hash of. Raises Unreadable."""
    return _peppered(parsed(stored).digest, pepper)


def wrapped(stored: str, outer: str) -> str:
    """The hash with an Argon2id hash in the place of its digest. Raises Unreadable."""
    text = f"{_WRAP}{parsed(stored).match[0][1:]}${outer}"
    if len(text) > MAX_STORED:
        raise Unreadable(f"is longer than {MAX_STORED} characters with Argon2id around it")
    return text


def verify(
    stored: str, password: bytes, pepper: bytes | ImportedPepper | None, hasher: PasswordHasher
) -> Verdict:
    """Compare a password with a stored foreign hash.

    No password is right for a text that is no hash, or for one that its library refuses to compute. An empty
    password and one with a NUL are never right: a C string ends at a NUL, and to a key of HMAC (PBKDF2,
    scrypt) NULs at the end add nothing, so it would open the hash of a shorter one, even of an empty one.
    What is never right costs the same.

    WordPress hashes what a browser sent with a backslash before each quote and backslash (`wp_magic_quotes`,
    which `wp_signon` and the forms for passwords do not undo), and programs hash it as it is. So such a
    password is tried in both ways: two hashes at most, of WordPress's kinds only.
    """
    verdict = _compared(stored, password, pepper, hasher)
    slashed = _TO_SLASH.sub(rb"\\\g<0>", password)
    if verdict.is_right or slashed == password or not _WORDPRESS.match(stored):
        return verdict
    return _compared(stored, slashed, pepper, hasher)


def _compared(
    stored: str, password: bytes, pepper: bytes | ImportedPepper | None, hasher: PasswordHasher
) -> Verdict:
    may_be_right = bool(password) and b"\0" not in password
    if not may_be_right:
        password = b""
    imported = pepper if isinstance(pepper, ImportedPepper) else None
    own = pepper if isinstance(pepper, bytes) else None
    secret = imported.applied(password) if imported else password
    try:
        if not is_wrapped(stored):
            found = parsed(stored)
            computed = found.compute(secret, imported)
            is_right = may_be_right and hmac.compare_digest(computed, found.digest)
            return Verdict(is_right, found.cost.seconds < CHEAP_SECONDS)
        found, outer = _unwrapped(stored)
        computed = found.compute(secret, imported)
        inner = _peppered(computed, own)
    except (Unreadable, HashingError, ValueError):
        return Verdict(False, True)
    try:
        hasher.verify(outer, inner)
    except (VerificationError, InvalidHashError):
        return Verdict(False, False)
    return Verdict(may_be_right and computed != computing.NO_DIGEST, False)


def _unwrapped(stored: str) -> tuple[Parsed, str]:
    config, mark, outer = stored[len(_WRAP) :].partition(f"${NATIVE}")
    if not mark:
        raise Unreadable("is cut off")
    return without_digest(f"${config}"), NATIVE + outer


def _peppered(digest: str, pepper: bytes | None) -> bytes:
    secret = digest.encode()
    return hmac.digest(pepper, secret, "sha256") if pepper else secret
