"""The audit trail as CSV: what somebody chose is no formula in a spreadsheet, whatever parts the cells."""

import csv
import io
import json

from app.core.listings import audit_export
from app.core.listings.audit_trail import AuditLine
from tests.cases import each

LINE = AuditLine(
    id=1,
    at=1_767_225_600.5,
    event="login",
    reason=None,
    dialect="session",
    address="192.0.2.7",
    username="nessa",
    session="0" * 16,
    request_id="the-click",
    note=None,
    times=1,
    operator=None,
)
FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠")


def exported(line: AuditLine) -> str:
    return "".join(audit_export.csv_lines([[line]]))


def cells(text: str, separator: str) -> list[str]:
    """All cells, as a spreadsheet sees them: without quotation marks and white space in front."""
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    return [cell.lstrip(' \t\r\n"') for row in rows for cell in row]


@each("field", ["username", "request_id", "note", "operator", "reason"])
@each(
    "text",
    [
        "=cmd|' /C calc'!A0",
        "+1+1",
        "-1-1",
        "@SUM(A1)",
        " =1+1",
        "\t=1+1",
        '"=1+1"',
        "＝1+1",
        "a;=1+1",
        'a;"=1+1',
        "a;b; @SUM(A1)",
        "a\n=1+1",
        "a\r\n-1",
        "a\t=1+1",
        "=1;=2",
    ],
)
def test_no_cell_begins_as_a_formula_does(field: str, text: str):
    written = exported(LINE._replace(**{field: text}))
    for separator in (",", ";", "\t"):
        assert [cell for cell in cells(written, separator) if cell.startswith(FORMULA)] == []
    assert "'" in written


@each("text", ["nessa", "a=b", "a;b", "a-b+c@example.com", "x; y", "it's", "日本語"])
def test_what_is_no_formula_is_as_it_is(text: str):
    heading, row = csv.reader(io.StringIO(exported(LINE._replace(note=text)), newline=""))
    assert row[heading.index("note")] == text
    assert row[:3] == ["1", "2026-01-01T00:00:00Z", "login"]


def test_json_lines_have_every_text_as_it_is():
    [text] = audit_export.json_lines([[LINE._replace(note="=1+1")]])
    assert json.loads(text) == {
        **LINE._asdict(),
        "note": "=1+1",
        "at": "2026-01-01T00:00:00Z",
    }
