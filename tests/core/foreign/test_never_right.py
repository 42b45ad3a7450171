"""Passwords that open no hash of another system, also where its software would have let them in."""

import base64
import hashlib
from collections.abc import Callable

import bcrypt
import pytest
from argon2 import PasswordHasher
from passlib import hash as passlib

from app.core.passwords import foreign
from app.core.passwords.foreign import apart, computing
from app.core.secrets import ImportedPepper

CHEAPEST = PasswordHasher(1, 8, 1)
SALT = b"saltsalt"


def _pbkdf2(password: str) -> str:
    return foreign.pbkdf2(
        "sha256", 2, SALT, hashlib.pbkdf2_hmac("sha256", password.encode(), SALT, 2)
    )


def _scrypt(password: str) -> str:
    return foreign.scrypt(
        2, 8, 1, SALT, hashlib.scrypt(password.encode(), salt=SALT, n=2, r=8, p=1)
    )


def _ssha(password: str) -> str:
    data = hashlib.sha1(password.encode() + SALT).digest() + SALT
    return foreign.read("{SSHA}" + base64.b64encode(data).decode())


# How a system makes the hash of a password.
MAKES: dict[str, Callable[[str], str]] = {
    "bcrypt": lambda password: bcrypt.hashpw(password.encode(), bcrypt.gensalt(4)).decode(),
    "md5-crypt": passlib.md5_crypt.hash,
    "apr1": passlib.apr_md5_crypt.hash,
    "sha256-crypt": passlib.sha256_crypt.using(rounds=1_000).hash,
    "sha512-crypt": passlib.sha512_crypt.using(rounds=1_000).hash,
    "phpass": passlib.phpass.using(rounds=7).hash,
    "pbkdf2": _pbkdf2,
    "scrypt": _scrypt,
    "ssha": _ssha,
    "md5": lambda password: foreign.read(hashlib.md5(password.encode()).hexdigest()),
}
EACH = pytest.mark.parametrize("make", MAKES.values(), ids=MAKES)
NEVER = ("", "\0", "\0\0", "A" * 257, "A" * 300 + "\0")


def both(stored: str) -> tuple[str, str]:
    """The hash, and the same with Argon2id around it."""
    return stored, foreign.wrapped(stored, CHEAPEST.hash(foreign.digest_to_wrap(stored, None)))


def is_right(stored: str, password: str, pepper: ImportedPepper | None = None) -> bool:
    return foreign.verify(stored, password.encode(), pepper, CHEAPEST).is_right


@EACH
def test_the_hash_of_an_empty_password_opens_to_nothing(make: Callable[[str], str]):
    """Systems keep one for users who come from elsewhere and never type a password."""
    for stored in both(make("")):
        for password in NEVER:
            assert not is_right(stored, password), password[:3]


@EACH
def test_a_nul_ends_no_password_and_pads_none(make: Callable[[str], str]):
    for stored in both(make("secret-1")):
        assert is_right(stored, "secret-1")
        for password in ("secret-1\0", "secret-1\0more", "secret-1\0secret-1", "\0secret-1"):
            assert not is_right(stored, password), password


@pytest.mark.parametrize("kind", ["md5-crypt", "apr1", "sha256-crypt", "sha512-crypt", "phpass"])
def test_for_crypt_and_phpass_256_bytes_are_the_longest_password(kind: str):
    for length, opens in ((256, True), (257, False)):
        password = "é" * 128 + "x" * (length - 256)
        for stored in both(MAKES[kind](password)):
            assert is_right(stored, password) is opens


def test_what_is_never_right_costs_a_hash_too(monkeypatch):
    computed = []
    compute = apart.compute
    monkeypatch.setattr(
        apart, "compute", lambda *given: computed.append(given[1]) or compute(*given)
    )
    stored = MAKES["sha512-crypt"]("")
    for password in NEVER:
        assert not is_right(stored, password)
    assert computed == [b""] * len(NEVER)


def test_behind_a_pepper_that_fills_bcrypt_no_password_is_right():
    """bcrypt reads the pepper and nothing of the password, so each would be right."""
    for length in (computing.BCRYPT_BYTES, computing.BCRYPT_BYTES - 1):
        pepper = ImportedPepper("prefix", b"p" * length)
        key = (pepper.secret + b"secret-1")[: computing.BCRYPT_BYTES]
        for stored in both(bcrypt.hashpw(key, bcrypt.gensalt(4)).decode()):
            opens = length < computing.BCRYPT_BYTES
            assert is_right(stored, "secret-1", pepper) is opens
            assert not is_right(stored, "another", pepper)
