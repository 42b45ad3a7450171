"""Files that were made to take all memory or time: each is refused, or costs what its size is worth."""

import io
import json

import pytest

from app.core.importing import FORMATS, Record, Rejected, Unreadable
from app.core.importing.formats.csv_table import MAX_ROW
from app.core.importing.formats.guarded import MAX_DEPTH
from app.core.importing.formats.ldif import MAX_ENTRY

from .conftest import read, reasons

# Two such users, and a text with brackets and quotes that are none.
USER = '{"username": "ada", "note": "[[{\\"[\\\\", "more": [[], {"a": [1]}]}'


def _nested(levels: int) -> str:
    return f'{{"users": [{USER}, {{"a": {"[" * levels}{"]" * levels}}}]}}'


@pytest.mark.parametrize(
    "text",
    [
        _nested(MAX_DEPTH + 1),
        # Whole in one piece of 64 KiB, in many, and never closed.
        _nested(20_000),
        _nested(1_000_000),
        '{"users": [' + "[" * 1_000_000,
        '{"users": [' + '{"a":' * 200_000,
        # Brackets that make no pairs count as open ones.
        '{"users": [' + "[" * 20_000 + "}" * 20_000,
    ],
)
def test_json_that_is_nested_too_deep_is_not_read(text: str):
    with pytest.raises(Unreadable, match="levels deep"):
        list(FORMATS["seed"].read(io.BytesIO(text.encode())))


def test_json_that_is_nested_less_deep_is_read():
    found = read("seed", _nested(MAX_DEPTH - 4))
    assert [record.place for record in found] == ["users[0]", "users[1]"]
    many = json.dumps({"users": [json.loads(USER)] * 3_000})
    assert len(read("seed", many)) == 3_000


def test_a_row_of_csv_that_does_not_end_is_not_kept():
    text = "username,email,password_hash\n" + '"a\n",' * (MAX_ROW // 4)
    with pytest.raises(Unreadable, match="row of more than"):
        list(FORMATS["csv"].read(io.BytesIO(text.encode())))


def test_an_entry_of_ldif_with_a_photograph_is_read():
    # If each line copied those before it, this would take minutes, and the suite's timeout would end it.
    photo = "jpegPhoto:: " + "QUFB\n " * 600_000
    found = read("ldif", f"dn: uid=ada\nuid: ada\nuserPassword: x\n{photo}\n\n")
    assert found == [Record("line 1", "ada", password="x")]


def test_an_entry_of_ldif_that_does_not_end_is_not_kept():
    line = "seeAlso: " + "x" * 1_000_000 + "\n"
    text = (
        "dn: uid=ada\n"
        + line * (MAX_ENTRY // 1_000_000 + 1)
        + "\ndn: uid=lin\nuid: lin\nuserPassword: x"
    )
    found = read("ldif", text)
    assert found[0] == Rejected("line 1", f"is longer than {MAX_ENTRY:,} bytes")
    assert [record.username for record in found[1:]] == ["lin"]


def test_groups_of_django_that_are_no_list_reject_one_user():
    entry = {"model": "auth.user", "pk": 1, "fields": {"password": "x", "groups": 5}}
    assert reasons("dumpdata", json.dumps([entry])) == ["objects[0]: groups is not a list"]
