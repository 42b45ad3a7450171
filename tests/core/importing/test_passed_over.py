"""Columns that nobody reads are named once: one of them may have said that a user is locked."""

import json

import pytest

from app.core.importing import Checks, batches
from app.core.importing.records import PassedOver
from app.core.policy import Policy

from .conftest import read_all


def unread(name: str, text: str) -> tuple[str, ...]:
    """What the reader says is passed over; it says so once at most."""
    told = [found for found in read_all(name, text.encode()) if isinstance(found, PassedOver)]
    assert len(told) <= 1
    return told[0].names if told else ()


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


@pytest.mark.parametrize("name", ["csv", "jsonl", "ldif"])
def test_a_file_cannot_make_the_list_long(name: str):
    names = [f"{number}{'x' * 1_000}" for number in range(100)]
    text = {
        "csv": f"email,password,{','.join(names)}\n",
        "jsonl": json.dumps(dict.fromkeys(names, 1)),
        "ldif": "dn: x\n" + "".join(f"{name}: 1\n" for name in names),
    }[name]
    told = unread(name, text)
    assert len(told) == 30
    assert {len(name) for name in told} == {60}


def test_the_names_stand_in_a_batch_of_their_own_beside_the_users():
    checks = Checks(
        Policy(), email_domain=None, wrap=False, pepper_id=None, peppers={}, admins=False, now=0.0
    )
    text = f"email,password_hash,plan\na@b.de,$2b$04${'a' * 53},7\n"
    first, second = batches(read_all("csv", text.encode()), checks)
    assert first == ([], [], ("plan",))
    assert ([user.email for user in second.users], second.passed_over) == (["a@b.de"], ())
