"""A number of any size in what a user wrote stops no import, and no field takes one for its value."""

import io
import json

import pytest

from app.core.importing import Record, Rejected, Unreadable
from app.core.importing.formats.documents import items
from app.core.importing.formats.guarded import CHUNK
from app.core.importing.records import MAX_LINE
from tests.cases import each

from .conftest import read, reasons

BIG = [
    "123456789012345678901234567890",
    "9223372036854775808",
    "-9223372036854775808",
    "1" * 5_000,
    "1" * 100_000,
    "1e999",
    "-1E+400",
    "0.5e+99999999999999999999",
    "1" * 400 + ".5",
    "0." + "1" * 2_000,
]


def _document(number: str) -> str:
    """Two users, of whom the first has the number in data of its own."""
    return (
        f'{{"users": [{{"email": "a@b.de", "more": [{{"n": {number}}}], "password": "\\"1e999"}},'
        f' {{"email": "b@b.de", "password": "{"1" * 30}"}}]}}'
    )


@each("number", BIG)
def test_a_number_that_64_bits_do_not_hold_stops_no_import(number: str):
    assert read("seed", _document(number)) == [
        Record("users[0]", None, "a@b.de", password='"1e999'),
        Record("users[1]", None, "b@b.de", password="1" * 30),
    ]


@each("number", BIG)
@each("field", ["email", "roles", "enabled", "salt"])
def test_no_field_takes_such_a_number(number: str, field: str):
    known = f'"password_hash": "{"0" * 32}", "password_algorithm": "md5"'
    entry = f'{{"email": "a@b.de", {known}, "{field}": {number}}}'
    (reason,) = reasons("seed", f'{{"users": [{entry}]}}')
    assert reason.startswith(f"users[0]: {field} is not ")


@each("number", ["9223372036854775807", "-9223372036854775807", "1e99", "1.5e+100", "-0", "1e-999"])
def test_any_other_number_is_what_it_is(number: str):
    """The key of a group of Django may have 19 digits."""
    document = f'[{number}, "{number}"]'.encode()
    found = [value for _, value in items(io.BytesIO(document), None, "n")]
    assert found == [json.loads(number), number]


@each("before", range(CHUNK - 30, CHUNK + 2))
def test_it_does_not_matter_where_the_pieces_of_a_file_end(before: int):
    document = _document("1" * 24)
    padding = " " * (before - document.index(": 1"))
    assert len(read("seed", padding + document)) == 2
    text = padding + document.replace('"more"', '"1e999"')
    assert [it.place for it in read("seed", text)] == ["users[0]", "users[1]"]


def test_a_number_is_as_long_as_a_user_may_be():
    long = _document("1" * 2 * MAX_LINE)
    rejected, other = read("seed", long)
    assert rejected == Rejected("users[0]", f"is longer than {MAX_LINE:,} bytes")
    assert other.email == "b@b.de"
    with pytest.raises(Unreadable, match="is not JSON"):
        read("seed", _document("1.2.3.4.5e1111"))


@each("name", ["seed", "dumpdata", "auth0", "jsonl", "csv", "ldif", "htpasswd"])
def test_a_byte_order_mark_is_no_part_of_the_first_user(name: str):
    text = {
        "seed": '{"users": [{"email": "a@b.de", "password": "x"}]}',
        "dumpdata": '[{"model": "auth.user", "fields": {"email": "a@b.de", "password": "x"}}]',
        "auth0": '[{"email": "a@b.de", "passwordHash": "x"}]',
        "jsonl": '{"email": "a@b.de", "password": "x"}',
        "csv": "email,password\na@b.de,x\n",
        "ldif": "uid: a\nmail: a@b.de\nuserPassword: x\n",
        "htpasswd": "a@b.de:x\n",
    }[name]
    assert read(name, b"\xef\xbb\xbf" + text.encode()) == read(name, text)
    assert len(read(name, text)) == 1
