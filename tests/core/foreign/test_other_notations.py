"""Hashes in notations that nobody reads here: with other signs, cut off, escaped, in Base64, or masked."""

import hashlib
import random
import string
from base64 import b64encode

import pytest

from app.core.passwords import foreign
from app.core.passwords.foreign import Unreadable
from tests.cases import each

BCRYPT = "$2y$10$92IXUNpkjO0rOQ5byMi.Ye4oKoEa3Ro9llC/.og/at2.uheWG/igi"
SSHA = "{SSHA}f+WGAHMrcxb38KLuJJIQKh1MOsEnBICw"
MD5 = hashlib.md5(b"secret").hexdigest()
SHA1 = hashlib.sha1(b"secret").hexdigest()
SALT, DIGEST = b64encode(bytes(range(7, 23))).decode(), b64encode(bytes(range(7, 39))).decode()
BARE_SALT, BARE_DIGEST = SALT.rstrip("="), DIGEST.rstrip("=")
# In no notation that is read: with other signs between the parts, cut off, as JSON.
IN_OTHER_NOTATIONS = [
    "$A$005$\x1b}<S \x02k;\t\x0fq~ab\x11cXYZ1234567Zx8vT0yFmG1yJw8UqWlG8KqV8uT4o3dN6cVhZ3c8G/3",
    "$A$005$ab cde!fghij>klm]nopZx8vT0yFmG1yJw8UqWlG8KqV8uT4o3dN6cVhZ3c8G/3",
    *(f"10000{sign}{SALT}{sign}{DIGEST}" for sign in ".;:,|/$"),
    *(f"{SALT}{sign}{DIGEST}" for sign in ".;:,|/$-"),
    *(f"{BARE_SALT}{sign}{BARE_DIGEST}" for sign in ".;:,|$"),
    DIGEST,
    f"v1${SALT}${DIGEST}",
    f"PBKDF2WithHmacSHA256/10000/{BARE_SALT}/{BARE_DIGEST}",
    f"argon2id,v=19,m=65536,t=3,p=4,{BARE_SALT},{BARE_DIGEST}",
    *(f"sha256{sign}{BARE_DIGEST}" for sign in ":;|-= "),
    f"SCRAM-SHA-256:4096:{SALT}",
    f"-pbkdf2-{SHA1},salt,10",
    "pbkdf2_sha256$600000$sa",
    "scrypt:32768:8:1$salt",
    "sha1$salt$abc",
    "md5$abc$5f4dcc3b",
    "crypt$$abJnggxhB/yWI",
    "bcrypt_sha256$$2y$10",
    "$P$Babcdefg",
    "$6$salt$",
    "$y$j9T$abc",
    "$5$rounds=5000$abc",
    "$9$kmfz69puORcrKMX",
    "{hash}ATAAAAAIS4rxG4xs0cZAAAAAIGBwgJCgsM",
    f"{{3DES}}{SALT}",
    "{FSHP1|16|4096}PtoqcGUetmVEy/uR8715TNqKa8+teMF9qZO1lA9lJNUm1EQBLPZ+qPRLeEPHqy6C",
    "{ SSHA}f+WGAHMrcxb38KLuJJIQKh1MOsEnBICw",
    f"{{MD5 }}{SALT}",
    "{otp}sha1 1024 seed abcd",
    "[SSHA]f+WGAHMrcxb38KLuJJIQKh1MOsEnBICw",
    "SSHA}f+WGAHMrcxb38KLuJJIQKh1MOsEnBICw",
    f"{{MD5{SALT}",
    "CRYPT:adpexzg3FUZAk",
    "OBF:1v2j1uum1xtv1zej1zer1xtn1uvk1v1v",
    f"ENC({BARE_DIGEST})",
    f'{{"value":"{BARE_DIGEST}","salt":"c2FsdA"}}',
    '{"algorithm":"BCRYPT","workFactor":10}',
    '{"type":"Buffer","data":[36,50,98,36]}',
    "{'hash': 'abc', 'salt': 'def'}",
    '{scram,<<"abc">>,<<"abcd">>,<<"salt">>,sha,4096}',
    's:13:"abJnggxhB/yWI";',
    *(sign.join(MD5[at : at + 2] for at in range(0, 32, 2)) for sign in ":- ."),
    " ".join(MD5[at : at + 8] for at in range(0, 32, 8)),
    "!abJnggxhB/yWI",
    "!!abJnggxhB/yWI",
    "LK:abJnggxhB/yWI",
    BCRYPT[1:],
    BCRYPT[4:],
    f"1|{{PBKDF2-SHA256}}10000${BARE_SALT}${BARE_DIGEST}",
    "x{CRYPT}abJnggxhB/yWI",
    "id|scrypt:32768:8:1$salt$abc",
    "1|AQAAAAIAAYagAAAAEAABAgMEBQYHCAkKCw",
    "b'$6$salt$abc'",
    f"{BCRYPT}_disabled",
    # Fortinet's tag before Base64, crypt without its method, PostgreSQL's bytes in octal, Oracle's
    "AK1AAECAwQFBgcICRARNGqgeC3is8gv2xWWRony9NJnDgE=",
    f"saltsalt12345678${BARE_DIGEST * 2}",
    r"\044\062\141\044\061\060\044",
    "7A963A529D2E3229:3682427524",
]
MASKS = [
    *("[REDACTED]", "[FILTERED]", "<hidden>", "**REDACTED**", "undefined", "NULLNULL", "(null)"),
    *(
        "--------",
        "########",
        "________",
        "* * * *",
        "∗∗∗∗∗∗∗∗",
        "■■■■■■■■",
        "·········",
        "XXXX****XXXX",
    ),
    *("********1234", "********** (hidden)", "••••••••ab"),
    # What exports write in place of bytes, and Moodle for users of another service: the same for everybody.
    *("System.Byte[]", "System.Object[]", "System.Data.Linq.Binary", "[object Object]"),
    *("<Buffer 24 32 79 24>", "<memory at 0x7f2c4c1d2a00>", "[B@6d06d69c", "oracle.sql.BLOB@1f"),
    *("[BLOB - 60 B]", "(binary)", "[binary data]", "Binary data", "Resource id #5"),
    "#<Sequel::SQL::Blob:0x3c @bytes=60>",
    *("not cached", "to be generated", "restored", "*No Password Hash*", "no password set"),
    *("unusable", "external", "ENCRYPTED", "[PROTECTED]", "<password>", "anonymized"),
]


@each("text", [*IN_OTHER_NOTATIONS, *MASKS])
def test_a_hash_in_another_notation_is_no_password(text: str):
    looks = "looks like a mask" if text in MASKS else "looks like a hash"
    with pytest.raises(Unreadable, match=looks):
        foreign.hash_in(text)


ESCAPES = [
    "\uff04",
    "&#36;",
    "&#x24;",
    "&dollar;",
    r"\u0024",
    "%24",
    "%2524",
    "%25242",
    "=24",
    "$\u200b",
]


@each("sign", ESCAPES)
@each("text", [BCRYPT, "$6$salt$cut0ff", "pbkdf2_sha256$1000$salt$abc"])
def test_a_hash_whose_signs_are_written_in_another_way_is_no_password(sign: str, text: str):
    """NFKC makes a "$" of a full-width one: the hash would have become the password, letter by letter."""
    with pytest.raises(Unreadable, match="looks like a hash"):
        foreign.hash_in(text.replace("$", sign))


@pytest.mark.parametrize(
    ("left", "right"), [("\uff5b", "\uff5d"), ("%7B", "%7D"), ("&#123;", "&#125;")]
)
def test_so_are_the_braces_of_a_scheme(left: str, right: str):
    with pytest.raises(Unreadable, match="looks like a hash"):
        foreign.hash_in(SSHA.replace("{", left).replace("}", right))


HIDDEN = [
    BCRYPT,
    SSHA,
    "$6$salt$cut0ff",
    "$1$abcdefgh$",
    "scrypt:32768:8:1$a",
    "argon2$argon2id$v",
    MD5,
]


@each("before", ["", "base64:", ":: "])
@each("text", [*HIDDEN, "scrypt\0\x0e\0\0\0\x08\0\0\0\1", "{CRYPT}abJnggxhB/yWI"])
def test_a_hash_in_base64_is_no_password(before: str, text: str):
    whole = b64encode(text.encode()).decode()
    for written in (whole, whole.rstrip("=")):
        with pytest.raises(Unreadable, match="looks like a hash"):
            foreign.hash_in(before + written)


def test_what_is_too_long_to_be_told_from_a_hash_is_refused():
    assert foreign.hash_in("correct horse " * 35) is None
    # A pattern that tries each way to split the spaces would not end.
    assert foreign.hash_in(" " * 499 + "y") is None
    # U+FDFA is 18 characters in the form NFKC. It was judged in that form, at a second a row.
    for text in ("correct horse " * 36, "a" + "\ufdfa" * 498 + "$"):
        with pytest.raises(Unreadable, match="is longer than 500 characters"):
            foreign.hash_in(text)


@pytest.mark.parametrize("length", [12, 20, 32])
def test_what_a_generator_makes_of_all_signs_is_a_password(length: int):
    """Of a million, some ten were refused when this was written: of these, none."""
    signs = string.ascii_letters + string.digits + string.punctuation
    chance = random.Random(length)
    for _ in range(2_000):
        assert foreign.hash_in("".join(chance.choices(signs, k=length))) is None
