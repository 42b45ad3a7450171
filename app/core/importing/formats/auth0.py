"""Auth0: the export with password hashes (JSON Lines), or the list that its bulk import takes."""

from typing import Any, BinaryIO

from ...passwords import foreign
from ..records import Entry, Fault, Format, Read, Record, each, mapping, number, text
from ..states import disabled_until
from . import salted
from .documents import begins_with_a_list, items, lines, parsed

_DIGESTS = ("md5", "sha1", "sha256", "sha512")


def user(place: str, entry: Any) -> Record:
    """Raises Fault and foreign.Unreadable."""
    entry = mapping(entry)
    return Record(
        place,
        text(entry, "username"),
        text(entry, "email"),
        hash=text(entry, "passwordHash", "password_hash") or _custom(entry),
        disabled_until=disabled_until(entry),
    )


def _custom(entry: Entry) -> str | None:
    """Auth0's own description of a foreign hash."""
    if (found := entry.get("custom_password_hash")) is None:
        return None
    custom = mapping(found)
    password = mapping(custom.get("password") or {})
    if (text(password, "encoding") or "utf8") != "utf8":
        raise Fault("has a password that was hashed in another encoding than utf8")
    algorithm = text(custom, "algorithm") or ""
    value = mapping(custom.get("hash"))
    digest = text(value, "value") or ""
    if algorithm in ("bcrypt", "argon2", "ldap"):
        return digest
    encoding = text(value, "encoding") or "base64"
    salt = mapping(custom.get("salt") or {})
    salt_bytes = salted.decoded(text(salt, "value") or "", text(salt, "encoding") or "utf8")
    is_first = salted.stands_first(text(salt, "position"))
    if algorithm in _DIGESTS:
        digest_bytes = salted.decoded(digest, encoding)
        return foreign.salted(foreign.Salted(algorithm, digest_bytes, salt_bytes, is_first))
    if algorithm == "pbkdf2":
        return foreign.read(digest)
    if algorithm == "scrypt":
        costs = (
            number(custom, "cost"),
            number(custom, "blockSize"),
            number(custom, "parallelization"),
        )
        return foreign.scrypt(*costs, salt_bytes, salted.decoded(digest, encoding))
    raise Fault("has a password of an algorithm that is not known")


def read(stream: BinaryIO) -> Read:
    if begins_with_a_list(stream):
        return each(items(stream, None, "users"), user)
    return each(lines(stream), lambda place, line: user(place, parsed(line)))


FORMAT = Format("auth0", "Auth0's export or bulk import file", read)
