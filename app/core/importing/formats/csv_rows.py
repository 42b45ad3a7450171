"""The rows of CSV (RFC 4180): what is in quotes may have many lines, and a quote in quotes is doubled.

Python's reader gets one whole row at a time. So one that it refuses is one reject, and the next row begins
where it truly does. Text of an open field is never taken for a row: a user of the old system wrote it.
"""

import csv
import re
from collections.abc import Iterator
from typing import Any, BinaryIO

from ..records import MAX_LINE, Fault, Unreadable
from .lines import pieces

# Of a row. A quote that somebody forgot to close swallows the rows behind it.
MAX_LINES = 1_000

_START, _PLAIN, _QUOTED, _QUOTE_IN_QUOTED = range(4)
_QUOTE = ord('"')


class _Fields:
    """Follows the quotes of one row after another, in pieces. ``opened``: where the last quote was."""

    def __init__(self, delimiter: str) -> None:
        self._delimiter = ord(delimiter)
        self._state = _START
        self.opened = 0

    @property
    def is_open(self) -> bool:
        return self._state == _QUOTED

    def end_row(self, at: int, piece: bytes) -> bool:
        """Whether a row ends with this piece of line ``at``."""
        state, place, size = self._state, 0, len(piece)
        while place < size:
            if state == _QUOTED:
                place = piece.find(b'"', place) + 1
                if not place:
                    break
                state = _QUOTE_IN_QUOTED
            elif state == _PLAIN:
                place = piece.find(self._delimiter, place) + 1
                if not place:
                    break
                state = _START
            else:
                byte = piece[place]
                place += 1
                if byte == _QUOTE:
                    self.opened = at if state == _START else self.opened
                    state = _QUOTED
                else:
                    state = _START if byte == self._delimiter else _PLAIN
        ends = state != _QUOTED and piece.endswith(b"\n")
        self._state = _START if ends else state
        return ends


def _one_line(delimiter: bytes) -> re.Pattern[bytes]:
    """A row of one line. Most are such, and this is faster than to follow the quotes."""
    quoted = rb'"[^"]*+(?:""[^"]*+)*+"(?=[%b\r\n])' % delimiter
    field = rb'(?:%b|[^"\n%b][^\n%b]*+)?+' % (quoted, delimiter, delimiter)
    return re.compile(rb"%b(?:%b%b)*+\r?\n" % (field, delimiter, field))


class Rows:
    """The header, and then the place and the cells of each row, or the Fault that it has."""

    def __init__(self, stream: BinaryIO) -> None:
        self._pieces = pieces(stream)
        _, header = next(self._pieces, (1, b""))
        # One that is too long is none. Its rest would be the first row.
        whole = header.endswith(b"\n") or next(self._pieces, None) is None
        self.header = _text(header).rstrip("\r\n") if whole else ""

    def read(self, delimiter: str) -> Iterator[tuple[str, list[str] | Fault]]:
        """Raises Unreadable if the file ends in quotes."""
        fields = _Fields(delimiter)
        one_line = _one_line(delimiter.encode())
        dialect = csv.reader((), delimiter=delimiter, strict=True).dialect
        row: list[bytes] = []
        started = at = size = 0
        for at, piece in self._pieces:
            if not size and (
                piece.endswith(b"\n") if b'"' not in piece else one_line.fullmatch(piece)
            ):
                if cells := _cells(piece, dialect):
                    yield f"line {at}", cells
                continue
            started = started if size else at
            size += len(piece)
            if size <= MAX_LINE and at - started < MAX_LINES:
                row.append(piece)
            else:
                row.clear()
            if fields.end_row(at, piece):
                yield _place(started, at), _row(row, size, at - started, fields.opened, dialect)
                row, size = [], 0
        if fields.is_open:
            raise Unreadable(f"ends in quotes, which line {fields.opened} opens and nothing closes")
        if size:
            yield _place(started, at), _row(row, size, at - started, fields.opened, dialect)


def _place(started: int, at: int) -> str:
    return f"line {at}" if started == at else f"lines {started} to {at}"


def _row(
    row: list[bytes], size: int, more_lines: int, opened: int, dialect: Any
) -> list[str] | Fault:
    if size > MAX_LINE:
        return Fault(f"is longer than {MAX_LINE:,} bytes{_blamed(more_lines, opened)}")
    if more_lines >= MAX_LINES:
        return Fault(f"has more than {MAX_LINES:,} lines{_blamed(more_lines, opened)}")
    return _cells(b"".join(row), dialect)


def _blamed(more_lines: int, opened: int) -> str:
    return f" in quotes, which line {opened} opens" if more_lines else ""


def _cells(row: bytes, dialect: Any) -> list[str] | Fault:
    """None of an empty line."""
    try:
        return next(csv.reader((_text(row),), dialect))
    except csv.Error:
        return Fault("has a field that is too long, or text behind a closing quote")


def _text(row: bytes) -> str:
    """A byte that is not UTF-8 becomes a surrogate, which no name, word or password may have."""
    return row.decode(errors="surrogateescape")
