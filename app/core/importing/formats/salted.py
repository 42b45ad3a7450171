"""A password hash with its salt and its algorithm in fields of their own, as many tables have it."""

from ...passwords import foreign
from ..records import Entry, Fault, text

FIELDS = (_HASH, _ALGORITHM, _SALT, _POSITION, _ENCODING) = (
    "password_hash",
    "password_algorithm",
    "salt",
    "salt_position",
    "salt_encoding",
)


def hash_of(entry: Entry) -> str | None:
    """``password_hash`` alone, or with ``password_algorithm``, ``salt`` and ``salt_position``.

    The digest is hexadecimal, or else Base64. The salt is text, or what ``salt_encoding`` says.
    Raises Fault and foreign.Unreadable.
    """
    value = text(entry, _HASH)
    algorithm = text(entry, _ALGORITHM)
    if value is None or algorithm is None:
        return value
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
