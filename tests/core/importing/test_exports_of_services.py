"""What Keycloak, Auth0, Firebase and WordPress export, and what of it is rejected."""

import hashlib
import io
import json
from base64 import b64encode

import pytest
from passlib.hash import phpass

from app.core import identities, importing
from app.core.importing import Record, Rejected, Unreadable
from app.core.importing.formats import firebase
from app.core.importing.states import FOR_GOOD
from app.core.passwords import foreign
from tests.cases import each
from tests.core.foreign.vectors import FIREBASE as USER1
from tests.core.foreign.vectors import FIREBASE_SIGNER
from tests.core.foreign.vectors import KEYCLOAK as ALICE
from tests.factories import ORIGIN

from .conftest import read, reasons
from .samples import FIREBASE, HASH_CONFIG, KEYCLOAK


def test_keycloaks_users_keep_their_own_roles_and_service_accounts_are_passed_over():
    alice, ada = read("keycloak", KEYCLOAK)
    assert alice == Record(
        "users[0]", "alice", "alice@strimzi.io", hash=ALICE.hash, roles=frozenset({"ops"})
    )
    assert ada.place == "users[2]"
    assert ada.password_expired


@each(
    ("credential", "reason"),
    [
        ({"secretData": "{", "credentialData": "{}"}, "secretData is not JSON"),
        (
            {"secretData": "{}", "credentialData": '{"hashIterations":1,"algorithm":"x"}'},
            "algorithm",
        ),
        (
            {"secretData": "{}", "credentialData": '{"algorithm":"pbkdf2"}'},
            "hashIterations is not a number",
        ),
        ({"secretData": "{}", "credentialData": '{"hashIterations":true}'}, "hashIterations"),
        (
            {"secretData": '{"value":"*"}', "credentialData": '{"hashIterations":1}'},
            "password hash has a part that is not Base64",
        ),
        (
            {"secretData": "{}", "credentialData": '{"hashIterations":1,"algorithm":"argon2"}'},
            "is not an object",
        ),
    ],
)
def test_a_credential_of_keycloak_that_cannot_be_read_is_rejected(credential, reason: str):
    users = {"users": [{"username": "ada", "credentials": [{"type": "password", **credential}]}]}
    (found,) = reasons("keycloak", json.dumps(users))
    assert reason in found


def test_keycloaks_older_form_has_all_parts_in_the_credential():
    salt, digest = (
        b"0123456789abcdef",
        hashlib.pbkdf2_hmac("sha256", b"secret-1", b"0123456789abcdef", 27_500, 64),
    )
    credential = {
        "type": "password",
        "hashedSaltedValue": b64encode(digest).decode(),
        "salt": b64encode(salt).decode(),
        "hashIterations": 27_500,
        "counter": 0,
        "algorithm": "pbkdf2-sha256",
    }
    users = {"users": [{"username": "ada", "credentials": [credential]}]}
    [ada] = read("keycloak", json.dumps(users))
    assert ada.hash == foreign.pbkdf2("sha256", 27_500, salt, digest)


def test_keycloaks_user_without_a_password_is_read_without_one():
    users = [{"username": "a"}, {"username": "b", "credentials": [7, {"type": "otp"}]}]
    assert [record.hash for record in read("keycloak", json.dumps({"users": users}))] == [
        None,
        None,
    ]


@each(
    ("custom", "hash_"),
    [
        ({"algorithm": "bcrypt", "hash": {"value": "$2b$"}}, "$2b$"),
        ({"algorithm": "argon2", "hash": {"value": "$argon2"}}, "$argon2"),
        (
            {"algorithm": "md5", "hash": {"value": "00" * 16, "encoding": "hex"}},
            "$digest-md5$sp$$" + "A" * 22,
        ),
        (
            {
                "algorithm": "sha1",
                "hash": {"value": b64encode(bytes(20)).decode()},
                "salt": {"value": "ab", "position": "suffix"},
            },
            "$digest-sha1$ps$YWI$" + "A" * 27,
        ),
        (
            {"algorithm": "pbkdf2", "hash": {"value": "$pbkdf2-sha256$1000$AAAA$AAAA"}},
            "$pbkdf2-sha256$i=1000,l=3$AAAA$AAAA",
        ),
        (
            {
                "algorithm": "scrypt",
                "cost": 16_384,
                "blockSize": 8,
                "parallelization": "1",
                "hash": {"value": "000000", "encoding": "hex"},
                "salt": {"value": "000000", "encoding": "hex"},
            },
            "$scrypt$ln=14,r=8,p=1,l=3$AAAA$AAAA",
        ),
    ],
)
def test_auth0s_description_of_a_foreign_hash_is_understood(custom, hash_: str):
    entry = {"email": "ada@example.com", "custom_password_hash": custom, "blocked": True}
    (record,) = read("auth0", json.dumps([entry]))
    assert record == Record(
        "users[0]", None, "ada@example.com", hash=hash_, disabled_until=FOR_GOOD
    )


@pytest.mark.parametrize("algorithm", ["sha256", "bcrypt"])
def test_auth0s_password_that_was_hashed_in_another_encoding_is_rejected(algorithm: str):
    def entry(encoding: str) -> str:
        hashed = {"value": "00" * 32, "encoding": "hex"}
        custom = {"algorithm": algorithm, "hash": hashed, "password": {"encoding": encoding}}
        return json.dumps([{"email": "ada@example.com", "custom_password_hash": custom}])

    assert reasons("auth0", entry("ucs2")) == [
        "users[0]: has a password that was hashed in another encoding than utf8"
    ]
    assert reasons("auth0", entry("utf8")) == []


def test_auth0s_salt_at_an_unknown_position_is_rejected():
    """It was taken for one behind the password, and no password opened the account."""
    hashed = {"value": "00" * 32, "encoding": "hex"}
    salt = {"value": "ab", "position": "both"}
    entry = {"custom_password_hash": {"algorithm": "sha256", "hash": hashed, "salt": salt}}
    assert reasons("auth0", json.dumps([{"email": "a@b.de", **entry}])) == [
        "users[0]: has a position of its salt that is not prefix or suffix"
    ]


def test_auth0s_user_without_a_hash_and_one_of_another_algorithm():
    entries = [{"email": "a@b.de"}, {"custom_password_hash": {"algorithm": "x", "hash": {}}}]
    found = read("auth0", json.dumps(entries))
    assert found[0] == Record("users[0]", None, "a@b.de")
    assert found[1] == Rejected("users[1]", "has a password of an algorithm that is not known")


def test_firebases_hash_needs_the_projects_parameters():
    assert reasons("firebase", FIREBASE) == [
        "users[0]: has a Firebase hash, which needs --hash-config"
    ]
    users = json.dumps({"users": [{"localId": "x", "email": "a@b.de"}]})
    assert read("firebase", users) == [Record("users[0]", None, "a@b.de")]
    config = firebase.hash_config(HASH_CONFIG)
    read_with = firebase.reader(config)
    (record,) = read_with(io.BytesIO(FIREBASE.encode()))
    assert record == Record("users[0]", None, "user1@example.com", hash=USER1.hash)
    as_json = {
        "base64_signer_key": FIREBASE_SIGNER,
        "base64_salt_separator": "Bw==",
        "rounds": 8,
        "mem_cost": 14,
    }
    assert firebase.hash_config(json.dumps(as_json)) == config
    for text in ("", "rounds: 8", HASH_CONFIG.replace("rounds: 8", "rounds: eight")):
        with pytest.raises(Unreadable, match="hash_config"):
            firebase.hash_config(text)


@pytest.mark.parametrize("wrap", [False, True])
def test_wordpress_hashed_backslashes_and_the_upgrade_keeps_the_password_as_it_was_typed(
    core, run, wrap
):
    hash_ = phpass.using(rounds=7).hash("it\\'s a secret")
    table = f"user_login;user_email;user_pass\nada;ada@example.com;{hash_}\n"
    assert run(read("csv", table), wrap=wrap) == (1, 0, 0)
    assert identities.prove(core, "ada", "it's a secret", ORIGIN)
    assert importing.kinds(core) == {"argon2id": 1}
    assert identities.prove(core, "ada", "it's a secret", ORIGIN)
