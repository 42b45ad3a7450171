"""JSON Lines: an object a line, with the fields of a seed file's user. ``flask export`` writes it."""

from collections.abc import Mapping
from typing import Any, BinaryIO

from ..records import Format, Read, Record, each, mapping, text, words
from ..states import disabled_until, yes_or_no
from .documents import lines, parsed
from .salted import hash_of
from .unread import Unread

_FIELDS = frozenset(
    (
        *("username", "email", "password", "stored_hash", "pepper", "roles", "permissions"),
        *("customer", "password_expired", "uuid"),
        *("password_hash", "password_algorithm", "salt", "salt_encoding", "salt_position"),
    )
)


def user(place: str, entry: Mapping[str, Any]) -> Record:
    """A user with the field names of a seed file. Raises Fault."""
    stored = text(entry, "stored_hash")
    return Record(
        place,
        text(entry, "username"),
        text(entry, "email"),
        text(entry, "password"),
        None if stored else hash_of(entry),
        stored,
        text(entry, "pepper"),
        words(entry, "roles"),
        words(entry, "permissions"),
        text(entry, "customer"),
        disabled_until(entry),
        yes_or_no("password_expired", entry.get("password_expired")) is True,
        text(entry, "uuid"),
    )


def read(stream: BinaryIO) -> Read:
    unread = Unread()

    def of_line(place: str, line: bytes | None) -> Record:
        entry = mapping(parsed(line))
        unread.note(name for name in entry if name not in _FIELDS)
        return user(place, entry)

    yield from each(lines(stream), of_line)
    yield from unread.told()


FORMAT = Format("jsonl", "JSON Lines, as `flask export` writes it", read)
