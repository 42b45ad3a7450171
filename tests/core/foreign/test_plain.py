"""What tells a hash from a plain password where both may stand: its marks, and nothing that people choose."""

import hashlib
import re
import string
from base64 import b64encode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.core.passwords import foreign
from app.core.passwords.foreign import Unreadable, marks
from tests.cases import each

from .vectors import READ

BCRYPT = "$2y$10$92IXUNpkjO0rOQ5byMi.Ye4oKoEa3Ro9llC/.og/at2.uheWG/igi"
SSHA = "{SSHA}f+WGAHMrcxb38KLuJJIQKh1MOsEnBICw"
MD5 = hashlib.md5(b"secret").hexdigest()
SHA1 = hashlib.sha1(b"secret").hexdigest()

# Each as its program writes it; what may be read as a hash (Dovecot's) is not here.
OF_PROGRAMS = [
    "{DES-CRYPT}abJnggxhB/yWI",
    "{BLF-CRYPT}abJnggxhB/yWI",
    "{CRYPT}abJnggxhB/yWI",
    "{CRAM-MD5}9186d855e11eba527a7a52ca82b313e180d62234f0acc9051b527243d41e2740",
    "{SCRAM-SHA-256}4096,QSXCR+Q6sek8bf92,aSqkGCYL,3zJqiV0d",
    "{NT}8846F7EAEE8FB117",
    "{LANMAN}E52CAC67419A9A22",
    "{PLAIN}secret of mine",
    "{plain}secret-1",
    "{CLEARTEXT}secret-1",
    "{cleartext.b64}c2VjcmV0LTE=",
    "{KERBEROS}ada@EXAMPLE.COM",
    "{SASL}ada@EXAMPLE.COM",
    "{PKCS5S2}SFlEXZrWwpDYBHcKhb2DPhLoMbGQg3lvaQZzoFpU",
    "{SHA256.HEX}2bb80d53",
    "{SMD5.b64}c2VjcmV0",
    "{xor}LDo8LTor",
    "{SHA}!locked",
    f"{MD5}:salt",
    f"salt${SHA1}",
    f"md5{MD5}",
    f"sha1:{SHA1}",
    f"SHA-1={b64encode(bytes.fromhex(SHA1)).decode()}",
    "SCRAM-SHA-256$4096:c2FsdA==$c3RvcmVk:c2VydmVy",
    "0x0100F2A1B3C4D5E6F7A8B9C0D1E2F3A4B5C6D7E8F9A0B1C2D3E4",
    r"\x5ebe2294ecd0e0f0",
    r"\\x5ebe2294ecd0e0f0",
    "U$S$DFpJk0DsdGJDJ1BIHpNCcGqhQ3Ss3SSSxSsRVBHRLWcAoFCtI9sB",
    "u$P$9IQRaTwmfeRo7ud9Fh4E2PdI0S3r.L0",
    "_J9..rasmBYk8r9AiWNc",
    "1000:5b4240333032306164:f38d165fce8ce42f59d366139ef5d9e1",
    "64000:b6xSzdNpUQQ=:0vQmJcRKTRwRTvSZgRyZmW4q",
    "grub.pbkdf2.sha512.10000.0AB1.9F2C",
    "$md5,rounds=904$iPPKEBnEkp3JV8uX$0L6m7rOFTVFn.SGqo2M9W1",
    "$2y$10$cut off",
    "$argon2id$v=19",
    "%242y%2410%2492IXUNpkjO0rOQ5byMi.Ye",
    "{x-issha, 1024}C0624uvXbS4UBGcGcTjGaLBlRgQ=",
    "(GDpOtD35gGlyDksQRxEU)",
    "{CRYPT}*",
    "{CRYPT}!$6$",
    "*LOCKED*",
    "*LOCKED*abJnggxhB/yWI",
    "!!NOLOGIN!!",
    "*LK*abJnggxhB/yWI",
    "!_J9..rasmBYk8r9AiWNc",
    "********",
    "••••••••••",
    "!!!!!!!!",
    "google_oauth2",
    "OAUTH-USER",
    "no password (LDAP)",
    "uses external authentication",
    "*INVALID*",
    "$NOLOGIN$",
    "LOCKED_ACCOUNT",
    "[Sensitive]",
    "#VALUE!",
    "94, 190, 34, 148, 236, 208, 224, 240, 142, 171, 118, 144, 210, 166, 238, 105",
    "[-94,19,-34,-14,23,20,-24,24,-14,-17,-11,-14,21,16,23,10]",
    repr(bytes.fromhex(MD5)),
]


@each("text", OF_PROGRAMS)
def test_what_programs_keep_as_passwords_is_none(text: str):
    with pytest.raises(Unreadable, match=r"looks like (a hash|a mask)"):
        foreign.hash_in(text)


AROUND = [
    " ",
    "\t",
    "\n",
    '"',
    "'",
    '="',
    "\ufeff",
    "\u00a0",
    "\u200b",
    "\\",
    "\0",
    "!",
    "*LOCKED*",
]


@each("text", [BCRYPT, SSHA, MD5, f"md5$salt${MD5}", "{SASL}ada@EXAMPLE.COM"])
@each("before", AROUND)
def test_a_hash_with_something_before_it_is_no_password(before: str, text: str):
    for whole in (before + text, before + text + before):
        with pytest.raises(Unreadable, match="looks like"):
            foreign.hash_in(whole)


@given(
    st.sampled_from([vector.hash for vector in READ if len(vector.hash) > 13]),
    st.text(string.whitespace + "\"'`\\=,;\ufeff\u200b\u00a0", max_size=4),
    st.text(string.whitespace + "\"'`\\,;\ufeff\u200b\u00a0", max_size=4),
)
def test_no_hash_that_can_be_read_becomes_a_password(stored: str, before: str, after: str):
    try:
        taken = foreign.hash_in(before + stored + after)
    except Unreadable:
        return
    assert taken is not None


def test_a_shells_backslashes_do_not_hide_a_hash():
    with pytest.raises(Unreadable, match="looks like"):
        foreign.hash_in(BCRYPT.replace("$", r"\$"))


ORDINARY = [
    "$2go4it!!",
    "$ecret$money$99",
    "pa$$word$2024",
    "!$ecret99",
    "$1,000,000 please",
    "$2 for a coffee",
    "(Good morning to you)",
    "${HOME}/passw0rd",
    "{cool}password of mine",
    "{my}{curly}{braces}",
    "{shadow}walker99",
    "{crypto}brother1",
    "{a:1,b:2}",
    "{Correct}horse-battery",
    "{{mustache}}2024",
    "{I}love{U}",
    "}{SHA}{",
    "user:passw0rd",
    "12:34:56:78",
    "1000:bottles:of-beer",
    "1000:reasons:to-stay",
    "http://example.com:8080/a",
    r"C:\Users\ada\x",
    r"\backslash\first",
    r"\x41\x42\x43\x44",
    "0xDEADBEEF",
    "0123456789abcdef0123456789abcde",
    "550e8400-e29b-41d4-a716-446655440000",
    "sha1 is broken, you know",
    "md5:never:again",
    "MD5isdead2024!",
    "SCRAM! go away",
    "grub.is.a.loader",
    "_underscore_lover_20",
    "U$Sdollar",
    "*LOVE*is*all*",
    "*****stars*****",
    "!!WOW!!great",
    "x" * 7 + "y",
    " leading space",
    '"quoted passphrase"',
    "'tis the season",
    "\ufeffbyte order mark",
    "-(o_O)-",
    "correct horse battery staple",
    "!ThisIsMyExtremelyLongPassphraseForWork",
    "*correcthorsebatterystaplecorrecthorse",
    "!important1234",
    "{LOVE} is all you need",
    "{TODO} change me",
    "(GoodMorningVietnam99)",
    "2024:december:thirtyfirstisnice",
    "{x-files}1993",
    "md5lover$2024$verylongpassword1",
    "hmacaroni:cheese:isdeliciousforall",
    "Shanghai!mynewapartmentbuilding",
    "bcrypt is the best of all",
    "my BCRYPT.password",
    "correct BCRYPT.horse battery",
    "set the table now",
    "nothing.to.see",
    "summer@2024",
    "no-data-roaming",
    "this-is-my-passphrase-for=work",
    "fish&chips;at=24:hours",
    "100%2024 sure",
    "redacted99",
    "useful secrets",
    "google it again",
    "1, 2, 3, 4, 5, 6, 7, 8",
    r"b'\windows",
    "****abcdefgh",
    "=-=-=-=-=",
    "Grüße aus Köln",
    "пароль-из-слов",
]


@each("password", ORDINARY)
def test_what_people_choose_stays_a_password(password: str):
    assert foreign.hash_in(password) is None


WORDS = st.text(string.ascii_letters + string.digits + "äßñжあ", min_size=1, max_size=9).filter(
    # Who names a hash function and goes on with 16 characters more is asked.
    lambda word: (
        not word.lower().startswith(
            ("md4", "md5", "sha", "ssha", "smd5", "hmac", "scrypt", "bcrypt", "argon2", "pbkdf2")
        )
    )
)


@settings(max_examples=500)
@given(
    st.lists(WORDS, min_size=1, max_size=5),
    st.lists(st.sampled_from(" .,:;-_+/@#%&()[]<>|~?^!*'\"\\"), min_size=6, max_size=6),
)
def test_words_with_signs_between_them_are_a_password(words: list[str], signs: list[str]):
    text = signs[5] + "".join(word + sign for word, sign in zip(words, signs, strict=False))
    if marks.MASK.fullmatch(text) or re.fullmatch(r"[!*]{1,2}[\w./]{13}", text):
        return  # as if it were masked, or DES crypt and locked
    assert foreign.hash_in(text) is None


@settings(max_examples=500)
@given(st.text(string.ascii_letters + string.digits, min_size=8, max_size=31))
def test_letters_and_digits_of_a_generator_are_a_password(password: str):
    if not marks.MASK.fullmatch(password):
        assert foreign.hash_in(password) is None


@each(
    ("text", "read"),
    [
        (f"{{BLF-CRYPT}}{BCRYPT}", BCRYPT),
        (f"{{PLAIN-MD5}}{MD5}", MD5),
        (f"{{LDAP-MD5}}{b64encode(bytes.fromhex(MD5)).decode()}", MD5),
        (f"{{SHA1.HEX}}{SHA1}", SHA1),
        (f"{{sha.b64}}{b64encode(bytes.fromhex(SHA1)).decode()}", SHA1),
        (
            f"{{SMD5.hex}}{MD5}73616c74",
            f"{{SMD5}}{b64encode(bytes.fromhex(MD5) + b'salt').decode()}",
        ),
    ],
)
def test_dovecots_names_and_encodings_are_read(text: str, read: str):
    """As doc.dovecot.org has them, "Password Schemes"."""
    ours = foreign.read(text)
    assert foreign.accepted(ours).match.groupdict().get("salt") == foreign.accepted(
        foreign.read(read)
    ).match.groupdict().get("salt")
    assert ours.rpartition("$")[2] == foreign.read(read).rpartition("$")[2]
    assert foreign.hash_in(text) == ours
