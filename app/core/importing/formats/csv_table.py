"""CSV with a header: the columns are known by many names, and separated by a comma, semicolon or tab."""

import csv
from collections.abc import Mapping
from typing import Any, BinaryIO

from ..records import Fault, Format, Read, Record, Unreadable, each
from ..states import is_state, plain
from . import json_lines, salted
from .csv_rows import Rows
from .unread import Unread

# Under which names a column is known, as ``plain`` writes them. ``states`` has those of enabled and disabled.
_NAMES: Mapping[str, tuple[str, ...]] = {
    # "name" is none: most tables have the name of a person there.
    "username": ("username", "login", "user", "loginname", "userlogin", "uid"),
    "email": ("email", "mail", "emailaddress", "useremail"),
    "password": ("password", "plaintextpassword"),
    "password_hash": (
        "passwordhash",
        "hash",
        "hashedpassword",
        "encryptedpassword",
        "passwd",
        "userpass",
        "passworddigest",
    ),
    "password_algorithm": ("passwordalgorithm", "algorithm", "hashalgorithm"),
    "salt": ("salt", "passwordsalt"),
    "salt_position": ("saltposition",),
    "salt_encoding": ("saltencoding",),
    "roles": ("roles", "role", "groups"),
    "permissions": ("permissions",),
    "customer": ("customer", "customerid"),
    "password_expired": ("passwordexpired",),
    # "id" is none: most tables have a number there.
    "uuid": ("uuid",),
}
COLUMNS = {name: column for column, names in _NAMES.items() for name in names}
_DELIMITERS = ",;\t"
# Characters of a column's name that is known, and of one that is told.
_LONGEST, _SHOWN = 200, 60
_LISTS = ("roles", "permissions")


def columns_of(header: str) -> list[str | None] | None:
    """The known columns of a header, None for each other one; or None if it is no header of users."""
    try:
        cells = _cells(header)
    except csv.Error:
        return None
    found = [_column(cell) for cell in cells]
    named = set(found) - {None}
    has_secret = bool(named & {"password", "password_hash"})
    has_name = bool(named & {"username", "email"})
    return found if has_secret and has_name and len(cells) > 1 else None


def _column(cell: str) -> str | None:
    # Normalising takes quadratic time on a run of combining characters.
    name = plain(cell) if len(cell) <= _LONGEST else ""
    return name if is_state(name) else COLUMNS.get(name)


def read(stream: BinaryIO) -> Read:
    """Raises Unreadable if the first line is no header, and what ``Rows`` raises."""
    rows = Rows(stream)
    columns = columns_of(rows.header)
    if columns is None:
        raise Unreadable("has no header with a username or email and a password_hash or password")
    cells = _cells(rows.header)
    _no_two(columns, cells)
    # What says that the column "password" has hashes counts in each row, also where it is empty.
    hashed = [
        cell if column is None and salted.says_hashed(cell) else column
        for cell, column in zip(cells, columns, strict=True)
    ]
    unread = Unread()
    unread.note(cell for cell, column in zip(cells, columns, strict=True) if column is None)
    yield from unread.told()
    found = rows.read(_delimiter(rows.header))
    yield from each(found, lambda place, row: _user(place, hashed, row))


def _cells(header: str) -> list[str]:
    """Raises csv.Error."""
    return next(csv.reader([header], delimiter=_delimiter(header), strict=True), [])


def _no_two(columns: list[str | None], cells: list[str]) -> None:
    """Raises Unreadable, with the two columns that are one thing."""
    seen: dict[str, str] = {}
    for column, cell in zip(columns, cells, strict=True):
        if column in seen:
            both = f"{seen[column]!a} and {cell[:_SHOWN]!a}"
            raise Unreadable(f"has two columns for {column}: {both}. Leave one out, or rename it")
        if column is not None:
            seen[column] = cell[:_SHOWN]


def _delimiter(header: str) -> str:
    return max(_DELIMITERS, key=header.count)


def _user(place: str, columns: list[str | None], row: list[str]) -> Record:
    if len(row) != len(columns):
        raise Fault(f"has {len(row)} fields, the header {len(columns)}")
    # An empty field is none. But "enabled" without a yes says something.
    entry: dict[str, Any] = {
        name: value
        for name, value in zip(columns, row, strict=True)
        if name and (value or is_state(name) or salted.says_hashed(name))
    }
    for name in _LISTS:
        if name in entry:
            entry[name] = entry[name].replace(",", " ").replace(";", " ").replace("|", " ").split()
    return json_lines.user(place, entry)


FORMAT = Format("csv", "CSV with a header, separated by comma, semicolon or tab", read)
