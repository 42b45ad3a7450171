"""The audit trail as text for other programs: CSV (RFC 4180) and JSON Lines, written as it is read.

Times are in UTC, to the second (RFC 3339), as in the lists. In CSV an apostrophe stands before what a
spreadsheet would take for a formula (CSV injection): names, notes and request ids may hold what somebody else
chose. JSON Lines has every text as it is.
"""

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

from ..clock import instant
from .audit_trail import AuditLine

# At the beginning of a text, or behind what separates cells for a spreadsheet that does not go by commas. In
# many languages that is a semicolon, and then quotation marks around the text protect nothing. Some programs
# drop white space and quotation marks in front, and some take the wide signs of Japanese for the plain ones.
_FORMULA = re.compile(r"(^|[;\t\r\n])(?=[\s\"]*[=+\-@＝＋－＠])")


def json_lines(chunks: Iterable[list[AuditLine]]) -> Iterator[str]:
    """An object per event, some events in each text."""
    for lines in chunks:
        yield "".join(f"{json.dumps(record(line))}\n" for line in lines)


def csv_lines(chunks: Iterable[list[AuditLine]]) -> Iterator[str]:
    """The heading, then a line per event, some events in each text. None is an empty cell."""
    # With the first events, so that nothing is written if they are refused.
    heading: list[Iterable[object]] = [AuditLine._fields]
    for lines in chunks:
        yield _csv([*heading, *(map(_cell, record(line).values()) for line in lines)])
        heading = []
    if heading:
        yield _csv(heading)


def record(line: AuditLine) -> dict[str, Any]:
    """An event as programs get it."""
    return {**line._asdict(), "at": instant(line.at)}


def _csv(rows: Iterable[Iterable[object]]) -> str:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue()


def _cell(value: object) -> object:
    return _FORMULA.sub(r"\1'", value) if isinstance(value, str) else value
