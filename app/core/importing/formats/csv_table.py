"""CSV with a header: the columns are known by many names, and separated by a comma, semicolon or tab."""

import csv
from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO

from ..records import MAX_LINE, Fault, Format, Read, Record, Unreadable, each
from . import json_lines

# Under which names a column is known; in small letters, and without "_", "-" and spaces.
_NAMES: Mapping[str, tuple[str, ...]] = {
    "username": ("username", "login", "user", "loginname", "userlogin", "name", "uid"),
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
    "disabled": ("disabled", "blocked"),
    "enabled": ("enabled", "isactive", "active"),
    "password_expired": ("passwordexpired",),
}
COLUMNS = {name: column for column, names in _NAMES.items() for name in names}
_DELIMITERS = ",;\t"
MAX_ROW = 2 * MAX_LINE
_TRUE = ("1", "true", "t", "yes", "y")
_FALSE = ("", "0", "false", "f", "no", "n")
_LISTS = ("roles", "permissions")
_FLAGS = ("disabled", "enabled", "password_expired")


def columns_of(header: str) -> list[str | None] | None:
    """The known columns of a header, None for each other one; or None if it is no header of users."""
    delimiter = max(_DELIMITERS, key=header.count)
    try:
        cells = next(csv.reader([header], delimiter=delimiter), [])
    except csv.Error:
        return None
    found = [COLUMNS.get(_plain(cell)) for cell in cells]
    named = set(found) - {None}
    has_secret = bool(named & {"password", "password_hash"})
    has_name = bool(named & {"username", "email"})
    return found if has_secret and has_name and len(cells) > 1 else None


def _plain(cell: str) -> str:
    return cell.strip().lower().replace("_", "").replace("-", "").replace(" ", "")


def read(stream: BinaryIO) -> Read:
    """Raises Unreadable if the first line is no header."""
    lines = _decoded(stream)
    header = next(lines, "").removeprefix("\ufeff").strip("\r\n")
    columns = columns_of(header)
    if columns is None:
        raise Unreadable("has no header with a username or email and a password_hash or password")
    known = [name for name in columns if name is not None]
    if len(known) != len(set(known)):
        raise Unreadable("has two columns for one thing")
    pieces = _Pieces(lines)
    rows = csv.reader(pieces, delimiter=max(_DELIMITERS, key=header.count))
    return each(_rows(rows, pieces), lambda place, row: _user(place, columns, row))


def _decoded(stream: BinaryIO) -> Iterator[str]:
    """The lines; one without an end comes in pieces, each of which is a row with too few fields.

    A byte that is not UTF-8 becomes a surrogate, which no name, word or password may have.
    """
    while line := stream.readline(MAX_LINE):
        yield line.decode(errors="surrogateescape")


class _Pieces:
    """The lines of one row. A quoted field may have many; a row that never ends would fill the memory."""

    def __init__(self, lines: Iterator[str]) -> None:
        self._lines = lines
        self.size = 0

    def __iter__(self) -> Iterator[str]:
        for line in self._lines:
            self.size += len(line)
            if self.size > MAX_ROW:
                raise Unreadable(f"has a row of more than {MAX_ROW:,} characters")
            yield line


def _rows(rows: Any, pieces: _Pieces) -> Iterator[tuple[str, Any]]:
    while True:
        pieces.size = 0
        try:
            row = next(rows, None)
        except csv.Error:
            yield f"line {rows.line_num + 1}", None
            continue
        if row is None:
            return
        if row:
            yield f"line {rows.line_num + 1}", row


def _user(place: str, columns: list[str | None], row: list[str] | None) -> Record:
    if row is None:
        raise Fault("has a field that is too long, or a quote that is never closed")
    if len(row) != len(columns):
        raise Fault(f"has {len(row)} fields, the header {len(columns)}")
    entry: dict[str, Any] = {
        name: value for name, value in zip(columns, row, strict=True) if name and value
    }
    for name in _LISTS:
        if name in entry:
            entry[name] = entry[name].replace(",", " ").replace(";", " ").replace("|", " ").split()
    for name in _FLAGS:
        if name in entry:
            entry[name] = _flag(name, entry[name])
    if "enabled" in entry:
        entry.setdefault("disabled", not entry["enabled"])
    return json_lines.user(place, entry)


def _flag(name: str, value: str) -> bool:
    value = value.strip().lower()
    if value in _TRUE:
        return True
    if value in _FALSE:
        return False
    raise Fault(f"{name} is not yes or no")


FORMAT = Format("csv", "CSV with a header, separated by comma, semicolon or tab", read)
