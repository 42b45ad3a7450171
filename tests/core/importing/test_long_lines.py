"""A part of a line, or of a quoted field, is never taken for a user: a user of the old system wrote it."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.importing import FORMATS, Record, Rejected, Unreadable
from app.core.importing.formats.csv_rows import MAX_LINES
from app.core.importing.formats.ldif import MAX_ENTRY
from app.core.importing.records import MAX_LINE, PassedOver
from tests.cases import each

from .conftest import read, reasons

HEADER = "username,email,password_hash,roles,bio\n"
EVIL = "evil,evil@b.de,x,operator admin,\n"
LAST = "lin,lin@b.de,x,,\n"


def _csv(bio: str) -> list[str]:
    """The usernames, and the places and reasons of rejects, of a user with this field and one after it."""
    found = read("csv", f"{HEADER}ada,ada@b.de,x,,{bio}\n{LAST}")
    return [it.username or "" if isinstance(it, Record) else f"{it[0]}: {it[1]}" for it in found]


@each(
    ("bio", "rejected"),
    [
        # Python's reader gives up in the middle of each.
        (f'"{"A" * 131_073}\n{EVIL}"', "lines 2 to 4: has a field that is too long, or"),
        (f'a\r,"\n{EVIL}"', "lines 2 to 4: has a field that is too long, or"),
        (f'"a" b,"\n{EVIL}"', "lines 2 to 4: has a field that is too long, or text behind a"),
        # Evil begins where a piece of the file ends.
        ("B" * (MAX_LINE - 16) + EVIL, "line 2: is longer than 1,048,576 bytes"),
        (
            f'"{"B" * 2 * MAX_LINE}\n{EVIL}"',
            "lines 2 to 4: is longer than 1,048,576 bytes in quotes",
        ),
        (f'"a"{"," * 2 * MAX_LINE}"\n{EVIL}"', "lines 2 to 4: is longer than 1,048,576 bytes in"),
        (
            '"' + "\n" * MAX_LINES + EVIL + '"',
            "lines 2 to 1003: has more than 1,000 lines in quotes",
        ),
    ],
)
def test_a_row_that_is_refused_ends_where_it_truly_ends(bio: str, rejected: str):
    first, *others = _csv(bio)
    assert first.startswith(rejected)
    assert others == ["lin"]


def test_what_is_in_quotes_may_have_many_lines():
    assert _csv('"a\r\n""b"", c\n"') == ["ada", "lin"]
    assert _csv('"' + "\n" * (MAX_LINES - 1) + '"') == ["ada", "lin"]
    assert read("csv", HEADER + "\n\r\n" + LAST.rstrip("\n"))[0].place == "line 4"
    assert read("csv", HEADER + 'ada,ada@b.de,x,,"a\nb"')[0].place == "lines 2 to 3"


def test_a_quote_that_nothing_closes_ends_the_import_and_its_line_is_told():
    records = FORMATS["csv"].read(io.BytesIO(f'{HEADER}{LAST}a,"b\n{EVIL * 3000}'.encode()))
    assert next(records) == PassedOver(("bio",))
    assert next(records).username == "lin"
    with pytest.raises(Unreadable, match="ends in quotes, which line 3 opens and nothing closes"):
        next(records)


def test_a_quote_that_a_later_row_closes_is_told_with_what_it_swallowed():
    text = f'{HEADER}ada,ada@b.de,"x,,\n{LAST * 2_000}"b",b@b.de,x,,\n{LAST}'
    found = read("csv", text)
    assert found[0] == Rejected(
        "lines 2 to 2003", "has more than 1,000 lines in quotes, which line 2 opens"
    )
    assert [record.username for record in found[1:]] == ["lin"]


@given(
    st.lists(st.lists(st.text("a\"',\n\r", max_size=4), min_size=2, max_size=3), max_size=4),
    # Python's writer quotes a carriage return only where it ends its lines.
    st.sampled_from([(csv.QUOTE_ALL, "\n"), (csv.QUOTE_MINIMAL, "\r\n")]),
)
def test_rows_are_those_that_were_written(rows: list[list[str]], how: tuple[int, str]):
    written = io.StringIO(newline="")
    writer = csv.writer(written, quoting=how[0], lineterminator=how[1])
    writer.writerows([["username", "password", "x"], *rows])
    found = read("csv", written.getvalue())
    taken = [row for row in rows if len(row) == 3]
    assert [record.username or "" for record in found if isinstance(record, Record)] == [
        row[0] for row in taken
    ]
    assert len(found) == len(rows)


ADA = "dn: uid=ada\nuid: ada\nuserPassword: x\n"


def test_a_long_line_of_ldif_that_nobody_reads_is_passed_over_to_its_end():
    photo = "jpegPhoto:: " + "Q" * (2 * MAX_LINE)
    evil = "description: " + "B" * (MAX_LINE + 1 - len("description: ")) + "uid: admin"
    for line in (photo, evil, "o: a\n " + evil):
        assert read("ldif", f"dn: uid=ada\n{line}\nuid: ada\nuserPassword: x\n") == [
            Record("line 1", "ada", password="x")
        ]


@pytest.mark.parametrize("line", ["mail: ", "mail: a\n ", "no colon", "#\nmai\n l: "])
def test_a_long_line_of_ldif_that_is_read_rejects_its_user(line: str):
    text = ADA + line + "m" * MAX_LINE + "\nuid: admin\n\ndn: uid=lin\nuid: lin\nuserPassword: x\n"
    rejected, lin = read("ldif", text)
    assert rejected == Rejected("line 1", f"has a line of more than {MAX_LINE:,} bytes")
    assert lin.username == "lin"


def test_the_fold_of_a_comment_belongs_to_the_comment():
    text = "# a note\n  of two lines\n" + ADA + "mail: a@b.de\n# not\n .evil\n"
    assert read("ldif", text) == [Record("line 3", "ada", "a@b.de", password="x")]


def test_an_entry_of_ldif_with_a_photograph_is_read():
    # If each line copied those before it, this would take minutes, and the suite's timeout would end it.
    photo = "jpegPhoto:: " + "QUFB\n " * 600_000
    assert read("ldif", f"{ADA}{photo}\n\n") == [Record("line 1", "ada", password="x")]


def test_an_entry_of_ldif_that_does_not_end_is_not_kept():
    line = "seeAlso: " + "x" * 1_000_000 + "\n"
    text = ADA + line * (MAX_ENTRY // 1_000_000 + 1) + "\n" + ADA
    assert reasons("ldif", text) == [f"line 1: is longer than {MAX_ENTRY:,} bytes"]
    assert len(read("ldif", text)) == 2
