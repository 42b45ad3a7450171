"""Members of a JSON document that are too long are rejected one by one, and never kept in memory."""

import io
import json
import tracemalloc
from typing import Any

import pytest

from app.core.importing import FORMATS, Record, Rejected, Unreadable
from app.core.importing.formats.guarded import CHUNK
from app.core.importing.records import MAX_LINE
from tests.cases import each

from .conftest import read

REASON = f"is longer than {MAX_LINE:,} bytes"
# Each has brackets and quotes that are none, and ends with them.
LONG = {
    "a text": "x" * 2 * MAX_LINE + '\\"]}',
    "texts": ['"[{', "]}\\", ""] * (MAX_LINE // 16),
    "lists": [[[], {"a": [1]}]] * (MAX_LINE // 12),
    "fields": {f"]{number}": "}" for number in range(MAX_LINE // 12)},
}


def _user(name: str, **more: Any) -> dict[str, Any]:
    return {"username": name, "email": f"{name}@example.com", "password": "x", "more": more}


def _found(format_: str, document: Any) -> list[str]:
    """The usernames, and the places of what was too long."""
    found = read(format_, json.dumps(document))
    assert all(it.reason == REASON for it in found if isinstance(it, Rejected))
    return [
        it.username or "" if isinstance(it, Record) else f"{it.place} is too long" for it in found
    ]


def _found_text(text: str) -> list[str | None]:
    return [it.username for it in read("seed", text) if isinstance(it, Record)]


@pytest.mark.parametrize("kind", LONG)
def test_one_that_is_too_long_is_rejected_and_the_others_are_read(kind: str):
    long = _user("long", long=LONG[kind])
    users = [_user("ada"), long, long, *(_user(f"u{number}") for number in range(1_000)), long]
    wanted = ["ada", "users[1] is too long", "users[2] is too long"]
    wanted += [*(f"u{number}" for number in range(1_000)), "users[1003] is too long"]
    assert _found("seed", {"users": users, "clients": [LONG["texts"]]}) == wanted


def test_a_document_that_is_a_list_is_read_on_too():
    entries = [
        {"email": "ada@example.com", "passwordHash": "x"},
        {"email": "long@example.com", "long": LONG["texts"]},
        {"email": "lin@example.com", "passwordHash": "x"},
    ]
    found = read("auth0", json.dumps(entries))
    assert [getattr(it, "email", it.place) for it in found] == [
        "ada@example.com",
        "users[1]",
        "lin@example.com",
    ]


def test_what_is_no_user_may_be_as_long_as_it_likes():
    """In any order, and with a list of the same name further down."""
    long = {"users": LONG["texts"], "more": {"users": [LONG["lists"]]}}
    parts = {"text": "users", "first": long, "users": [_user("ada")], "last": long}
    assert _found("seed", parts) == ["ada"]
    with pytest.raises(Unreadable, match='has no list "users"'):
        _found("seed", {"first": [long], "users": {"ada": long}, "last": "users"})


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('{"users.item": [%s], "users": []}', "another spelling"),
        ('{"us\\u0065rs": [%s], "users": []}', "another spelling"),
        ('{"users\\u002eitem": [%s], "users": []}', "another spelling"),
        ('{"users": {"item": [%s]}}', "has no list"),
    ],
)
def test_what_the_parser_takes_for_the_list_and_is_none_is_not_read(text: str, reason: str):
    """It would give what stands there, however long that is."""
    stream = io.BytesIO((text % ",".join(['"aaaaaaaa"'] * MAX_LINE)).encode())
    with pytest.raises(Unreadable, match=reason):
        next(FORMATS["seed"].read(stream))
    assert stream.tell() < 4 * CHUNK


@pytest.mark.parametrize("name", ["a.b", "us\\u0065", "users.items", "\\ud800"])
def test_another_key_may_have_a_dot_or_an_escape(name: str):
    assert _found_text(f'{{"{name}": [1], "users": [{json.dumps(_user("ada"))}]}}') == ["ada"]


def test_a_text_of_quotes_costs_what_its_length_is_worth():
    """Each looked like the beginning of a text that does not end: a minute for a user of 300 KB."""
    users = [_user("ada", bio='"' * 500_000), _user("lin", bio="\\" * 500_001)]
    assert _found("seed", {"users": users}) == ["ada", "lin"]


@each("before", range(CHUNK - 25, CHUNK))
def test_it_does_not_matter_where_the_pieces_of_a_file_end(before: int):
    """The key of the list, an escape and the end of the long member are cut anywhere."""
    end = '"\\\\\\""}'
    padding = "x" * (before - len('{"a": "'))
    begun = json.dumps({"username": "long", "a": "x" * (MAX_LINE + 2 * CHUNK)})[:-2]
    begun += "x" * (-len(begun) % CHUNK)
    text = f'{{"a": "{padding}", "users": [{begun}{end}, {json.dumps(_user("lin"))}]}}'
    assert [it.place for it in read("seed", text)] == ["users[0]", "users[1]"]


@pytest.mark.parametrize(
    ("start", "reason"),
    [
        ('{"users": [{"username": "', "ends in an entry of more than"),
        ('{"realm": "', "text or a number of more than"),
        ('{"users": ["', "text or a number of more than"),
        ('{"users": [1', "text or a number of more than"),
    ],
)
def test_one_that_never_ends_takes_no_memory(start: str, reason: str):
    stream = io.BytesIO(start.encode() + b"1" * 24 * MAX_LINE)
    tracemalloc.start()
    try:
        with pytest.raises(Unreadable, match=reason):
            list(FORMATS["seed"].read(stream))
        assert tracemalloc.get_traced_memory()[1] < 16 * MAX_LINE
    finally:
        tracemalloc.stop()
