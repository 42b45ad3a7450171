"""Names that people type: how they are compared, and which are acceptable."""

import re
import unicodedata
from collections.abc import Iterable

MAX_LENGTH = 254  # RFC 5321's limit on a path, and so on an e-mail address
# Of what is compared with names. Normalising takes time quadratic in a run of combining characters:
# 32,000 of them hold the interpreter for seconds, 512 for a quarter of a millisecond.
MAX_TYPED_LENGTH = 512
# What is too long for any name, or holds a NUL, is compared as this: no name has a line feed.
NOBODY = "\n"
MAX_LABEL_LENGTH = 200
MAX_WORDS_LENGTH = 1_000  # roles, and permissions, are each kept in one column

# An address as forms take it, and browsers (HTML's input type=email), in any script (RFC 6531): no
# angle brackets, quotes or comments, and a host of at least two labels. Whether it receives mail, only
# mail can tell.
_ALNUM = "A-Za-z0-9\u0080-\U0010ffff"
_LABEL = rf"[{_ALNUM}](?:[{_ALNUM}-]{{0,61}}[{_ALNUM}])?"
_EMAIL = re.compile(rf"[{_ALNUM}.!#$%&'*+/=?^_`{{|}}~-]{{1,64}}@{_LABEL}(?:\.{_LABEL})+")


def folded(name: str) -> str:
    """The form in which login names are compared and kept unique: NFKC and casefolded.

    NOBODY for what can be nobody's name: so it takes the same way, and the same work, as a name that
    nobody has.
    """
    if len(name) > MAX_TYPED_LENGTH or "\0" in name:
        return NOBODY
    if name.isascii():
        return name.lower()
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())


def is_email(text: str) -> bool:
    return all(
        spelling.isprintable() and len(spelling) <= MAX_LENGTH and _EMAIL.fullmatch(spelling)
        for spelling in (folded(text), text)
    )


def is_username(text: str) -> bool:
    """Basic credentials end a name at its first colon (RFC 7617), so it cannot hold one.

    Both spellings are judged, and what separates one thing from another may not come of the folding
    alone: full-width ``＠`` and ``：``, or ``¨``, which folds to a space and a combining mark.
    """
    compared = folded(text)
    return all(
        0 < len(spelling) <= MAX_LENGTH
        and spelling.isprintable()
        and ":" not in spelling
        and spelling == spelling.strip()
        for spelling in (compared, text)
    ) and all(compared.count(mark) == text.count(mark) for mark in "@ ")


def is_label(text: str) -> bool:
    """Whether the text names a client or customer to people."""
    return 0 < len(text) <= MAX_LABEL_LENGTH and text.isprintable()


def words_fault(words: Iterable[str]) -> str | None:
    """Why these roles or permissions may not be kept, as a sentence; None if they may."""
    words = set(words)
    if any(not word or not word.isprintable() or " " in word for word in words):
        return "A role or permission is a word without white space."
    if len(" ".join(words)) > MAX_WORDS_LENGTH:
        return f"They are longer than {MAX_WORDS_LENGTH:,} characters together."
    return None
