"""Hashes with their scheme in braces, as directories (RFC 2307) and Dovecot write them."""

import re
from collections.abc import Callable

from .building import DIGESTS, Salted, pbkdf2, salted
from .encoding import Unreadable, decoded, fields, from_hex, number

# {SSHA512}, {sha}, {PBKDF2-SHA256}, {CRYPT}, {ARGON2} …: RFC 2307's form, in any case. Dovecot names the
# encoding behind a dot, as in {SHA256.HEX}.
TEXT = re.compile(r"\{([A-Za-z0-9_-]{1,20})(?:\.(HEX|B64|BASE64))?\}(.+)", re.ASCII | re.IGNORECASE)
_DOVECOTS = {
    **dict.fromkeys(("BLF-CRYPT", "MD5-CRYPT", "SHA256-CRYPT", "SHA512-CRYPT"), "CRYPT"),
    **dict.fromkeys(("ARGON2I", "ARGON2ID"), "ARGON2"),
    **dict.fromkeys(("LDAP-MD5", "PLAIN-MD5"), "MD5"),
}

# What {PBKDF2…} is followed by, in the notations of these two.
_OF_389, _OF_DOVECOT = "_SHA256", "$1$"


def read(match: re.Match[str], inner: Callable[[str], str]) -> str:
    """The stored form. ``inner`` reads what is in a notation of its own behind the braces.

    Raises Unreadable.
    """
    name, encoding, rest = match[1].upper(), (match[2] or "").upper(), match[3]
    if name == "PLAIN-MD5" and not encoding:
        encoding = "HEX"
    name = _DOVECOTS.get(name, name)
    if name in ("CRYPT", "ARGON2", "BCRYPT"):  # the last is Spring's
        if rest.startswith("{"):
            raise Unreadable("has a scheme in a scheme")
        if not rest.startswith("$"):
            raise Unreadable("is crypt of a kind that is not known")
        return inner(rest)
    if name.startswith("PBKDF2"):
        return _pbkdf2(name.removeprefix("PBKDF2"), rest)
    has_salt = name in ("SMD5", "SSHA") or name.startswith("SSHA")
    name = (name[1:] if has_salt else name).replace("-", "").lower()
    algorithm = "sha1" if name == "sha" else name
    size = DIGESTS.get(algorithm)
    if size is None:
        raise Unreadable("is of an LDAP scheme that is not known")
    data = from_hex(rest) if encoding == "HEX" else decoded(rest)
    if (len(data) > size) != has_salt:
        raise Unreadable("is of another length than its LDAP scheme")
    return salted(Salted(algorithm, data[:size], data[size:], salt_first=False))


def _pbkdf2(algorithm: str, rest: str) -> str:
    """Rounds, salt and digest, as passlib, OpenLDAP and 389 Directory Server write them, or as below."""
    if algorithm == _OF_389:
        return _pbkdf2_of_389(decoded(rest))
    if not algorithm and rest.startswith(_OF_DOVECOT):
        salt, rounds, digest = fields(rest.removeprefix(_OF_DOVECOT), "$", 3)
        return pbkdf2("sha1", number(rounds), salt.encode(), from_hex(digest))
    rounds, salt, digest = fields(rest, "$", 3)
    name = algorithm.removeprefix("-").lower() or "sha1"
    return pbkdf2(name, number(rounds), decoded(salt), decoded(digest))


def _pbkdf2_of_389(data: bytes) -> str:
    """389 Directory Server's older form: rounds in 4 bytes, 64 bytes of salt, and 256 of digest."""
    if len(data) != 324:
        raise Unreadable("is of another length than its LDAP scheme")
    return pbkdf2("sha256", int.from_bytes(data[:4]), data[4:68], data[68:])
