"""A user keeps its UUID, by which sites know their users: from an export, from Keycloak, from a table."""

import json

import pytest
from sqlalchemy import text

from app.core import identities, importing
from app.core.importing import Record, running
from app.core.importing.formats import json_lines
from tests.cases import each

from .conftest import read

HASH = "$2b$04$uYdC1J4iw9j88V29PTxfMOc.dUP9rCorfP00BPxH63uLYEUgW8OZi"
ONE, TWO, THREE = (f"{number:08x}-0000-4000-8000-000000000000" for number in (1, 2, 3))


def user(number: int, uuid: str | None = None, **fields: object) -> Record:
    name = f"user{number}"
    made = Record(f"line {number}", name, f"{name}@example.com", hash=HASH, uuid=uuid)
    return made._replace(**fields)


@pytest.fixture
def uuids(rows):
    def read_all() -> dict[str, str]:
        return {
            row["username"]: row["uuid"]
            for row in rows("SELECT username, uuid FROM users ORDER BY username")
        }

    return read_all


def test_the_id_of_the_file_is_the_users_and_others_get_one(run, uuids):
    assert run([user(1, ONE.upper()), user(2), user(3, THREE)]) == (3, 0, 0)
    found = uuids()
    assert (found["user1"], found["user3"]) == (ONE, THREE)
    assert len(found["user2"]) == 36


def test_an_export_is_taken_back_with_the_same_ids(core, run, uuids):
    run([user(1), user(2), user(3)])
    before = uuids()
    lines = list(importing.exported(core))
    assert {line["username"]: line["uuid"] for line in lines} == before
    with core.store.write() as writing:
        writing.execute(text("DELETE FROM users"))
        writing.execute(text("DELETE FROM login_names"))
    again = [json_lines.user(f"line {at}", line) for at, line in enumerate(lines)]
    assert run(again) == (3, 0, 0)
    assert uuids() == before
    assert run(again) == (0, 3, 0)


@pytest.mark.parametrize("batch", [1, 2, 100])
def test_an_id_that_is_anothers_or_stands_twice_rejects_the_row(run, uuids, monkeypatch, batch):
    monkeypatch.setattr(running, "BATCH", batch)
    assert run([user(7, ONE), user(8)]) == (2, 0, 0)
    before = uuids()
    records = [
        user(1, ONE),
        user(2, TWO),
        user(3, TWO),
        user(4, THREE[:-1]),
        user(7, ONE),
        user(8, THREE),
        user(9, ONE),
    ]
    reasons = [
        "line 1: its id belongs to another user of the database",
        "line 3: its id stands in the file already",
        "line 4: its id is not a UUID",
        "line 8: is there already, with another id",
        "line 9: its id stands in the file already",
    ]
    assert run(records, dry_run=True) == (1, 1, 5)
    assert sorted(run.rejected) == reasons
    assert uuids() == before
    assert run(records) == (1, 1, 5)
    assert sorted(run.rejected) == reasons
    assert uuids() == before | {"user2": TWO}
    assert run(records) == (0, 2, 5)
    assert sorted(run.rejected) == reasons, "a second run tells the same"


def test_of_two_with_one_name_or_id_in_a_batch_of_strangers_the_first_is_added(run, uuids):
    same_name = user(2, TWO)._replace(username="User1")
    assert run([user(1, ONE), same_name, user(3, ONE)]) == (1, 0, 2)
    assert run.rejected == [
        "line 2: username stands in the file already",
        "line 3: its id stands in the file already",
    ]
    assert uuids() == {"user1": ONE}


@each("digit", ["0", "f", "F"])
def test_the_uuid_of_nobody_is_no_users(run, tables, digit: str):
    nobodys = "-".join(digit * size for size in (8, 4, 4, 4, 12))
    assert run([user(1, nobodys)]) == (0, 0, 1)
    assert run.rejected == ["line 1: its id is the UUID of nobody"]
    assert tables() == []


def test_an_import_that_ended_early_goes_on_with_the_same_ids(run, uuids, monkeypatch):
    monkeypatch.setattr(running, "BATCH", 2)
    records = [user(1, ONE), user(2), user(3, THREE), user(4, ONE), user(5, TWO)]

    def cut():
        yield from records[:3]
        raise importing.Unreadable("the end")

    with pytest.raises(importing.Unreadable):
        run(cut())
    before = uuids()
    assert run(records) == (1, 3, 1)
    assert run.rejected == ["line 4: its id stands in the file already"]
    assert uuids() == before | {"user5": TWO}


def test_an_id_is_asked_for_too_where_no_name_was_met(core, run, uuids, monkeypatch):
    """The second batch is written without a question, and the database says that the id is taken."""
    monkeypatch.setattr(running, "BATCH", 1)
    run([user(9, ONE)])
    assert run([user(1), user(2, ONE), user(3)]) == (2, 0, 1)
    assert run.rejected == ["line 2: its id belongs to another user of the database"]
    assert identities.find(core, "user9").uuid == ONE


def test_a_name_may_look_like_an_id(run):
    assert run([user(1, ONE), user(2, TWO, username=ONE)], dry_run=True) == (2, 0, 0)
    assert run([user(1, ONE), user(2, TWO, username=ONE)]) == (2, 0, 0)


def test_keycloaks_ids_and_a_tables_uuids_are_kept():
    entry = {"id": ONE, "username": "ada"}
    assert read("keycloak", json.dumps({"users": [entry]}))[0].uuid == ONE
    assert read("csv", f"id,uuid,email,password\n7,{ONE},a@b.de,x\n")[0].uuid == ONE
    assert read("csv", "id,email,password\n7,a@b.de,x\n")[0].uuid is None
    assert read("jsonl", json.dumps({"uuid": ONE, "email": "a@b.de"}))[0].uuid == ONE
