"""A password hash with its salt and its algorithm in fields of their own, as many tables have it."""

import re
from functools import lru_cache

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
    is hexadecimal, or else Base64. The salt is text, or what ``salt_encoding`` says. Raises Fault and
    foreign.Unreadable.
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
        if _DIGITS.fullmatch(value) and (password or entry.get(_SALT)):
            # A hint is a name of few possible words (``says_hashed``), and so no secret.
            raise Fault(f"has a digest and a field {hints[0]!a:.60}, and no {_ALGORITHM}")
        return value
    if any(entry[name] not in _UNSAID for name in hints if name not in FIELDS):
        raise Fault("has a hash that was made with more than a salt and an algorithm")
    salt = text(entry, _SALT) or ""
    encoding = text(entry, _ENCODING) or "utf8"
    position = text(entry, _POSITION) or "prefix"
    if position not in ("prefix", "suffix"):
        raise Fault(f"{_POSITION} is not prefix or suffix")
    return foreign.salted(
        foreign.Salted(
            algorithm.lower().replace("-", ""),
            binary(value),
            decoded(salt, encoding),
            salt_first=position == "prefix",
        )
    )


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
