"""Fields beside ``password`` that say that it is a hash: then it never becomes the password."""

import hashlib
import json

from app.core.importing import Record
from app.core.importing.formats.salted import says_hashed
from app.core.passwords import foreign
from tests.cases import each

from .conftest import read, reasons

SHA256 = hashlib.sha256(b"saltsecret").hexdigest()
BCRYPT = "$2y$10$92IXUNpkjO0rOQ5byMi.Ye4oKoEa3Ro9llC/.og/at2.uheWG/igi"
SAY_SO = [
    *("salt", "passwordSalt", "password_salt", "algorithm", "Password-Algorithm", "hash_algorithm"),
    *("encryptionScheme", "scheme", "hash_function", "hashMethod", "hash", "iterations", "rounds"),
    *("hash_iterations", "iterationCount", "workFactor", "factor", "passwordFormat", "pw_type"),
    *(
        "password_hashed",
        "passwordIsHashed",
        "salt_position",
        "saltEncoding",
        "user.salt",
        "pwd_algo",
        "salt_value",
        "random_salt",
        "psalt",
    ),
]
SAY_NOTHING = [
    *("password", "username", "email_hash", "gravatar_hash", "hashtag", "user_type", "algolia_id"),
    *(
        "password_expired",
        "password_changed_at",
        "passwordHint",
        "role",
        "type",
        "stored_hash",
        "plan",
    ),
]


def test_which_names_say_it():
    assert [name for name in SAY_SO if not says_hashed(name)] == []
    assert [name for name in SAY_NOTHING if says_hashed(name)] == []


@each("name", SAY_SO)
def test_password_is_then_the_hash(name: str):
    """A digest in Base64 without a mark became the password, and the salt was passed over in silence."""
    fields = {"email": "a@b.de", "password": "pmWkWSBCL51Bfkhn79xPuKBKHz__H6B", name: "x"}
    lines = [json.dumps(fields), json.dumps({**fields, name: None})]
    table = f"email,password,{name}\na@b.de,{fields['password']},x\na@b.de,{fields['password']},\n"
    of_table = read("csv", table)[: 1 if name == "hash" else 2]  # that is the hash itself
    for found in (*read("jsonl", "\n".join(lines)), *of_table):
        assert getattr(found, "password", None) is None


def test_it_is_read_with_them_where_it_can_be():
    salted = {"password": SHA256, "salt": "salt", "password_algorithm": "SHA-256"}
    table = f"mail,password,Salt,Algorithm\na@b.de,{SHA256},salt,SHA-256\na@b.de,{BCRYPT},,\n"
    first, second = read("csv", table)
    assert read("jsonl", json.dumps({"email": "a@b.de", **salted})) == [
        first._replace(place="line 1")
    ]
    assert first.hash is not None
    assert first.hash.startswith("$digest-sha256$sp$c2FsdA$")
    assert second == Record("line 3", None, "a@b.de", hash=BCRYPT)
    for salt in (BCRYPT[:29], "", "NULL", None, 0, 92):
        marked = {"email": "a@b.de", "password": BCRYPT, "algorithm": "bcrypt", "old_salt": salt}
        assert read("jsonl", json.dumps(marked))[0].hash == BCRYPT


def test_discourses_costs_stand_in_the_column_of_the_algorithm():
    salt = "c5d0b3c6e6a1f6f8e8f0a1b2c3d4e5f6"  # SecureRandom.hex(16), hashed as this text
    digest = hashlib.pbkdf2_hmac("sha256", b"secret-1", salt.encode(), 64_000)
    table = (
        "username,email,password_hash,password_salt,password_algorithm,suspended_till\n"
        f'ada,a@b.de,{digest.hex()},{salt},"$pbkdf2-sha256$i=64000,l=32$",\n'
    )
    [ada] = read("csv", table)
    assert ada.hash == foreign.pbkdf2("sha256", 64_000, salt.encode(), digest)
    assert reasons("csv", table.replace("l=32", "l=64")) == [
        "line 2: has a hash of another length than its password_algorithm says"
    ]


@each(
    ("fields", "reason"),
    [
        (
            {"password": SHA256, "rounds": 7},
            "has a digest and a field 'rounds', and no password_algorithm",
        ),
        (
            {"password_hash": SHA256, "salt": "x"},
            "has a digest and a field 'salt', and no password_algorithm",
        ),
        (
            {"password": SHA256, "password_algorithm": "sha256", "iterations": 1000},
            "has a hash that was made with more than a salt and an algorithm",
        ),
        # Authlogic's bcrypt, for example, is of the password and the salt.
        (
            {"password": BCRYPT, "salt": "gx3Tzo"},
            "has a field 'salt' beside a hash with a salt of its own",
        ),
        (
            {"password_hash": BCRYPT, "passwordSalt": "gx3Tzo", "algorithm": "bcrypt"},
            "has a field 'passwordSalt' beside a hash with a salt of its own",
        ),
        (
            {"password_hash": BCRYPT, "salt": 8_675_309},
            "has a field 'salt' beside a hash with a salt of its own",
        ),
        (
            {"password": SHA256, "password_algorithm": "whirlpool"},
            "password hash has not the length of its hash function, or one that is not known",
        ),
        (
            {"password": "secret-1", "password_hash": BCRYPT},
            "has a password and a password_hash: leave one out",
        ),
        (
            {"password": "secret-1", "stored_hash": BCRYPT},
            "has a password and a stored_hash: leave one out",
        ),
    ],
)
def test_what_cannot_be_read_with_them_is_rejected(fields: dict[str, object], reason: str):
    assert reasons("jsonl", json.dumps({"email": "a@b.de", **fields})) == [f"line 1: {reason}"]


def test_a_plain_password_in_such_a_table_is_rejected(run):
    table = "email,password,salt\na@b.de,correct horse battery,\n"
    assert run(read("csv", table)) == (0, 0, 1)
    assert run.rejected == ["line 2: password hash is of a kind that is not known"]


def test_rows_of_a_table_may_have_the_one_or_the_other():
    table = f"email,password,password_hash\na@b.de,secret-1,\nb@b.de,,{BCRYPT}\n"
    assert [(found.password, found.hash) for found in read("csv", table)] == [
        ("secret-1", None),
        (None, BCRYPT),
    ]
