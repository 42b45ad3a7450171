"""Columns that nobody reads are named once: one of them may have said that a user is locked."""

import json

import pytest

from app.core.importing import Checks, batches
from app.core.importing.records import PassedOver
from app.core.importing.running import Batch
from app.core.policy import Policy
from tests.cases import each

from .conftest import read_all


def passed_over(name: str, text: str) -> PassedOver:
    """What the reader says is passed over; it says so once at most."""
    told = [found for found in read_all(name, text.encode()) if isinstance(found, PassedOver)]
    assert len(told) <= 1
    return told[0] if told else PassedOver()


def unread(name: str, text: str) -> tuple[str, ...]:
    found = passed_over(name, text)
    assert found.more == 0
    return found.names


def test_a_tables_other_columns_are_named_as_the_file_spells_them():
    table = "id,email,Display Name,encrypted_password,is_active,\n7,a@b.de,Ada,x,1,\n7,b@b.de,Lin,x,1,\n"
    assert unread("csv", table) == ("id", "Display Name")
    assert unread("csv", "email,password,banned_until\na@b.de,x,\n") == ()


def test_other_fields_of_json_lines_are_named_once():
    lines = [{"email": "a@b.de", "status": "x", "isActive": True}, {"status": "y", "plan": 7}]
    text = "\n".join(map(json.dumps, lines))
    assert unread("jsonl", text) == ("status", "plan")
    known = {"uuid": "x", "stored_hash": "x", "salt": "x", "disabled": True, "roles": []}
    assert unread("jsonl", json.dumps(known)) == ()


def test_other_attributes_of_ldif_are_named_without_what_every_entry_has():
    entry = (
        "dn: uid=a\nobjectClass: person\nuid: a\nuserPassword: x\nnsAccountLock: FALSE\n"
        "shadowExpire: 1\njpegPhoto:: AAAA\n AAAA\nshadowExpire: 2\n\n"
    )
    assert unread("ldif", "version: 1\n" + entry * 2 + "search: 2\nresult: 0 Success\n") == (
        "shadowExpire",
        "jpegPhoto",
    )


def with_names(name: str, names: list[str]) -> str:
    """A file of this format whose columns, fields or attributes have these names."""
    return {
        "csv": f"email,password,{','.join(names)}\n",
        "jsonl": json.dumps(dict.fromkeys(names, 1)),
        "ldif": "dn: x\n" + "".join(f"{it}: 1\n" for it in names),
    }[name]


@pytest.mark.parametrize("name", ["csv", "jsonl", "ldif"])
def test_a_file_cannot_make_the_list_long(name: str):
    letters = "abcdefghij"
    names = [f"{one}{two}{'x' * 1_000}" for one in letters for two in letters]
    told = passed_over(name, with_names(name, [it[:60] if name == "ldif" else it for it in names]))
    assert (len(told.names), told.more) == (30, 70)
    assert {len(name) for name in told.names} == {60}


LOCKS = (
    "kontoLocked",
    "accountExpires",
    "Sperrstatus",
    "disabledReason",
    "deactivatedBy",
    "isBanned2",
    "suspension",
    "removed",
    "valid_to",
    "prohibited",
    "till",
)


@pytest.mark.parametrize("name", ["csv", "jsonl", "ldif"])
def test_names_that_may_be_locks_are_told_first(name: str):
    """They stood behind thirty others, and were not told."""
    names = [*(f"field-{number}" for number in range(40)), *LOCKS]
    if name == "ldif":
        # An attribute's name has no such sign.
        names = [it.replace("_", "-") for it in names]
    found = passed_over(name, with_names(name, names))
    assert found.names == (*names[40:], *(f"field-{number}" for number in range(19)))
    assert found.more == 21


@each(
    "line",
    [
        "$2y$10$abc:rest",
        "{SSHA}abc: x",
        "5f4dcc3b5aa765d61d8327deb882cf99: x",
        "a5f4dcc3b5aa765d61d8327deb882cf9: x",
        "abJnggxhByWI1:x",
        "secret password: x",
        "x" * 61 + ": 1",
        "x" * 300 + ": 1",
        "gr\u00fcn: x",
    ],
)
def test_what_may_be_no_name_of_an_attribute_is_counted_and_not_told(line: str):
    """The rest of a line that broke may be a hash, and the names go to the terminal."""
    found = passed_over("ldif", f"dn: x\nuid: a\nplan: 1\n{line}\n{line}\n")
    assert found == (("plan",), 1)


def test_of_very_many_names_the_locks_are_told_all_the_same():
    names = [*(f"x{number}" for number in range(11_000)), "myLock"]
    found = passed_over("jsonl", json.dumps(dict.fromkeys(names, 1)))
    assert found.names[0] == "myLock"
    assert found.more == 10_000 - 30


def test_the_names_stand_in_a_batch_of_their_own_beside_the_users():
    checks = Checks(
        Policy(), email_domain=None, wrap=False, pepper_id=None, peppers={}, admins=False, now=0.0
    )
    text = f"email,password_hash,plan\na@b.de,$2b$04${'a' * 53},7\n"
    first, second = batches(read_all("csv", text.encode()), checks)
    assert first == Batch([], [], PassedOver(("plan",)))
    assert ([user.email for user in second.users], second.passed_over) == (["a@b.de"], ((), 0))
