"""JSON Lines: an object a line, with the fields of a seed file's user. ``flask export`` writes it."""

from collections.abc import Callable, Mapping
from typing import Any, BinaryIO

from ..records import Entry, Fault, Format, Read, Record, each, mapping, text, words
from ..states import disabled_until, yes_or_no
from . import salted
from .documents import lines, parsed
from .unread import Unread


def _is_yes(entry: Entry, name: str) -> bool:
    """Raises Fault."""
    return yes_or_no(name, entry[name]) is True


# The field of a record that each field is, and who reads it.
_FIELDS: Mapping[str, tuple[str, Callable[[Entry, str], Any]]] = {
    "username": ("username", text),
    "email": ("email", text),
    "password": ("password", text),
    "stored_hash": ("stored", text),
    "pepper": ("pepper", text),
    "roles": ("roles", words),
    "permissions": ("permissions", words),
    "customer": ("customer", text),
    "password_expired": ("password_expired", _is_yes),
    "uuid": ("uuid", text),
}


def user(place: str, entry: Entry) -> Record:
    """A user with the field names of a seed file. Raises Fault and foreign.Unreadable."""
    found: dict[str, Any] = {}
    for name in entry:
        if name in _FIELDS:
            field, read_ = _FIELDS[name]
            found[field] = read_(entry, name)
    if not found.get("stored"):
        found["hash"] = salted.hash_of(entry)
        if found["hash"]:
            found.pop("password", None)
    elif found.get("password"):
        raise Fault("has a password and a stored_hash: leave one out")
    return Record(place, disabled_until=disabled_until(entry), **found)


def read(stream: BinaryIO) -> Read:
    unread = Unread()

    def of_line(place: str, line: bytes | None) -> Record:
        entry = mapping(parsed(line))
        unread.note(name for name in entry if name not in _FIELDS and name not in salted.FIELDS)
        return user(place, entry)

    yield from each(lines(stream), of_line)
    yield from unread.told()


FORMAT = Format("jsonl", "JSON Lines, as `flask export` writes it", read)
