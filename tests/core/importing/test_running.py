"""An import: what is added, what is there already, what is rejected, and what a second run does."""

import pytest
from sqlalchemy import insert, text

from app.core import identities, importing
from app.core.importing import Record, Rejected, running
from app.core.importing.formats import json_lines
from app.core.importing.states import FOR_GOOD
from app.core.passwords import foreign
from app.core.refusals import Refusal
from app.core.secrets import ImportedPepper
from app.store.faults import Conflict
from app.store.models import Customer
from tests.cases import each
from tests.core.foreign.vectors import GREETING
from tests.factories import ORIGIN, PASSWORD, refuses

HASH = "$2b$04$uYdC1J4iw9j88V29PTxfMOc.dUP9rCorfP00BPxH63uLYEUgW8OZi"
SSHA = "{SSHA}f+WGAHMrcxb38KLuJJIQKh1MOsEnBICw"


def user(number: int, **fields: object) -> Record:
    name = f"User{number}"
    made = Record(f"line {number}", name, f"{name}@Example.com", hash=HASH)
    return made._replace(**fields)


def log_in(core, name: str, password: str = GREETING):
    return identities.prove(core, name, password, ORIGIN)


def test_users_are_added_with_all_that_the_file_says(core, run, rows):
    records = [
        user(1, roles=frozenset({"b", "a"}), permissions=frozenset({"npm"})),
        user(2, disabled_until=FOR_GOOD, password_expired=True),
    ]
    assert run(records) == (2, 0, 0)
    log_in(core, "user1")
    with refuses(Refusal.ACCOUNT_DISABLED):
        log_in(core, "user2@example.com")
    one = identities.find(core, "user1")
    assert (one.username, one.email, one.epoch) == ("User1", "User1@Example.com", 1)
    assert (one.roles, one.permissions) == ({"a", "b"}, {"npm"})
    assert identities.find(core, "user2").password_expired
    (event,) = rows("SELECT event, reason, count FROM audit_events WHERE event = 'seeded'")
    assert event == {"event": "seeded", "reason": "imported", "count": 2}


def test_a_lock_with_an_end_disables_until_the_second_before_it(core, run, clock):
    run([user(1, disabled_until=clock.now()), user(2, disabled_until=clock.now() + 1)])
    log_in(core, "user1")
    with refuses(Refusal.ACCOUNT_DISABLED):
        log_in(core, "user2")


def test_a_user_who_registers_afterwards_gets_an_id_of_its_own(run, identities):
    run([user(1), user(2)])
    assert identities.add("later").id not in (1, 2)
    assert run([user(3)]) == (1, 0, 0)


def test_the_same_file_once_more_changes_nothing(run, tables, monkeypatch):
    monkeypatch.setattr(running, "BATCH", 2)
    records = [user(1), user(2), user(3), user(1), user(4, email="USER2@example.com")]
    assert run(records) == (3, 0, 2)
    twice = list(run.rejected)
    assert twice == [
        "line 1: username stands in the file already",
        "line 4: email stands in the file already",
    ]
    before = tables()
    assert run(records) == (0, 3, 2)
    assert run.rejected == twice, "a second run tells the same"
    assert tables() == before


@pytest.mark.parametrize("batch", [1, 3, 100])
def test_duplicates_in_the_file_and_in_the_database_are_told_apart(
    run, identities, monkeypatch, batch
):
    monkeypatch.setattr(running, "BATCH", batch)
    identities.add("User1", email="other@example.com")
    identities.add("second", email="user2@example.com")
    records = [
        user(1),
        user(2),
        user(3),
        user(4, username="user3"),
        user(5, username="user3@example.com"),
        user(6, username="second", email="user2@example.com"),
        user(7, username="SECOND", email="user2@example.com"),
    ]
    assert run(records, dry_run=True) == (1, 1, 5)
    in_dry_run = sorted(run.rejected)
    assert run(records) == (1, 1, 5)
    assert sorted(run.rejected) == in_dry_run
    assert in_dry_run == [
        "line 1: username belongs to another user of the database",
        "line 2: email belongs to another user of the database",
        "line 4: username stands in the file already",
        "line 5: username stands in the file already",
        "line 7: username stands in the file already",
    ]


def test_an_admin_of_the_old_system_is_one_here_only_if_the_run_says_so(run, core):
    admin = user(1, roles=frozenset({identities.ADMIN}))
    assert run([admin], admins=False) == (0, 0, 1)
    assert "has the role admin" in run.rejected[0]
    assert run([admin], admins=True) == (1, 0, 0)
    assert identities.find(core, "user1").roles == {identities.ADMIN}


def test_a_dry_run_writes_nothing(run, tables, rows):
    assert run([user(1), user(2, hash="x")], dry_run=True) == (1, 0, 1)
    assert tables() == []
    assert rows("SELECT * FROM audit_events") == []


def test_an_import_that_ended_early_goes_on_where_it_was(run, tables, monkeypatch):
    monkeypatch.setattr(running, "BATCH", 2)

    def cut():
        yield from (user(number) for number in range(5))
        raise importing.Unreadable("the end")

    with pytest.raises(importing.Unreadable):
        run(cut())
    assert len(tables()) == 10
    assert run(user(number) for number in range(7)) == (2, 5, 0)
    assert len(tables()) == 14
    assert [counts.read for counts in run.progress[-4:]] == [2, 4, 6, 7]


def test_a_name_that_is_taken_meanwhile_is_seen_at_the_next_try(run, identities, monkeypatch):
    write = running.write

    def overtaken(*given):
        monkeypatch.setattr(running, "write", write)
        identities.add("User1", email="other@example.com")
        return write(*given)

    monkeypatch.setattr(running, "write", overtaken)
    assert run([user(1), user(2)]) == (1, 0, 1)
    assert run.rejected == ["line 1: username belongs to another user of the database"]


def test_somebody_who_adds_names_all_the_time_ends_the_import(run, monkeypatch):
    def overtaken(*_given):
        raise Conflict("taken")

    monkeypatch.setattr(running, "write", overtaken)
    with refuses(Refusal.IDENTITY_TAKEN):
        run([user(1)])


def test_what_a_reader_rejects_is_counted(run):
    assert run([Rejected("line 1", "is no user"), user(2)]) == (1, 0, 1)
    assert run.rejected == ["line 1: is no user"]
    assert run([]) == (0, 0, 0)


class TestPasswords:
    def test_a_plain_password_is_hashed_by_the_policy(self, core, run):
        plain = [user(1, hash=None, password=PASSWORD), user(2, hash=None, password="short")]
        assert run(plain) == (1, 0, 1)
        assert "at least 8" in run.rejected[0]
        assert foreign.is_native(log_in(core, "user1", PASSWORD).password_hash)

    def test_wrap_leaves_no_weak_hash_and_a_strong_one_as_it_is(self, core, run, rows):
        core.keys.rotate("pepper")
        strong = "$2b$10$" + "a" * 53
        records = [user(1, hash=SSHA), user(2, hash=strong), user(3, hash=HASH)]
        records.append(user(4, hash=None, password=PASSWORD))
        assert run(records, wrap=True) == (4, 0, 0)
        assert run.counts.wrapped == 2
        assert importing.kinds(core) == {
            "bcrypt": 1,
            "wrap+digest-sha1": 1,
            "wrap+bcrypt": 1,
            "argon2id": 1,
        }
        log_in(core, "user1")
        log_in(core, "user3")
        log_in(core, "user4", PASSWORD)
        assert importing.kinds(core) == {"argon2id": 3, "bcrypt": 1}
        assert run(records, wrap=True) == (0, 4, 0)

    def test_many_hashes_are_made_in_small_batches(self, core, run, monkeypatch):
        monkeypatch.setattr(running, "HASHED_BATCH", 2)
        run([user(number, hash=SSHA) for number in range(5)], wrap=True)
        assert [counts.added for counts in run.progress] == [2, 4, 5]

    @pytest.mark.parametrize("wrap", [False, True])
    def test_a_pepper_of_the_old_system_goes_with_its_hashes(self, core, run, wrap):
        pepper = ImportedPepper("suffix", b"1234")
        password = GREETING.removesuffix("1234")
        assert run([user(1, hash=SSHA)], pepper=pepper, wrap=wrap) == (1, 0, 0)
        with refuses(Refusal.PASSWORD_WRONG):
            log_in(core, "user1")
        log_in(core, "user1", password)
        assert identities.find(core, "user1").pepper_id is None


@each(
    ("record", "reason"),
    [
        (Record("line 1"), "has neither a username nor an email"),
        (Record("line 1", "ada"), "has no email"),
        (Record("line 1", "ada", "ada@"), "email is not an e-mail address"),
        (Record("line 1", "a:b", "ada@example.com"), "username is not a valid username"),
        (user(1, hash=None), "has no password and no password hash"),
        (user(1, hash=None, password="\udc80" * 9), "password is not UTF-8"),
        (user(1, hash="!"), "password hash is of a kind that is not known"),
        (
            user(1, hash="$2b$15$" + "a" * 53),
            "password hash would cost each login more than 1 second",
        ),
        (
            user(1, roles=frozenset({"a b"})),
            "roles: A role or permission is a word without white space.",
        ),
        (user(1, customer="x"), "customer is not a UUID"),
        (user(1, customer="0" * 8 + "-0000-0000-0000-" + "0" * 12), "there is no such customer"),
        (
            user(1, stored=HASH, pepper="x"),
            "was hashed with a pepper that this service does not have",
        ),
        (
            user(1, stored="$argon2id$v=19$m=262144,t=16,p=1$AAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAA"),
            "password hash is Argon2id at a cost that no login may be made to pay",
        ),
        (user(1, stored="x"), "password hash is of a kind that is not known, or is cut off"),
    ],
)
def test_who_cannot_be_a_user_is_rejected_with_the_reason(run, record, reason: str):
    assert run([record]) == (0, 0, 1)
    assert run.rejected == [f"line 1: {reason}"]


def test_a_user_with_one_name_gets_the_other_from_it(core, run):
    records = [
        Record("line 1", None, "ada@example.com", hash=HASH),
        Record("line 2", "lin@example.com", hash=HASH),
        Record("line 3", "bob", hash=HASH),
    ]
    assert run(records, email_domain="b.example.org") == (3, 0, 0)
    assert identities.find(core, "ada@example.com").username == "ada@example.com"
    assert identities.find(core, "lin@example.com").email == "lin@example.com"
    assert identities.find(core, "bob@b.example.org").username == "bob"


def test_customers_must_be_there(core, run, rows):
    known = "11111111-2222-3333-4444-555555555555"
    with core.store.write() as writing:
        writing.execute(insert(Customer).inline(), {"id": known, "name": "C"})
    assert run([user(1, customer=known.upper()), user(2, customer=known)]) == (2, 0, 0)
    assert rows("SELECT DISTINCT customer_id FROM users") == [{"customer_id": known}]


def test_an_export_is_taken_back_with_the_same_rows(core, run, tables, rows):
    """Own hashes, foreign ones, wrapped ones and peppers."""
    core.keys.rotate("pepper")
    pepper = ImportedPepper("prefix", b"1")
    run([user(1, roles=frozenset({"x"}), disabled_until=FOR_GOOD), user(2)])
    run([user(3, hash=SSHA), user(4, hash=None, password=PASSWORD)], wrap=True)
    run(
        [user(5), user(6, hash="$raw+argon2id$v=19,m=8,t=1,p=1,l=16$" + "A" * 22 + "$" + "B" * 22)],
        pepper=pepper,
    )
    log_in(core, "user2")
    before = tables()
    lines = list(importing.exported(core))
    assert (
        lines[0].pop("uuid") == rows("SELECT uuid FROM users WHERE username = 'User1'")[0]["uuid"]
    )
    assert lines[0] == {
        "username": "User1", "email": "User1@Example.com", "stored_hash": HASH, "roles": ["x"],
        "disabled": True,
    }  # fmt: skip
    with core.store.write() as writing:
        writing.execute(text("DELETE FROM users"))
        writing.execute(text("DELETE FROM login_names"))
    again = [json_lines.user(f"line {at}", line) for at, line in enumerate(lines)]
    assert run(again) == (6, 0, 0)
    assert run(again, wrap=True) == (0, 6, 0)
    strip = [{name: value for name, value in row.items() if name != "id"} for row in before]
    assert [
        {name: value for name, value in row.items() if name != "id"} for row in tables()
    ] == strip
    log_in(core, "user2")
    log_in(core, "user3")
    log_in(core, "user4", PASSWORD)
