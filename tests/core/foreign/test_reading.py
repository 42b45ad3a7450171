"""What is no hash, costs too much, or is wrapped."""

import pytest
from argon2 import PasswordHasher
from hypothesis import example, given
from hypothesis import strategies as st

from app.core.passwords import foreign
from app.core.passwords.foreign import Salted, Unreadable
from tests.cases import each
from tests.texts import WRITABLE

from .vectors import FIREBASE, KEYCLOAK, READ, Vector

CHEAPEST = PasswordHasher(1, 8, 1)
SALT = "A" * 22
DIGEST = "B" * 43


@each(
    ("text", "reason"),
    [
        ("", "not known"),
        ("secret", "not known"),
        ("!", "not known"),
        ("AQAAAAEAACcQ", "not known"),
        (
            "AgAAAAEAACcQAAAAEAABAgMEBQYHCAkKCwwNDg+yWU7rLgUwPZb1Itsmra7cbxw2EFpwpVFIEtP+JIuUEw==",
            "not known",
        ),
        (
            "AQAAAAkAACcQAAAAEAABAgMEBQYHCAkKCwwNDg+yWU7rLgUwPZb1Itsmra7cbxw2EFpwpVFIEtP+JIuUEw==",
            "not known",
        ),
        ("$2b$12$short", "cut off"),
        ("$2x$12$" + "a" * 53, "not known"),
        ("$argon2id$v=19$m=8,t=1$x$y", "reference implementation"),
        ("$pbkdf2-sha256$10$salt", "parts"),
        ("pbkdf2_sha256$ten$salt$AAAA", "not a number"),
        ("pbkdf2_sha256$10$salt$A*", "not Base64"),
        ("pbkdf2_md4$10$salt$AAAA", "hash function"),
        ("pbkdf2:sha256:10$salt$xyz", "not hexadecimal"),
        ("pbkdf2:sha256$salt$aa", "parts"),
        ("$scrypt$ln=x$a$b", "passlib"),
        ("scrypt:100:8:1$salt$aa", "power of two"),
        ("$bcrypt-sha256$v=3,t=2b,r=12$a$b", "version"),
        ("{CRYPT}{CRYPT}x", "scheme in a scheme"),
        ("{SSHA}aFU+I4fJ6YAjs2a5+6yOkAa0Cls=", "another length"),
        ("{ROT13}aFU+", "LDAP scheme"),
        ("{PBKDF2_SHA256}AAAIAMZI", "another length"),
        ("{PBKDF2_SHA512}1000$AAAA$AAAA", "hash function"),
        ("{PBKDF2}$1$salt$5000", "parts"),
        ("{PBKDF2-SHA256}$1$salt$5000$aa", "parts"),
        ("sha1$salt$abcd", "length"),
        ("abc", "length"),
        ("abcd", "length"),
        ("md5$a$b$c", "parts"),
        ("$1$salt$short", "cut off"),
        # The other function's length, or another than the text says: no password would be right.
        (f"$5${'a' * 8}${'b' * 86}", "cut off"),
        (f"$6${'a' * 8}${'b' * 43}", "cut off"),
        (f"$pbkdf2-sha256$i=1000,l=31${SALT}${DIGEST}", "cut off"),
        (f"$digest-sha1$ps${SALT}${DIGEST}", "cut off"),
        # RFC 7914 section 2: N is less than 2^(16 r).
        (f"$scrypt$ln=16,r=1,p=1${SALT}${DIGEST}", "too great for its r"),
    ],
)
def test_what_is_no_hash_is_refused_with_its_reason(text: str, reason: str):
    with pytest.raises(Unreadable, match=reason):
        foreign.accepted(foreign.read(text))


@each(
    ("text", "reason"),
    [
        ("$2b$14$" + "a" * 53, "1 second"),
        (f"$pbkdf2-sha256$4000000${SALT}${DIGEST}", "1 second"),
        (f"$scrypt$ln=19,r=8,p=1${SALT}${DIGEST}", "1 second"),
        (f"$scrypt$ln=18,r=9,p=1${SALT}${DIGEST}", "second"),
        # OpenSSL counts two blocks more than N and p.
        (f"$scrypt$ln=8,r=8160,p=1${SALT}${DIGEST}", "256 MiB"),
        (f"$scrypt$ln=4,r=8,p=99999${SALT}${DIGEST}", "1 second"),
        (f"$argon2id$v=19$m=1048576,t=1,p=1${SALT}${DIGEST}", "1 second"),
        (f"$argon2id$v=19$m=300000,t=1,p=1${SALT}${DIGEST}", "256 MiB"),
        (f"$argon2id$v=19$m=8,t=1,p=2${SALT}${DIGEST}", "1 second"),
        # A thread for each lane, slice and pass: 16 s and 4 s.
        (f"$argon2id$v=19$m=16,t=50000,p=2${SALT}${DIGEST}", "1 second"),
        (f"$argon2id$v=19$m=79992,t=2,p=9999${SALT}${DIGEST}", "1 second"),
        # PBKDF2 over 128 MB: 3 s.
        (f"$scrypt$ln=1,r=99999,p=10${SALT}${DIGEST}", "1 second"),
        (f"$6$rounds=2000000${'a' * 8}${'b' * 86}", "1 second"),
        ("$P$Q" + "a" * 30, "1 second"),
        ("{SSHA}" + "A" * 600, "longer than 500"),
    ],
)
def test_what_would_cost_a_login_too_much_is_refused(text: str, reason: str):
    with pytest.raises(Unreadable, match=reason):
        foreign.accepted(foreign.read(text))


@pytest.mark.parametrize("outer", ["m=262144,t=16,p=1", "m=8,t=0,p=1"])
def test_a_wrapped_hash_is_refused_for_what_is_around_it_too(outer: str):
    inner = foreign.read(f"$pbkdf2-sha256$1000${SALT}${DIGEST}")
    wrapped = foreign.wrapped(inner, f"{foreign.NATIVE}{outer}${SALT}${DIGEST}")
    with pytest.raises(Unreadable, match="around it"):
        foreign.accepted(wrapped)


@pytest.mark.parametrize("config", ["ln=15,r=1,p=1", "ln=18,r=8,p=1", "ln=8,r=8000,p=1"])
def test_scrypt_is_computed_up_to_the_limits(config: str):
    stored = foreign.read(f"$scrypt${config}${SALT}${DIGEST}")
    found = foreign.accepted(stored)
    assert len(found.compute(b"x", None)) == len(DIGEST)


@each("vector", [*READ, KEYCLOAK])
def test_a_wrapped_hash_opens_to_the_same_password_and_the_inner_digest_is_gone(vector: Vector):
    stored = vector.hash if vector is KEYCLOAK else foreign.read(vector.hash)
    pepper = b"p" * 32
    wrapped = foreign.wrapped(stored, CHEAPEST.hash(foreign.digest_to_wrap(stored, pepper)))
    assert foreign.is_wrapped(wrapped)
    assert foreign.kind_name(wrapped.split("$")[1]) == f"wrap+{vector.kind}"
    assert stored[-16:] not in wrapped
    assert foreign.accepted(wrapped).match[0] == foreign.accepted(stored).match[0]
    assert foreign.NATIVE in wrapped
    right = vector.password.encode()
    assert foreign.verify(wrapped, right, pepper, CHEAPEST).is_right
    assert not foreign.verify(wrapped, right + b"x", pepper, CHEAPEST).is_right
    assert not foreign.verify(wrapped, right, None, CHEAPEST).is_right


def test_a_hash_that_is_too_long_with_argon2_around_it_is_refused():
    stored = foreign.salted(Salted("sha512", b"d" * 64, b"s" * 300))
    with pytest.raises(Unreadable, match="Argon2id around it"):
        foreign.wrapped(stored, CHEAPEST.hash("x"))


@each(
    "stored",
    [
        "",
        "$",
        "!",
        "$2b$99$x",
        "$wrap+",
        "$wrap+2b$x",
        f"$wrap+nothing${CHEAPEST.hash('x')}",
        f"$raw+argon2id$v=19,m=8,t=1,p=2,l=32${SALT}${DIGEST}",
        f"$wrap+raw+argon2id$v=19,m=8,t=1,p=2,l=32${SALT}${CHEAPEST.hash('x')}",
        f"$scrypt$ln=40,r=8,p=1,l=32${SALT}${DIGEST}",
    ],
)
def test_a_text_that_is_no_stored_hash_lets_nobody_in(stored: str):
    verdict = foreign.verify(stored, b"x", None, CHEAPEST)
    assert not verdict.is_right
    assert verdict.was_cheap


def test_which_hashes_are_weak():
    weak = {vector.kind for vector in READ if foreign.accepted(foreign.read(vector.hash)).is_weak}
    assert weak == {
        "bcrypt", "bcrypt+sha256-hex", "bcrypt+hmac-sha256", "digest-md5", "digest-sha1",
        "digest-sha256", "digest-sha512", "md5-crypt", "pbkdf2-sha1", "pbkdf2-sha256",
        "pbkdf2-sha512", "phpass", "scrypt", "sha256-crypt", "sha512-crypt",
    }  # fmt: skip
    strong = (
        "$2b$12$" + "a" * 53,
        f"$pbkdf2-sha256$600000${SALT}${DIGEST}",
        f"$scrypt$ln=15,r=8,p=1${SALT}${DIGEST}",
    )
    assert not any(foreign.accepted(foreign.read(text)).is_weak for text in strong)
    assert not foreign.accepted(FIREBASE.hash).is_weak


@each(
    "text",
    [
        "pbkdf2_sha256$1000$\udce4$Jt0Fj0wCsk9/lCVNHSDI5vPcZJfXJCyrOiSN1gUGbNE=",
        "pbkdf2:sha256:1000$\ud800$" + "ab" * 32,
        "scrypt:32768:8:1$\ud800$" + "ab" * 64,
        "scrypt$16384$\ud800$8$1$Jt0Fj0wCsk9/lCVNHSDI5vPcZJfXJCyrOiSN1gUGbNE=",
        "sha1$\ud800$a94a8fe5ccb19ba61c4c0873d391e987982fbbd3",
        "sha256$\ud800$" + "ab" * 32,
        "\udc80",
    ],
)
def test_a_text_that_is_not_utf8_is_refused(text: str):
    with pytest.raises(Unreadable, match=r"^is not UTF-8$"):
        foreign.read(text)


@given(st.one_of(st.text(WRITABLE), st.sampled_from([vector.hash for vector in READ]), st.builds(
    lambda vector, at, text: vector.hash[:at] + text + vector.hash[at:],
    st.sampled_from(READ), st.integers(0, 60), st.text(st.characters(), max_size=4),
)))  # fmt: skip
@example("$argon2id$v=19$m=99999999999999999999,t=1,p=1$AAAAAAAAAAAA$AAAAAAAAAAAA")
@example("{PBKDF2-SHA256}٣$a$b")
@example("pbkdf2_sha256$1000$\ud800abc$Jt0Fj0wCsk9/lCVNHSDI5vPcZJfXJCyrOiSN1gUGbNE=")
def test_any_text_is_read_or_refused_and_never_breaks_the_reader(text: str):
    try:
        stored = foreign.read(text)
        cost = foreign.accepted(stored).cost
    except Unreadable as error:
        reason = str(error)
    else:
        reason = ""
        assert stored.isascii()
        assert stored.isprintable()
        assert not foreign.is_native(stored)
        assert cost.seconds > 0.01 or not foreign.verify(stored, b"no", None, CHEAPEST).is_right
    assert not reason or text not in reason or len(text) < 10, "a reason never quotes the hash"
