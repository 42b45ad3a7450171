"""Passwords with quotes and backslashes, which WordPress hashed with a backslash before each."""

import bcrypt
import pytest
from argon2 import PasswordHasher
from passlib import hash as passlib

from app.core.passwords import foreign
from app.core.passwords.foreign import apart, computing
from app.core.secrets import ImportedPepper

CHEAPEST = PasswordHasher(1, 8, 1)
TYPED = """it's "a\\b" secret"""
SLASHED = """it\\'s \\"a\\\\b\\" secret"""


def _wordpress(password: str) -> str:
    """As WordPress 6.8 does."""
    key = computing.PREHASHES["wp-sha384"](None, password.encode())  # type: ignore[arg-type]
    return foreign.read("$wp" + bcrypt.hashpw(key, bcrypt.gensalt(4)).decode())


def _phpass(password: str) -> str:
    return str(passlib.phpass.using(rounds=7).hash(password))


def _wrapped(stored: str) -> str:
    return foreign.wrapped(stored, CHEAPEST.hash(foreign.digest_to_wrap(stored, None)))


def is_right(stored: str, password: str, pepper: ImportedPepper | None = None) -> bool:
    return foreign.verify(stored, password.encode(), pepper, CHEAPEST).is_right


@pytest.mark.parametrize("make", [_wordpress, _phpass])
@pytest.mark.parametrize("around", [str, _wrapped], ids=["plain", "wrapped"])
def test_wordpress_hashed_what_its_form_sent_with_backslashes(make, around):
    stored = around(make(SLASHED))
    assert is_right(stored, TYPED)
    assert is_right(stored, SLASHED), "it is what was hashed"
    for wrong in ("its a secret", TYPED[:-1], "'", "\\", TYPED + "\0", "it\\'s"):
        assert not is_right(stored, wrong)


@pytest.mark.parametrize("make", [_wordpress, _phpass])
def test_a_password_that_a_program_set_opens_as_it_is(make):
    stored = make(TYPED)
    assert is_right(stored, TYPED)
    assert not is_right(stored, TYPED.replace("\\", ""))


@pytest.mark.parametrize(
    "stored",
    [
        bcrypt.hashpw(SLASHED.encode(), bcrypt.gensalt(4)).decode(),
        _phpass(SLASHED).replace("$P$", "$H$"),
        passlib.md5_crypt.hash(SLASHED),
        foreign.read(passlib.hex_md5.hash(SLASHED)),
    ],
    ids=["bcrypt", "phpbb", "md5-crypt", "md5"],
)
def test_no_other_system_puts_backslashes_in(stored: str):
    for around in (stored, _wrapped(stored)):
        assert not is_right(around, TYPED)
        assert is_right(around, SLASHED)


def test_only_a_password_with_such_a_character_costs_a_second_hash(monkeypatch):
    computed = []
    compute = apart.compute
    monkeypatch.setattr(
        apart, "compute", lambda *given: computed.append(given[1]) or compute(*given)
    )
    stored = _phpass("secret")
    for password in ("wrong", "secret", "", "'\0"):
        is_right(stored, password)
    assert computed == [b"wrong", b"secret", b"", b"", b""]
    computed.clear()
    assert not is_right(stored, "a'b")
    assert computed == [b"a'b", b"a\\'b"]
    computed.clear()
    assert is_right(_phpass("a'b"), "a'b")
    assert computed == [b"a'b"]


def test_a_pepper_is_joined_to_what_wordpress_hashed():
    stored = _wordpress(SLASHED + "pepper")
    assert is_right(stored, TYPED, ImportedPepper("suffix", b"pepper"))
