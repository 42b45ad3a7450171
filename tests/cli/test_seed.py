"""``flask seed``: all of a file, or nothing of it."""

import base64
import json

import pytest

from app.core import identities
from app.core.credentials import api_keys, clients
from app.core.refusals import Refused
from config import ROOT
from tests.conftest import settings_for
from tests.factories import ORIGIN, PASSWORD, Identities

CUSTOMER = "e7fcef24-5c03-41dd-9e33-995b7d6f47a7"
KEY = "hDn/LFXIPESM036W+s7VKg=="
SECRET = "3f9b0c2e71d84a65b8e0c4d7f1a29635"
OTHER_KEY = base64.b64encode(bytes(16)).decode()
HASH = (
    "$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHRzb21lc2FsdA$RdescudvJCsgt3ub+b/dWRWJTmaaJObGRdescudvJCs"
)
DEMO = ROOT / "app" / "cli" / "demo.json"


def user(name="nessa", **fields):
    entry = {"username": name, "email": f"{name}@example.com", "password": PASSWORD} | fields
    return {field: value for field, value in entry.items() if value is not None}


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
    assert api_keys.exchange(core, "late", OTHER_KEY, ORIGIN)
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
    assert api_keys.exchange(core, "nessa", KEY, ORIGIN)
    assert rows("SELECT user_id FROM api_keys") == [{"user_id": there.id}] * 2


def test_a_revoked_key_is_there_already_and_stays_revoked(done, seed_file, core, rows):
    path = seed_file(users=[user(api_keys=[KEY])])
    done("seed", path)
    done("api-keys", "revoke", 1)
    assert done("seed", path).startswith("nothing to do")
    with pytest.raises(Refused):
        api_keys.exchange(core, "nessa", KEY, ORIGIN)


def test_yaml_says_the_same(done, tmp_path, core):
    path = tmp_path / "seed.YAML"
    path.write_text(
        f"""
        # people
        customers: [{{id: {CUSTOMER}, name: Datastore Ltd}}]
        users:
          - &first
            username: nessa
            email: nessa@example.com
            password: "{PASSWORD}"
            customer: {CUSTOMER}
            roles: [admin]
        """
    )
    assert done("seed", path).startswith("added 1 customer, 0 clients, 1 user")
    assert identities.prove(core, "nessa", PASSWORD, ORIGIN).customer == CUSTOMER


def test_a_byte_order_mark_is_no_fault(done, tmp_path):
    path = tmp_path / "seed.json"
    path.write_bytes(b"\xef\xbb\xbf" + json.dumps({"users": [user()]}).encode())
    assert done("seed", path).startswith("added 0 customers, 0 clients, 1 user")


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


FAULTS = [
    ({"users": [user(email="nowhere")]}, "users[0].email: is not an e-mail address"),
    ({"users": [user("a:b", email="a@example.com")]}, "users[0].username: is not a valid username"),
    ({"users": [user(), 5]}, "users[1]: must be a mapping"),
    ({"users": [user(username=5)]}, "users[0].username: must be text, in quotes"),
    ({"users": [user(email=False)]}, "users[0].email: must be text, in quotes"),
    ({"users": [user(username=None, email="a@example.com")]}, "users[0].username: is missing"),
    ({"users": [user(email=None)]}, "users[0].email: is missing"),
    ({"users": [user(password=None)]}, "users[0].password: is missing, and so is password_hash"),
    ({"users": [user(password_hash=HASH)]}, "users[0].password: stands beside a password_hash"),
    (
        {"users": [user(password="short")]},
        "users[0].password: The password must have at least 8 characters.",
    ),
    (
        {"users": [user(password="password1")]},
        "users[0].password: The password is on the list of common passwords.",
    ),
    ({"users": [user(password="\ud800 no such letter")]}, "users[0].password: holds half of"),
    ({"users": [user(passwort="x")]}, "users[0].passwort: unknown key"),
    ({"users": [user(**{"\x1b[2J": 1})]}, "users[0].\\x1b[2J: unknown key"),
    ({"users": [user(roles="admin")]}, "users[0].roles: must be a list of texts"),
    ({"users": [user(roles=["a b"])]}, "users[0].roles: A role or permission is a word"),
    ({"users": [user(permissions=[1])]}, "users[0].permissions: must be a list of texts"),
    (
        {"users": [user(permissions=["x" * 1001])]},
        "users[0].permissions: They are longer than 1,000 characters together.",
    ),
    ({"users": [user(disabled="no")]}, "users[0].disabled: must be true or false"),
    ({"users": [user(password_expired=1)]}, "users[0].password_expired: must be true or false"),
    ({"users": [user(customer="Datastore")]}, "users[0].customer: must be a UUID"),
    ({"users": [user(customer=CUSTOMER)]}, "users[0].customer: there is no such customer"),
    ({"users": [user(api_keys=KEY)]}, "users[0].api_keys: must be a list of texts"),
    ({"users": [user(api_keys=["short"])]}, "users[0].api_keys[0]: is not base64 of 16 bytes"),
    (
        {"users": [user(api_keys=[KEY, KEY])]},
        "users[0].api_keys[1]: stands at users[0].api_keys[0]",
    ),
    (
        {"users": [user(api_keys=[KEY]), user("b", api_keys=[OTHER_KEY, KEY])]},
        "users[1].api_keys[1]: stands at users[0].api_keys[0] already",
    ),
    (
        {"users": [user(), user("NESSA", email="b@example.com")]},
        "users[1].username: stands at users[0].username already",
    ),
    (
        {"users": [user(), user("b", email="ｎessa@example.com")]},
        "users[1].email: stands at users[0].email already",
    ),
    (
        {"users": [user(), user("Nessa@Example.com", email="b@example.com")]},
        "users[1].username: stands at users[0].email already",
    ),
    ({"users": {"nessa": user()}}, "users: must be a list"),
    ({"people": []}, "people: unknown key"),
    ({"development_only": "yes"}, "development_only: must be true or false"),
    ({"customers": [{"id": "x", "name": "X"}]}, "customers[0].id: must be a UUID"),
    ({"customers": [{"id": CUSTOMER}]}, "customers[0].name: is missing"),
    ({"customers": [{"id": CUSTOMER, "name": ""}]}, "customers[0].name: is empty"),
    (
        {"customers": [{"id": CUSTOMER, "name": "A"}, {"id": CUSTOMER.upper(), "name": "B"}]},
        "customers[1].id: stands at customers[0].id already",
    ),
    ({"clients": [{"client_id": "a b", "name": "A"}]}, "clients[0].client_id: is not 1 to 200"),
    ({"clients": [{"client_id": "a", "name": "x" * 201}]}, "clients[0].name: is empty, too long"),
    (
        {"clients": [{"client_id": "a", "name": "A", "secret": "correct-horse-battery-staple"}]},
        "clients[0].secret: can be guessed: it needs 128 random bits",
    ),
    (
        {"clients": [{"client_id": "a", "name": "A"}, {"client_id": "a", "name": "B"}]},
        "clients[1].client_id: stands at clients[0].client_id already",
    ),
]


@pytest.mark.parametrize(("sections", "fault"), FAULTS, ids=[fault for _, fault in FAULTS])
def test_a_fault_is_named_by_its_place_and_nothing_is_written(
    run, seed_file, tables, sections, fault
):
    before = tables()
    result = run("seed", seed_file(**sections))
    assert result.exit_code == 1
    assert result.stdout == ""
    heading, *lines = result.stderr.splitlines()
    assert heading.endswith("seed.json is refused as a whole, nothing was written:")
    assert len(lines) == 1
    assert lines[0].startswith(fault)
    assert tables() == before


@pytest.mark.parametrize(
    "encoded",
    [
        "",
        PASSWORD,
        "$2b$12$abcdefghijklmnopqrstuuKmEVoQpzA7XyzABCDEFGHIJKLMNOPQR",
        HASH.replace("argon2id", "argon2i"),
        HASH.replace("m=8", "m=2097152"),
        HASH.replace("t=1", "t=1000"),
        HASH.replace("t=1", "t=0"),
        HASH.replace("p=1", "p=2"),
        HASH.replace("p=1", "p=0"),
        HASH.replace("c29t", "!!!!"),
        HASH.replace("m=8", "m=99999999999999999999"),
        HASH + "A" * 500,
    ],
)
def test_a_hash_that_no_login_could_or_should_check_is_a_fault(run, seed_file, tables, encoded):
    result = run("seed", seed_file(users=[user(password=None, password_hash=encoded)]))
    assert result.exit_code == 1
    assert "users[0].password_hash: is not an Argon2id hash, or one at a cost" in result.stderr
    assert tables()["users"] == []


def test_names_taken_by_others_are_faults(run, seed_file, tables, identities: Identities):
    identities.add("John.Doo")
    identities.add("third")
    nessa = identities.add("nessa")
    before = tables()
    result = run(
        "seed",
        seed_file(
            users=[
                user("JOHN.DOO", email="Nessa@example.com"),
                user("new", email="john.doo@example.com"),
                user("third@example.com", email="other@example.com"),
                user("keyed", api_keys=[nessa.api_key]),
            ]
        ),
    )
    assert result.exit_code == 1
    assert result.stderr.splitlines()[1:] == [
        "users[0].email: belongs to another user",
        "users[1].email: belongs to another user",
        "users[2].username: is the e-mail address of another user",
        "users[3].api_keys[0]: is another user's",
    ]
    assert tables() == before


def test_all_faults_are_told_at_once_in_the_order_of_the_file(run, seed_file, tables):
    result = run(
        "seed",
        seed_file(
            clients=[{"client_id": "a"}],
            users=[user("a", email="x"), user("b", rols=[]), user("c", password="12345678")],
            users_too=[],
        ),
    )
    assert [line.split(":")[0] for line in result.stderr.splitlines()[1:]] == [
        "users_too",
        "clients[0].name",
        "users[0].email",
        "users[1].rols",
        "users[2].password",
    ]
    assert tables()["users"] == []


def test_a_great_many_faults_are_counted_and_not_all_printed(run, seed_file):
    result = run("seed", seed_file(users=[5] * 1000))
    assert len(result.stderr.splitlines()) == 22
    assert result.stderr.splitlines()[-1] == "and 980 more"


def test_faults_never_quote_a_secret(run, seed_file):
    secrets = {
        "password": "12345678",
        "password_hash": "$argon2id$not-a-hash",
        "api_keys": ["tell-nobody"],
    }
    result = run(
        "seed",
        seed_file(
            users=[user(**secrets)], clients=[{"client_id": "a", "name": "A", "secret": "hush"}]
        ),
    )
    assert len(result.stderr.splitlines()) == 5
    for secret in ("12345678", "not-a-hash", "tell-nobody", "hush"):
        assert secret not in result.output


def test_a_seed_that_succeeds_prints_no_secret(run, seed_file):
    result = run("seed", seed_file(users=[user(api_keys=[KEY])]))
    assert result.exit_code == 0
    assert PASSWORD not in result.output
    assert KEY not in result.output


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("a.json", b'{"users": [', "is not JSON: line 1, column 12: Expecting value"),
        ("a.json", b'\xff\xfe{\x00"\x00', "is not UTF-8"),
        ("a.json", b"[]", "must be a mapping of customers, clients and users"),
        ("a.json", b"[" * 100_000, "is nested too deeply"),
        ("a.json", b'{"users": ' + b"1" * 5000 + b"}", "holds a number of too many digits"),
        ("a.yaml", b"users: [", "is not YAML: line 2, column 1: did not find expected node"),
        ("a.yaml", b"- nessa", "must be a mapping of customers, clients and users"),
        ("a.yaml", b"users: !!python/name:os.system", "is not YAML: line 1, column 8: could not"),
        ("a.yaml", b"2026-99-99: x", "is not YAML"),
        ("a.yaml", b"[1]: x", "is not YAML"),
        ("a.yml", b"", "must be a mapping of customers, clients and users"),
        ("missing.json", None, "No such file or directory"),
    ],
)
def test_a_file_that_cannot_be_made_out_is_one_line(refused, tmp_path, name, content, reason):
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    assert refused("seed", path).startswith(f"{path}: {reason}")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.json", '{"users": [{"username": "a", "email": "a@x.de", "email": "b@x.de"}]}'),
        ("a.yaml", "users: [{username: a, email: a@x.de, email: b@x.de}]"),
    ],
)
def test_a_key_that_stands_twice_is_a_fault(run, tmp_path, tables, name, content):
    path = tmp_path / name
    path.write_text(content)
    assert run("seed", path).stderr.splitlines()[1:] == ["users[0].email: stands there twice"]
    path.write_text('{"users": [], "users": []}' if name == "a.json" else "users: []\nusers: []")
    assert run("seed", path).stderr.splitlines()[1:] == ["users: stands there twice"]
    assert tables()["users"] == []


def test_a_directory_is_no_seed(refused, tmp_path):
    assert refused("seed", tmp_path) == f"{tmp_path}: Is a directory"


def test_a_name_added_meanwhile_refuses_the_whole_seed(core, seed_file, tables, identities):
    from app.cli import seed_file as files
    from app.core import seeding

    found = files.read(seed_file(users=[user("first"), user("nessa")]))
    planned = seeding.plan(core, found.seed)
    identities.add("nessa")
    before = tables()
    with pytest.raises(Refused) as refusal:
        seeding.write(core, planned, [(None, HASH)] * 2, ORIGIN)
    assert refusal.value.detail == "somebody added one of these names meanwhile: run it again"
    assert tables() == before


def test_production_refuses_the_demonstration(refused, tables):
    assert "is for WATCHWORD_ENV=development" in refused("seed", DEMO)
    assert tables()["users"] == []


class TestDemonstration:
    @pytest.fixture
    def settings(self, database_url, monkeypatch):
        return settings_for(database_url, monkeypatch, env="development")

    def test_the_identities_of_the_documents_samples_work_as_printed(self, run, core):
        result = run("seed", DEMO)
        assert result.exit_code == 0
        assert result.stderr == (
            "These identities are known to everybody: for demonstration only.\n"
        )
        ethan = identities.prove(core, "ethan.buckley@datastoreltd.biz", "S0qUx56pW!", ORIGIN)
        assert ethan.customer == CUSTOMER
        assert api_keys.exchange(core, "John.Doo", KEY, ORIGIN).expires_in == 20
        assert clients.require(core, "koms-web")
        assert identities.prove(core, "komi@example.com", "demonstration-of-session", ORIGIN)
        nessa = identities.prove(core, "nessa", "demonstration-of-aaa", ORIGIN)
        assert nessa.permissions == {"npm"}
        admin = identities.prove(core, "admin", "demonstration-of-admin", ORIGIN)
        assert admin.roles == {"admin"}
        secret = "Fk2mTx0eW7nQ4sVbR9cLpY"
        assert clients.prove(core, [("gateway", secret)], ORIGIN)


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
        assert api_keys.exchange(core, "keyed", OTHER_KEY, ORIGIN)
        before = tables()
        assert done("seed", path).startswith("nothing to do: 1 customer, 1 client, 21 users")
        assert tables() == before
        done("users", "add", "later", "later@example.com", stdin=PASSWORD)
