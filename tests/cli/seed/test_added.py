"""``flask seed``: all of a file is added, or nothing of it."""

import pytest

from app.core import identities
from app.core.credentials import api_keys, clients
from app.core.refusals import Refused
from tests.cli.seed.conftest import CUSTOMER, HASH, KEY, OTHER_KEY, SECRET, user
from tests.factories import ORIGIN, PASSWORD
from tests.grants import LOGIN


def hashed(core, password):
    return core.passwords.hash(password)


def test_a_whole_file_is_added_and_said_so(done, seed_file, core, rows):
    path = seed_file(
        customers=[{"id": CUSTOMER.upper(), "name": "Datastore Ltd"}],
        clients=[
            {"client_id": "koms-web", "name": "Web"},
            {"client_id": "gateway", "name": "Gateway", "secret": SECRET},
        ],
        users=[
            user("nessa", customer=CUSTOMER, roles=["admin"], permissions=["npm", "audit"]),
            user("John.Doo", password=None, password_hash=hashed(core, "imported password")),
            user("late", api_keys=[KEY, OTHER_KEY], password_expired=True),
            user("gone", disabled=True),
        ],
    )
    assert done("seed", path) == (
        "added 1 customer, 2 clients, 4 users and 2 API keys; there already: "
        "0 customers, 0 clients, 0 users and 0 API keys"
    )
    assert rows("SELECT * FROM customers") == [{"id": CUSTOMER, "name": "Datastore Ltd"}]
    found = rows(
        "SELECT username, customer_id, roles, permissions, password_expired, disabled_at, epoch,"
        " pepper_id FROM users ORDER BY id"
    )
    nessa = {
        "username": "nessa",
        "customer_id": CUSTOMER,
        "roles": "admin",
        "permissions": "audit npm",
        "password_expired": 0,
        "disabled_at": None,
        "epoch": 1,
        "pepper_id": None,
    }
    plain = nessa | {"customer_id": None, "roles": "", "permissions": ""}
    assert found == [
        nessa,
        plain | {"username": "John.Doo"},
        plain | {"username": "late", "password_expired": 1},
        plain | {"username": "gone", "disabled_at": core.clock.now()},
    ]
    assert clients.require(core, "koms-web")
    assert clients.prove(core, [("gateway", SECRET)], ORIGIN)
    assert identities.prove(core, "NESSA@example.com", PASSWORD, ORIGIN).roles == {"admin"}
    assert identities.prove(core, "john.doo", "imported password", ORIGIN)
    assert api_keys.exchange(core, LOGIN, "late", OTHER_KEY, ORIGIN)
    assert rows("SELECT event, dialect, note FROM audit_events WHERE event = 'seeded'") == [
        {
            "event": "seeded",
            "dialect": "cli",
            "note": "1 customers, 2 clients, 4 users, 2 api_keys",
        }
    ]


def test_the_same_file_again_changes_nothing_and_says_so(done, seed_file, tables):
    path = seed_file(
        customers=[{"id": CUSTOMER, "name": "Datastore Ltd"}],
        clients=[{"client_id": "gateway", "name": "Gateway", "secret": SECRET}],
        users=[user("nessa", api_keys=[KEY]), user("John.Doo")],
    )
    done("seed", path)
    before = tables()
    assert done("seed", path) == (
        "nothing to do: 1 customer, 1 client, 2 users and 1 API key are there already"
    )
    assert tables() == before


def test_an_empty_file_has_nothing_to_do(done, seed_file, tables):
    assert done("seed", seed_file()) == (
        "nothing to do: 0 customers, 0 clients, 0 users and 0 API keys are there already"
    )
    assert tables()["audit_events"] == []


def test_what_is_there_already_is_left_as_it_is_and_only_what_lacks_is_added(
    done, seed_file, core, rows, identities
):
    there = identities.add("nessa", permissions=())
    identities.client("koms-web")
    before = rows("SELECT * FROM users")
    reply = done(
        "seed",
        seed_file(
            clients=[{"client_id": "koms-web", "name": "New name", "secret": SECRET}],
            users=[
                user(
                    "NESSA",
                    email="new@example.com",
                    password="quite another one",
                    roles=["admin"],
                    disabled=True,
                    api_keys=[there.api_key, KEY],
                ),
                user("another"),
            ],
        ),
    )
    assert reply == (
        "added 0 customers, 0 clients, 1 user and 1 API key; there already: "
        "0 customers, 1 client, 1 user and 1 API key"
    )
    assert rows("SELECT * FROM users WHERE username = 'nessa'") == before
    assert rows("SELECT name, secret_digest FROM clients") == [
        {"name": "koms-web", "secret_digest": None}
    ]
    assert api_keys.exchange(core, LOGIN, "nessa", KEY, ORIGIN)
    assert rows("SELECT user_id FROM api_keys") == [{"user_id": there.id}] * 2


def test_a_revoked_key_is_there_already_and_stays_revoked(done, seed_file, core, rows):
    path = seed_file(users=[user(api_keys=[KEY])])
    done("seed", path)
    done("api-keys", "revoke", 1)
    assert done("seed", path).startswith("nothing to do")
    with pytest.raises(Refused):
        api_keys.exchange(core, LOGIN, "nessa", KEY, ORIGIN)


def test_many_passwords_are_hashed_on_all_cores_with_the_pepper_and_progress_in_lines(
    run, done, seed_file, core, rows
):
    done("keys", "rotate", "pepper")
    people = [user(f"user{number}", password=f"password of {number}") for number in range(40)]
    result = run("seed", seed_file(users=people))
    assert result.exit_code == 0
    lines = result.stderr.splitlines()
    assert len(lines) == 10
    assert lines[0].endswith("cores: 4 of 40")
    assert lines[-1].endswith("cores: 40 of 40")
    [pepper] = rows("SELECT id FROM signing_keys WHERE use = 'pepper'")
    for number in (0, 17, 39):
        found = identities.prove(core, f"user{number}", f"password of {number}", ORIGIN)
        assert found.pepper_id == pepper["id"]
    assert len(rows("SELECT DISTINCT password_hash FROM users")) == 40


def test_a_seed_that_succeeds_prints_no_secret(run, seed_file):
    result = run("seed", seed_file(users=[user(api_keys=[KEY])]))
    assert result.exit_code == 0
    assert PASSWORD not in result.output
    assert KEY not in result.output


def test_a_name_added_meanwhile_refuses_the_whole_seed(core, seed_file, tables, identities):
    from app.cli import seed_file as files
    from app.core import seeding

    found = files.read(seed_file(users=[user("first"), user("nessa")]))
    planned = seeding.plan(core, found.seed)
    identities.add("nessa")
    before = tables()
    with pytest.raises(Refused) as refusal:
        seeding.write(core, planned, [(None, HASH)] * len(planned.passwords), ORIGIN)
    assert refusal.value.detail == "somebody added one of these names meanwhile: run it again"
    assert tables() == before


class TestOnPostgresql:
    @pytest.fixture
    def database_url(self, postgresql_url):
        return postgresql_url

    def test_a_seed_is_added_whole_and_a_second_run_changes_nothing(
        self, done, seed_file, core, tables
    ):
        path = seed_file(
            customers=[{"id": CUSTOMER, "name": "Datastore Ltd"}],
            clients=[{"client_id": "gateway", "name": "Gateway", "secret": SECRET}],
            users=[
                user(f"user{n}", customer=CUSTOMER, roles=["admin"], disabled=n == 3)
                for n in range(20)
            ]
            + [user("keyed", api_keys=[KEY, OTHER_KEY])],
        )
        assert done("seed", path).startswith("added 1 customer, 1 client, 21 users and 2 API keys")
        assert identities.prove(core, "USER7", PASSWORD, ORIGIN).roles == {"admin"}
        assert api_keys.exchange(core, LOGIN, "keyed", OTHER_KEY, ORIGIN)
        before = tables()
        assert done("seed", path).startswith("nothing to do: 1 customer, 1 client, 21 users")
        assert tables() == before
        done("users", "add", "later", "later@example.com", stdin=PASSWORD)
