"""A password hash with its salt and its algorithm in fields of their own, as many tables have it."""

import re
from functools import lru_cache
from typing import Any

from ...passwords import foreign
from ..records import Entry, Fault, text
from ..states import plain

FIELDS = (_HASH, _ALGORITHM, _SALT, _POSITION, _ENCODING) = (
    "password_hash",
    "password_algorithm",
    "salt",
    "salt_position",
    "salt_encoding",
)
_PASSWORD = "password"
# Other names of fields that only a table of hashes has: hash_function, encryptionScheme, pw_iterations.
_WORD = (
    r"(?:salt(?:ed)?|hash(?:ed|ing)?|algo(?:rithm)?|scheme|kdf|hmac|digest|cipher|crypt|encrypt(?:ion|ed)?"
    r"|iter(?:ation)?s?|rounds|(?:work|cost)?factor|pbkdf2|[bs]crypt|argon2(?:id?|d)?|sha\d*|md5)"
)
_MORE = (
    r"(?:method|function|func|type|format|encoding|order|position|params?|parameters|count|name)"
)
_SAYS_HASHED = re.compile(
    rf"(?:users?|account)?(?:pass(?:word|wd)?|pwd|pw)?(?:is)?{_WORD}(?:{_WORD}|{_MORE})*"
    rf"|(?:users?|account)?(?:pass(?:word|wd)?|pwd|pw)(?:{_MORE}|cost)"
)
# A digest without anything that says how it was made.
_DIGITS = re.compile(r"[0-9A-Fa-f]+", re.ASCII)
_UNMARKED = re.compile(r"[\w+/=-]*", re.ASCII)
# Discourse keeps PBKDF2's costs in the column of the algorithm: $pbkdf2-sha256$i=600000,l=32$
_PBKDF2 = re.compile(r"\$?pbkdf2-(sha\d{1,3})\$i=(\d{1,9}),l=(\d{1,3})\$?", re.ASCII)
# How programs write that there is no salt.
_NO_SALT = ("", "0", "null", "\\n", "none")
# Values of a hint that say nothing of how: one round, or none.
_UNSAID = (None, "", 0, 1, "0", "1")


@lru_cache(1_024)
def says_hashed(name: str) -> bool:
    """Whether a field with this name, beside one called ``password``, says that it is a hash."""
    if len(name) >= 100:
        return False
    said = plain(name)
    return "salt" in said or bool(_SAYS_HASHED.fullmatch(said))


def hash_of(entry: Entry) -> str | None:
    """``password_hash`` alone, or with ``password_algorithm``, ``salt`` and ``salt_position``.

    ``password`` is the hash if any field says that it is one: its salt, its algorithm, its rounds. The digest
    is hexadecimal, or else Base64. The salt is text, or what ``salt_encoding`` says. A hash in its system's
    notation has its own salt. Raises Fault and foreign.Unreadable.
    """
    value, password = text(entry, _HASH), text(entry, _PASSWORD)
    if value is not None and password is not None:
        raise Fault(f"has a {_PASSWORD} and a {_HASH}: leave one out")
    hints = [name for name in entry if name != _HASH and says_hashed(name)]
    if value is None and hints:
        value = password
    if value is None:
        return None
    algorithm = text(entry, _ALGORITHM)
    if algorithm is None or not _UNMARKED.fullmatch(value):
        _refuse_hints(entry, value, hints)
        return value
    if any(entry[name] not in _UNSAID for name in hints if name not in FIELDS):
        raise Fault("has a hash that was made with more than a salt and an algorithm")
    return _with_salt(entry, algorithm, binary(value))


def _refuse_hints(entry: Entry, value: str, hints: list[str]) -> None:
    """Raises Fault if the hash was made with something that stands in another field.

    A hint is a name of few possible words (``says_hashed``), and so no secret.
    """
    if _DIGITS.fullmatch(value) and (text(entry, _PASSWORD) or entry.get(_SALT)):
        raise Fault(f"has a digest and a field {hints[0]!a:.60}, and no {_ALGORITHM}")
    for name in hints:
        if plain(name).endswith(_SALT) and _is_another_salt(entry[name], value):
            raise Fault(f"has a field {name!a:.60} beside a hash with a salt of its own")


def _with_salt(entry: Entry, algorithm: str, digest: bytes) -> str:
    """The stored form of a digest that has its algorithm and its salt in other fields."""
    salt = decoded(text(entry, _SALT) or "", text(entry, _ENCODING) or "utf8")
    is_first = stands_first(text(entry, _POSITION))
    if costs := _PBKDF2.fullmatch(algorithm):
        if len(digest) != int(costs[3]):
            raise Fault(f"has a hash of another length than its {_ALGORITHM} says")
        return foreign.pbkdf2(costs[1], int(costs[2]), salt, digest)
    name = algorithm.lower().replace("-", "")
    return foreign.salted(foreign.Salted(name, digest, salt, salt_first=is_first))


def stands_first(position: str | None) -> bool:
    """Whether a salt was hashed before the password. Raises Fault."""
    if position not in (None, "prefix", "suffix"):
        raise Fault("has a position of its salt that is not prefix or suffix")
    return position != "suffix"


def _is_another_salt(salt: Any, value: str) -> bool:
    """Whether a field has a salt that is not the hash's own, as Devise once wrote it in a column too.

    The old system hashed something else then: Authlogic the password and the salt, with bcrypt.
    """
    written = str(salt or "")
    return written.lower() not in _NO_SALT and written not in value


def binary(value: str) -> bytes:
    """Hexadecimal, or else Base64. Raises foreign.Unreadable."""
    try:
        return foreign.from_hex(value)
    except foreign.Unreadable:
        return foreign.decoded(value)


def decoded(value: str, encoding: str) -> bytes:
    """``encoding`` is utf8, hex or base64. Raises Fault and foreign.Unreadable."""
    match encoding:
        case "utf8":
            try:
                return value.encode()
            except UnicodeEncodeError:
                raise Fault("has a salt that is not UTF-8") from None
        case "hex":
            return foreign.from_hex(value) if value else b""
        case "base64":
            return foreign.decoded(value)
    raise Fault("has an encoding that is not utf8, hex or base64")
