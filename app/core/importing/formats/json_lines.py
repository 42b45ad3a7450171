"""JSON Lines: an object a line, with the fields of a seed file's user. ``flask export`` writes it."""

from collections.abc import Mapping
from typing import Any, BinaryIO

from ..records import Format, Read, Record, each, flag, mapping, text, words
from .documents import lines, parsed
from .salted import hash_of


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
        flag(entry, "disabled"),
        flag(entry, "password_expired"),
    )


def read(stream: BinaryIO) -> Read:
    return each(lines(stream), lambda place, line: user(place, mapping(parsed(line))))


FORMAT = Format("jsonl", "JSON Lines, as `flask export` writes it", read)
