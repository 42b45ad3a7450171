"""A field called ``password`` may hold hashes: each is taken as what it is, and none becomes a password."""

import hashlib
from collections.abc import Iterable

from app.core import identities
from app.core.importing import Record
from app.core.passwords import foreign
from app.core.refusals import Refusal
from app.core.secrets import ImportedPepper
from tests.cases import each
from tests.core.foreign.vectors import FIREBASE, GREETING, KEYCLOAK, READ, Vector
from tests.factories import ORIGIN, refuses

BCRYPT = "$2y$10$92IXUNpkjO0rOQ5byMi.Ye4oKoEa3Ro9llC/.og/at2.uheWG/igi"


def user(password: str, number: int = 1, **fields: object) -> Record:
    made = Record(f"line {number}", f"user{number}", f"user{number}@example.com", password=password)
    return made._replace(**fields)


def users(passwords: Iterable[str]) -> list[Record]:
    return [user(password, number) for number, password in enumerate(passwords, 1)]


def log_in(core, password: str, name: str = "user1"):
    return identities.prove(core, name, password, ORIGIN)


MARKED = [vector for vector in READ if "$" in vector.hash or "{" in vector.hash]


def test_a_hash_in_the_notation_of_its_system_is_the_hash_and_not_the_password(run, core, rows):
    """Laravel, Django, Symfony and Spring call the column of their hashes ``password``."""
    assert run(users(vector.hash for vector in MARKED)) == (len(MARKED), 0, 0), run.rejected
    stored = rows("SELECT username, password_hash FROM users")
    assert {row["username"]: row["password_hash"] for row in stored} == {
        f"user{number}": foreign.read(vector.hash) for number, vector in enumerate(MARKED, 1)
    }

    @each(("number", "vector"), enumerate(MARKED, 1))
    def logs_in(number: int, vector: Vector):
        with refuses(Refusal.PASSWORD_WRONG):
            log_in(core, vector.hash, f"user{number}")
        log_in(core, vector.password, f"user{number}")

    logs_in()


def test_the_pepper_of_the_old_system_goes_with_it(run, core):
    pepper = ImportedPepper("suffix", b"1234")
    assert run([user(READ[0].hash)], pepper=pepper) == (1, 0, 0)
    assert READ[0].password == GREETING
    log_in(core, GREETING.removesuffix("1234"))


def test_aspnet_and_the_stored_forms_are_hashes_too(run, core):
    aspnet = next(vector.hash for vector in READ if vector.hash.startswith("AQAAAA"))
    stored = [aspnet, KEYCLOAK.hash, FIREBASE.hash, foreign.read(READ[0].hash)]
    assert run(user(text, number) for number, text in enumerate(stored)) == (4, 0, 0)
    for number, text in enumerate(stored):
        with refuses(Refusal.PASSWORD_WRONG):
            log_in(core, text, f"user{number}")


def test_springs_name_before_a_bcrypt_hash_is_read():
    assert foreign.read("{bcrypt}" + BCRYPT) == BCRYPT


REJECTED = {
    BCRYPT[:-1]: "looks like a hash that is of a kind that is not known, or is cut off",
    BCRYPT.replace("$10$", "$14$"): "looks like a hash that would cost each login more than",
    "!" + BCRYPT: "looks like a hash with something before it",
    "*LK*" + BCRYPT: "looks like a hash that is of a kind that is not known",
    "$y$j9T$F5Jx5fExrKuPp53xLKQ..1$X3DX6M94c7o": "looks like a hash that",
    "$argon2id$v=19$m=65536,t=3,p=4$c29tZXNhbHQ": "looks like a hash that is not Argon2",
    "{CRYPT}abJnggxhB/yWI": "looks like a hash that",
    "!{SSHA}f+WGAHMrcxb38KLuJJIQKh1MOsEnBICw": "looks like a hash with something before",
    "{noop}secret-1": "looks like a hash that",
    "{scrypt@SpringSecurity_v5_8}$e0801$8bWJaSu2IKSn9Z9kM": "looks like a hash that",
    "pbkdf2_sha256$870000$abcdefghijklmnopqrstuv": "looks like a hash that",
    "pbkdf2:sha256:1000000:9$salt$" + "ab" * 32: "looks like a hash that",
    "md5$salt$0123456789abcdef0123": "looks like a hash that",
    "!PbzkT6wRHmPW3WBmFbWC2GpzBWMSMCmGJrPuYXLZ": "looks like a hash that",
    "*2470C0C06DEE42FD1618BB99005ADCA2EC9D1E19": "looks like a hash that",
    "AQAAAAEAfwAAAAAAEA" + "A" * 66: "looks like a hash that",
    hashlib.md5(b"secret-1").hexdigest(): "looks like a digest in hexadecimal",
    hashlib.sha1(b"secret-1").hexdigest().upper(): "looks like a digest in hexadecimal",
    hashlib.sha512(b"secret-1").hexdigest(): "looks like a digest in hexadecimal",
}


def test_what_looks_like_a_hash_and_cannot_be_taken_is_rejected(run, tables):
    assert run(users(REJECTED)) == (0, 0, len(REJECTED))
    told = {
        text: f"line {number}: password {REJECTED[text]}" for number, text in enumerate(REJECTED, 1)
    }
    found = dict(zip(REJECTED, run.rejected, strict=True))
    assert {text: found[text] for text in told if not found[text].startswith(told[text])} == {}
    assert tables() == []


CHOSEN = [
    "$2go4it!!",
    "$1$ is a dollar and one more dollar",
    "{cool}password of mine",
    "md5$is$not safe",
    "sha512:never:again",
    "!important, you know",
    "*****stars*****",
    "AQAAAA is where it begins",
    "0123456789abcdef0123456789abcde",
    "correct horse battery staple",
    "ünïcödé, $6$ and {SSHA}",
]


def test_what_people_choose_is_a_password(run, core):
    assert run(users(CHOSEN)) == (len(CHOSEN), 0, 0), run.rejected

    @each(("number", "password"), enumerate(CHOSEN, 1))
    def logs_in(number: int, password: str):
        log_in(core, password, f"user{number}")

    logs_in()


def test_what_is_longer_than_any_hash_is_a_password_that_is_too_long(run):
    assert run([user("$6$" + "x" * 600)]) == (0, 0, 1)
    assert run.rejected == ["line 1: password is longer than 500 characters"]


@each(
    "stored",
    [
        hashlib.md5(b"").hexdigest(),
        hashlib.sha256(b"").hexdigest(),
        f"sha1$salt${hashlib.sha1(b'salt').hexdigest()}",
        "{SSHA}spXRFxNal2PaKC59rnOlyn0+WxFzYWx0",
        "{SHA}2jmj7l5rSw0yVb/vlWAYkK/YBwk=",
    ],
)
def test_a_digest_of_an_empty_password_is_rejected(run, stored: str):
    """It stands for users who come in by another way. Nothing would ever open it."""
    assert run([user("", hash=stored), user("", 2, stored=foreign.read(stored))]) == (0, 0, 2)
    assert {reason.partition(": ")[2] for reason in run.rejected} == {
        "password hash is of an empty password, which opens nothing"
    }
    if "{" in stored:
        assert run([user(stored)]) == (0, 0, 1)
