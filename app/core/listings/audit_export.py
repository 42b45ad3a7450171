"""The audit trail as text for other programs: CSV (RFC 4180) and JSON Lines, written as it is read.

Times are NumericDates (seconds since 1970). A cell that a spreadsheet would take for a formula begins with an
apostrophe (CSV injection): notes and request ids may hold what a client chose.
"""

import csv
import io
import json
from collections.abc import Iterable, Iterator

from .audit_trail import AuditLine

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def json_lines(chunks: Iterable[list[AuditLine]]) -> Iterator[str]:
    """An object per event, some events in each text."""
    for lines in chunks:
        yield "".join(f"{json.dumps(line._asdict())}\n" for line in lines)


def csv_lines(chunks: Iterable[list[AuditLine]]) -> Iterator[str]:
    """The heading, then a line per event, some events in each text. None is an empty cell."""
    yield _csv([AuditLine._fields])
    for lines in chunks:
        yield _csv([map(_cell, line) for line in lines])


def _csv(rows: Iterable[Iterable[object]]) -> str:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue()


def _cell(value: object) -> object:
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value
