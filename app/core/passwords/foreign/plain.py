"""Tell a hash from a plain password. A column called ``password`` has the one or the other.

A hash that is taken for a password becomes one: whoever has read it in the old database logs in with it. So
what has the marks of a hash is refused where it cannot be read, and its owner is asked for.
"""

import re

from ..native import MAX_STORED
from .building import DIGESTS
from .encoding import Unreadable
from .locks import WORD
from .reading import read
from .stored import accepted

# A digest without any mark. A machine may have made a password like it.
_BARE = re.compile("|".join(f"[0-9A-Fa-f]{{{2 * size}}}" for size in DIGESTS.values()), re.ASCII)
# A digest beside its salt, its rounds or a name: md5 of PostgreSQL, 0x0100 of SQL Server, \\x of a bytea,
# Joomla's digest:salt, sha1:digest, GRUB. No UUID has so many digits in a row.
_DIGITS = re.compile(r"[0-9A-Fa-f]{32}", re.ASCII)
# What tells a hash also behind something else, as in Drupal's "U$S$": methods of crypt, schemes of LDAP.
_WITHIN = re.compile(
    r"\$(?:\d|2[abxy]|g?y|wp|[PHSU]|apr1|sha\d|md5|bcrypt|scrypt|argon2|pbkdf2)[\w+,=.-]{0,30}\$[\w./$=,+-]{20}"
    r"|\{S?(?:SHA|MD5)[\w-]{0,8}\}[\w+/]{20}",
    re.ASCII | re.IGNORECASE,
)
# How a hash begins, also one that is not known here or cut off.
_MARKED = re.compile(
    "|".join(
        (
            WORD,
            r"\$[\w+,=.-]{1,32}\$\S{16}",  # crypt
            # Nobody chooses these, however they go on; the second is of a URL.
            r"\$(?:2[abxy]\$\d\d|(?:argon2|bcrypt|scrypt|pbkdf2)[\w+-]{0,20})\$|%24[\w+,=.-]{1,32}%24\S{16}",
            # LDAP writes its schemes in capitals. There are many; some are no hashes ({SASL}, {KERBEROS}),
            # but no passwords either.
            r"(?-i:\{[A-Z][A-Z0-9_.@-]{1,39}\})\s*\S",
            # Dovecot, Spring and SAP write them in small letters too.
            r"\{(?:[\w-]+-|[BS])?(?:CRYPT|MD[45])(?:[.@-][\w.@-]*)?\}\s*\S",
            r"\{(?:S?SHA(?:[\d-][\w-]*)?|(?:SCRAM|ARGON2|PBKDF2|X-)[\w@-]*)(?:[.@][\w.@-]*|, ?\d+)?\}\s*\S",
            r"\{(?:PLAIN|CLEAR|(?:PLAIN|CLEAR)TEXT|NOOP|LDAP|SASL|KERBEROS|NT|NTLM|LM|LANMAN|XOR)"
            r"(?:[.-][\w.-]*)?\}\s*\S",
            # Django, Werkzeug, and others who begin with a name
            r"(?:pbkdf2|scrypt|argon2|bcrypt|md[45]|sha-?\d|ssha|hmac)[\w-]{0,20}[$:]\S{0,200}[$:]\S{16}",
            r"(?:md[45]|sha-?\d|ssha|smd5|hmac)[\w-]{0,20}[$:=][\w+/-]{22,}={0,2}\Z",
            r"SCRAM-SHA-\d[\w-]*\$\S",
            r"grub\.pbkdf2\.",
            r"\((?-i:G[\w+/]{19}|H[\w+/]{48,49})\)\Z",  # Domino
            r"\d{3,9}[:$][A-Z0-9+/=]{8,}[:$][A-Z0-9+/=]{16,}\Z",  # PBKDF2: rounds, salt and digest
            r"_[./0-9A-Z]{3}\.[./0-9A-Z]{15}\Z",  # BSDi, with less than 262,144 rounds
            r"(?:0x|\\{1,2}x)[0-9A-F]{16}",  # bytes, as SQL Server and PostgreSQL write them
            r"AQAAAA[A-Z0-9+/]{50}",  # ASP.NET Identity
            r"[!*][0-9A-Z]{32}",  # Django's "!" for no password, and MySQL's "*"
        )
    ),
    re.ASCII | re.IGNORECASE,
)
# What may be around a hash and is never part of one: spaces, quotes, a byte order mark, a sheet's "=".
_AROUND = re.compile(r"\A[^\w$!*{./+(]+|[^\w$=./+)]+\Z", re.ASCII)
_MASK = re.compile(r"[*!•●.xX]+")


def hash_in(password: str) -> str | None:
    """The stored form of a hash that stands where a plain password may; None for a plain password.

    Raises Unreadable for what looks like a hash and cannot be taken.
    """
    if len(password) > MAX_STORED:
        return None
    if _BARE.fullmatch(password):
        raise Unreadable(
            "looks like a digest in hexadecimal: if it is one, its field is password_hash"
        )
    try:
        stored = read(password)
        accepted(stored)
    except Unreadable as fault:
        if looks := _looks(password, str(fault)):
            raise Unreadable(f"looks like {looks}") from None
        return None
    return stored


def _looks(password: str, fault: str) -> str | None:
    """What a text looks like that cannot be read as a hash, by its marks; None for a password."""
    if _MASK.fullmatch(password):
        return "a mask or a lock, and no password"
    if _MARKED.match(password):
        return f"a hash that {fault}"
    if _DIGITS.search(password):
        return "a hash: it has 32 or more hexadecimal digits in a row"
    if _WITHIN.search(password):
        return "a hash with something before it"
    # A shell's "\\$2y\\$10\\$" too.
    bare = _AROUND.sub("", password.replace("\\", "")).lstrip("!*")
    return "a hash with something around it" if bare != password and _is_hash(bare) else None


def _is_hash(text: str) -> bool:
    if _MARKED.match(text) or _WITHIN.search(text):
        return True
    try:
        return bool(accepted(read(text)))
    except Unreadable:
        return False
