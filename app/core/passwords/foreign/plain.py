"""Tell a hash from a plain password. A column called ``password`` has the one or the other.

A hash that is taken for a password becomes one: whoever has read it in the old database logs in with it. So
what has the marks of a hash (``marks``) is refused where it cannot be read, and its owner is asked for.
"""

import re
from collections.abc import Iterator
from unicodedata import normalize

from ..native import MAX_STORED
from .encoding import Unreadable, decoded
from .marks import BARE, BEGINS, MASK, WITHIN
from .reading import read
from .stored import accepted

# What may be around a hash and is never part of one: spaces, quotes, a byte order mark, a sheet's "=". Python
# writes b'...'.
_AROUND = re.compile(
    r"\A(?:[bBuUN](?=['\"]))?[^\w$!*{./+(\[]+|\A[bBuUN]['\"]+|[^\w$=./+)]+\Z", re.ASCII
)
# Signs that nobody sees, also within a hash.
_UNSEEN = re.compile("[\0-\x08\xad\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]")
# Signs as HTML, JSON, a URL or a mail writes them. A "%" may be written in that way again.
_ESCAPED = re.compile(
    r"&#(?P<decimal>\d{2,3});|(?:&#x|\\u00|\\x|%(?:25)*|=)(?P<hex>[2-7][0-9a-f]);?|&(?P<name>dollar|lcub|rcub|lbrace|rbrace);",
    re.ASCII | re.IGNORECASE,
)
_NAMED = {"dollar": "$", "lcub": "{", "rcub": "}", "lbrace": "{", "rbrace": "}"}
_BASE64 = re.compile(r"(?:base64:|::)?\s*([\w+/-]{12,}={0,2})", re.ASCII | re.IGNORECASE)


def hash_in(password: str) -> str | None:
    """The stored form of a hash that stands where a plain password may; None for a plain password.

    Raises Unreadable for what looks like a hash and cannot be taken, and for what is too long to tell.
    """
    # First as it stands: normalising takes quadratic time on a run of combining characters. U+FDFA is 18
    # characters after it.
    normal = password
    if len(password) <= MAX_STORED and not password.isascii():
        normal = normalize("NFKC", password)
    if len(normal) > MAX_STORED:
        raise Unreadable(f"is longer than {MAX_STORED} characters")
    if BARE.fullmatch(password):
        raise Unreadable(
            "looks like a digest in hexadecimal: if it is one, its field is password_hash"
        )
    try:
        stored = read(password)
        accepted(stored)
    except Unreadable as fault:
        if looks := _looks(password, normal, str(fault)):
            raise Unreadable(f"looks like {looks}") from None
        return None
    return stored


def _looks(password: str, normal: str, fault: str) -> str | None:
    """What a text looks like that cannot be read as a hash, by its marks; None for a password.

    ``normal`` is the text in Unicode's form NFKC.
    """
    if MASK.fullmatch(password):
        return "a mask, a lock or a placeholder, and no password"
    if BEGINS.match(password):
        return f"a hash that {fault}"
    if found := WITHIN.search(password):
        return "a hash with something before it" if found.start() else f"a hash that {fault}"
    if any(map(_is_hash, _other_forms(password, normal))):
        return "a hash with something around it, or in another writing"
    return None


def _other_forms(password: str, normal: str) -> Iterator[str]:
    """The text without what is around it, with its signs as they are meant, and decoded from Base64."""
    text = _UNSEEN.sub("", normal)
    text = _ESCAPED.sub(_meant, text)
    # A shell's "\\$2y\\$10\\$" too.
    text = _AROUND.sub("", text.replace("\\", ""))
    if text != password:
        yield text
    if text.startswith(("!", "*")):
        yield text.lstrip("!*")
    if found := _BASE64.fullmatch(text):
        try:
            yield decoded(found[1]).decode("latin-1")
        except Unreadable:
            return


def _meant(found: re.Match[str]) -> str:
    if found["name"]:
        return _NAMED[found["name"].lower()]
    return chr(int(found["decimal"]) if found["decimal"] else int(found["hex"], 16))


def _is_hash(text: str) -> bool:
    if BEGINS.match(text) or WITHIN.search(text):
        return True
    try:
        return bool(accepted(read(text)))
    except Unreadable:
        return False
