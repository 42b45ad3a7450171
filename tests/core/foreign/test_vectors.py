"""Hashes of other systems: the right password is the right one, and each system's quirk is its own."""

import hashlib
import hmac
from base64 import b64encode

import bcrypt
import pytest
from argon2 import PasswordHasher
from werkzeug.security import generate_password_hash

from app.core.passwords import foreign
from app.core.passwords.foreign import Salted
from app.core.secrets import PEPPER_FORMS, ImportedPepper
from tests.cases import each

from .vectors import FIREBASE, FIREBASE_SIGNER, GREETING, KEYCLOAK, READ, Vector

CHEAPEST = PasswordHasher(1, 8, 1)


def is_right(stored: str, password: str, pepper: ImportedPepper | bytes | None = None) -> bool:
    return foreign.verify(stored, password.encode(), pepper, CHEAPEST).is_right


def kind(stored: str) -> str:
    return foreign.kind_name(stored.split("$")[1])


@each("vector", READ)
def test_a_hash_that_the_original_software_made_opens_to_its_password_only(vector: Vector):
    stored = foreign.read(vector.hash)
    foreign.accepted(stored)
    assert is_right(stored, vector.password)
    assert not is_right(stored, vector.password + "x")
    assert not is_right(stored, "")
    assert kind(stored) == vector.kind


def test_keycloaks_hash_of_64_bytes_opens():
    assert is_right(KEYCLOAK.hash, KEYCLOAK.password)
    assert not is_right(KEYCLOAK.hash, "alice")
    assert kind(KEYCLOAK.hash) == KEYCLOAK.kind


def test_firebases_hash_opens_with_its_projects_signer_key_only():
    signer = ImportedPepper("firebase", foreign.decoded(FIREBASE_SIGNER))
    assert is_right(FIREBASE.hash, FIREBASE.password, signer)
    assert not is_right(FIREBASE.hash, "user2password", signer)
    assert not is_right(FIREBASE.hash, FIREBASE.password)
    assert not is_right(FIREBASE.hash, FIREBASE.password, ImportedPepper("firebase", b"k" * 64))


@pytest.mark.parametrize("method", ["scrypt:128:8:1", "pbkdf2:sha256:50", "pbkdf2:sha512:50"])
def test_what_werkzeug_makes_today_opens(method: str):
    stored = foreign.read(generate_password_hash(GREETING, method))
    assert is_right(stored, GREETING)
    assert not is_right(stored, "Grusse")


def test_what_werkzeug_made_before_is_an_hmac_under_the_salt():
    digest = hmac.new(b"Xy12", GREETING.encode(), "sha256").hexdigest()
    stored = foreign.read(f"sha256$Xy12${digest}")
    assert is_right(stored, GREETING)
    assert kind(stored) == "hmac-sha256"
    unsalted = foreign.read(f"sha256$${hashlib.sha256(GREETING.encode()).hexdigest()}")
    assert is_right(unsalted, GREETING)


def test_the_first_version_of_passlibs_bcrypt_sha256_and_wordpress_hash_before_bcrypt():
    config = b"$2b$04$MeOABN3XUwREyq.x3BiGYe"
    first = b64encode(hashlib.sha256(GREETING.encode()).digest())
    digest = bcrypt.hashpw(first, config).decode()[29:]
    stored = foreign.read(f"$bcrypt-sha256$2b,04$MeOABN3XUwREyq.x3BiGYe${digest}")
    assert is_right(stored, GREETING)
    press = b64encode(hmac.digest(b"wp-sha384", GREETING.encode(), "sha384"))
    text = bcrypt.hashpw(press, config.replace(b"2b", b"2y")).decode()
    assert is_right(foreign.read(f"$wp{text}"), GREETING)


def test_bcrypt_ends_at_72_bytes_as_it_did_in_the_old_system():
    long = "x" * 80
    stored = bcrypt.hashpw(long.encode()[:72], bcrypt.gensalt(4)).decode()
    assert is_right(stored, long)
    assert is_right(stored, "x" * 72)
    assert not is_right(stored, "x" * 71)


def test_bits_of_a_bcrypt_salt_that_do_not_count_are_passed_over():
    stored = bcrypt.hashpw(b"x", b"$2b$04$" + b"A" * 21 + b"e").decode()
    assert is_right(stored.replace("Ae", "Ah", 1), "x")
    assert not is_right(stored.replace("Ae", "Ah", 1), "y")


def test_crypt_is_not_computed_for_more_than_256_bytes():
    """Its work grows with the password, which anybody chooses."""
    stored = next(vector.hash for vector in READ if vector.kind == "sha256-crypt")
    assert not is_right(stored, "x" * 1_024)


@pytest.mark.parametrize("salt_first", [True, False])
def test_a_digest_with_its_salt_in_a_column_of_its_own_opens(salt_first: bool):
    data = b"pepperedsalt" + b"secret-1" if salt_first else b"secret-1" + b"pepperedsalt"
    found = Salted("sha256", hashlib.sha256(data).digest(), b"pepperedsalt", salt_first)
    stored = foreign.salted(found)
    assert is_right(stored, "secret-1")
    assert not is_right(foreign.salted(found._replace(salt_first=not salt_first)), "secret-1")


@pytest.mark.parametrize("form", PEPPER_FORMS)
def test_a_pepper_of_the_old_system_is_part_of_the_password(form: str):
    pepper = ImportedPepper(form, b"the old system's pepper")
    key, secret = pepper.secret, GREETING.encode()
    hashed = {
        "suffix": secret + key,
        "prefix": key + secret,
        "hmac-sha256-hex": hmac.new(key, secret, "sha256").hexdigest().encode(),
        "hmac-sha256-base64": b64encode(hmac.digest(key, secret, "sha256")),
        "hmac-sha512-base64": b64encode(hmac.digest(key, secret, "sha512")),
    }[form]
    stored = bcrypt.hashpw(hashed[:72], bcrypt.gensalt(4)).decode()
    assert is_right(stored, GREETING, pepper)
    assert not is_right(stored, GREETING, pepper._replace(secret=b"another"))
    assert not is_right(stored, GREETING)


def test_the_text_is_hashed_as_it_was_typed():
    """The old system did not normalise, so neither does the comparison with its hash."""
    decomposed = "A\u030angstro\u0308m"
    stored = foreign.salted(Salted("sha1", hashlib.sha1(decomposed.encode()).digest()))
    assert is_right(stored, decomposed)
    assert not is_right(stored, "Ångström")


@pytest.mark.parametrize("stored", [f"$1$abcdefgh${'a' * 22}", f"$apr1$abcdefgh${'a' * 22}"])
def test_a_pepper_with_a_nul_byte_makes_no_password_of_crypt_right_or_unanswered(stored: str):
    """crypt takes none: the process that computes it would end, and the login be told to try again."""
    assert not is_right(stored, "x", ImportedPepper("prefix", b"\0"))
