"""The stored form of a hash from its parts, for systems that keep each part in a field of its own."""

from typing import NamedTuple

from .encoding import Unreadable, encoded

_PBKDF2_HASHES = ("sha1", "sha224", "sha256", "sha384", "sha512")
# Bytes of a digest.
DIGESTS = {"md5": 16, "sha1": 20, "sha224": 28, "sha256": 32, "sha384": 48, "sha512": 64}


class Salted(NamedTuple):
    """A digest beside its salt, as tables with a column for each have them.

    ``salt_first`` says that the salt was hashed before the password.
    """

    algorithm: str
    digest: bytes
    salt: bytes = b""
    salt_first: bool = True


def argon2(
    variant: str, version: int, memory: int, passes: int, lanes: int, *, salt: bytes, digest: bytes
) -> str:
    """``variant`` is i, d or id, ``version`` 16 or 19, ``memory`` in KiB."""
    costs = f"v={version},m={memory},t={passes},p={lanes},l={len(digest)}"
    return f"$raw+argon2{variant}${costs}${encoded(salt)}${encoded(digest)}"


def pbkdf2(algorithm: str, rounds: int, salt: bytes, digest: bytes) -> str:
    """``algorithm`` is sha1, sha256 …"""
    if algorithm not in _PBKDF2_HASHES:
        raise Unreadable("is PBKDF2 with a hash function that is not known")
    return f"$pbkdf2-{algorithm}$i={rounds},l={len(digest)}${encoded(salt)}${encoded(digest)}"


def scrypt(n: int, r: int, p: int, salt: bytes, digest: bytes) -> str:
    if n < 2 or n & (n - 1):
        raise Unreadable("is scrypt with an N that is no power of two")
    costs = f"ln={n.bit_length() - 1},r={r},p={p},l={len(digest)}"
    return f"$scrypt${costs}${encoded(salt)}${encoded(digest)}"


def firebase(rounds: int, memory: int, salt: bytes, separator: bytes, digest: bytes) -> str:
    """Firebase's scrypt: ``memory`` is the logarithm of N."""
    return f"$firebase$ln={memory},r={rounds},p=1${encoded(salt + separator)}${encoded(digest)}"


def salted(found: Salted) -> str:
    """A plain digest of password and salt."""
    if DIGESTS.get(found.algorithm) != len(found.digest):
        raise Unreadable("has not the length of its hash function, or one that is not known")
    order = "sp" if found.salt_first else "ps"
    return f"$digest-{found.algorithm}${order}${encoded(found.salt)}${encoded(found.digest)}"
