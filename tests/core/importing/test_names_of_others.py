"""Nobody comes in under the name of somebody else."""

import json

import pytest

from app.core.importing import Record, Rejected

from .conftest import read, reasons

SOMEBODY_ELSES = "username is the e-mail address of somebody else"


def _user(name: str, **fields: object) -> dict[str, object]:
    return {"username": name, "password": "x", **fields}


@pytest.mark.parametrize("name", ["d4@b.de", "D4@B.DE", "d4@ｂ．ｄｅ"])
def test_a_username_that_is_the_address_of_another_one_is_rejected_in_every_format(name: str):
    entry = {"username": name, "email": "a@b.de"}
    dumped = {"model": "auth.user", "fields": {**entry, "password": "x"}}
    assert reasons("jsonl", json.dumps(entry)) == [f"line 1: {SOMEBODY_ELSES}"]
    assert reasons("csv", f"username,email,password\n{name},a@b.de,x\n") == [
        f"line 2: {SOMEBODY_ELSES}"
    ]
    for format_, document in (
        ("seed", {"users": [entry]}),
        ("keycloak", {"users": [entry]}),
        ("auth0", [entry]),
        ("dumpdata", [dumped]),
    ):
        (reason,) = reasons(format_, json.dumps(document))
        assert reason.endswith(f"[0]: {SOMEBODY_ELSES}")
    ldif = f"uid: {name}\nmail: a@b.de\nuserPassword: x\n"
    assert reasons("ldif", ldif) == [f"line 1: {SOMEBODY_ELSES}"]


@pytest.mark.parametrize(
    "fields",
    [
        {"username": "A@B.de", "email": "a@b.DE"},
        {"username": "d4@b.de"},
        {"username": "d4@b", "email": "a@b.de"},
        {"username": "@ada", "email": "a@b.de"},
        # An export's names were one set already.
        {"username": "d4@b.de", "email": "a@b.de", "stored_hash": "x"},
    ],
)
def test_ones_own_address_and_a_name_with_an_at_sign_are_taken(fields: dict[str, str]):
    assert len(reasons("jsonl", json.dumps(fields))) == 0


def test_the_name_of_a_person_is_no_username():
    assert read("csv", "name,email,password\nadmin,a@b.de,x\n") == [
        Record("line 2", None, "a@b.de", password="x")
    ]


def test_only_users_of_django_are_users():
    user = {"username": "admin", "password": "x"}
    objects = [
        {"model": "wifi.accesspoint", "pk": 1, "fields": user},
        {"model": "forum.group", "pk": 1, "fields": {**user, "groups": [7]}},
        {"model": "mail.box", "pk": 1, "fields": {"password": "x", "last_login": None}},
        {"model": "forum.group", "pk": 7, "fields": {"name": "admin"}},
        {"model": "auth.group", "pk": 7, "fields": {"name": "editors"}},
        {"model": "auth.user", "pk": 1, "fields": {**user, "groups": [7]}},
        {"model": "shop.customer", "pk": 1, "fields": {**user, "last_login": None}},
        {"model": "shop.customer", "pk": 1, "fields": {"username": "x", "last_login": None}},
    ]
    no_user = "has a password, but is of no model of users"
    assert read("dumpdata", json.dumps(objects)) == [
        *(Rejected(f"objects[{number}]", no_user) for number in range(3)),
        Record("objects[5]", "admin", hash="x", roles=frozenset({"editors"})),
        Rejected("objects[6]", "is of another model than the users before it"),
    ]


@pytest.mark.parametrize("name", ["username", "email"])
def test_a_user_model_of_the_projects_own_is_one(name: str):
    fields = {name: "a@b.de", "password": "x", "last_login": None}
    (record,) = read("dumpdata", json.dumps([{"model": "people.person", "fields": fields}]))
    assert record.hash == "x"


def test_a_salt_that_is_not_utf8_rejects_its_user():
    row = b"a@b.de,38d36bb4bdd2ceaa89a2517993f48ee0,md5,\xff"
    text = b"email,password_hash,password_algorithm,salt\n" + row
    assert reasons("csv", text) == ["line 2: has a salt that is not UTF-8"]
