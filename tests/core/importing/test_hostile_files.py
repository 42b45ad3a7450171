"""Files that were made to take all memory or time: each is refused, or costs what its size is worth."""

import io
import json
import time
from collections.abc import Callable
from contextlib import suppress

import pytest

from app.core.importing import FORMATS, Unreadable
from app.core.importing.formats import firebase
from app.core.importing.formats.guarded import MAX_DEPTH
from app.core.passwords import foreign
from tests.cases import each

from .conftest import read, reasons

# Two such users, and a text with brackets and quotes that are none.
USER = '{"username": "ada", "note": "[[{\\"[\\\\", "more": [[], {"a": [1]}]}'


def _nested(levels: int) -> str:
    return f'{{"users": [{USER}, {{"a": {"[" * levels}{"]" * levels}}}]}}'


@each(
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


def test_groups_of_django_that_are_no_list_reject_one_user():
    entry = {"model": "auth.user", "pk": 1, "fields": {"password": "x", "groups": 5}}
    assert reasons("dumpdata", json.dumps([entry])) == ["objects[0]: groups is not a list"]


# Two classes by turns: to put them in order takes the square of their number.
MARKS = "a" + "\u0300\u0316" * 30_000


@each(
    "ask",
    {
        "a password": lambda: foreign.hash_in(MARKS),
        "a column's name": lambda: read("csv", f"email,password,{MARKS}\na@b.de,x,\n"),
        "the only columns": lambda: read("csv", f"{MARKS},{MARKS}\n"),
        "a hash_config": lambda: firebase.hash_config("a" * 60_000),
    },
)
def test_a_text_costs_what_its_length_is_worth(ask: Callable[[], object]):
    started = time.process_time()
    with suppress(Unreadable, foreign.Unreadable):
        ask()
    assert time.process_time() - started < 1
