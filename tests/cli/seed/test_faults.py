"""``flask seed``: a fault is told by its place in the file, and nothing is written."""

import pytest

from app.core import identities
from app.core.secrets import MAX_LENGTH
from tests.cases import each
from tests.cli.seed.conftest import CUSTOMER, HASH, KEY, OTHER_KEY, user
from tests.factories import ORIGIN, PASSWORD, Identities

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
    ({"users": [user(password="$2b$12$" + "a" * 53)]}, "users[0].password: is a hash and no"),
    ({"users": [user(password=HASH)]}, "users[0].password: is a hash and no password"),
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
        {"clients": [{"client_id": "a", "name": "A", "secret": "x" * (MAX_LENGTH + 1)}]},
        f"clients[0].secret: has more than {MAX_LENGTH} characters",
    ),
    (
        {"clients": [{"client_id": "a", "name": "A"}, {"client_id": "a", "name": "B"}]},
        "clients[1].client_id: stands at clients[0].client_id already",
    ),
]


@each(("sections", "fault"), FAULTS)
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


@each(
    "encoded",
    [
        "",
        PASSWORD,
        "$2b$12$abcdefghijklmnopqrstuuKmEVoQpzA7XyzABCDEFGHIJKLMNOPQR",
        HASH.replace("argon2id", "argon2i"),
        HASH.replace("m=8", "m=2097152"),
        HASH.replace("m=8,t=1", "m=262144,t=16"),
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


@pytest.mark.parametrize("password", ["d8e8fca2dc0f896fd7cb4cb0031ba249", "{noop}secret-1"])
def test_what_only_looks_like_a_hash_is_a_password(run, seed_file, core, password):
    """The first is as openssl rand -hex 16 makes them."""
    assert run("seed", seed_file(users=[user(password=password)])).exit_code == 0
    assert identities.prove(core, "nessa", password, ORIGIN)


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
