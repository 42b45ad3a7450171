"""Names that people type: how they are compared, and which are acceptable.

What is acceptable is asked of new names only. Who has a name already logs in with it.
"""

import re
import unicodedata
from collections.abc import Iterable

MAX_LENGTH = 254  # RFC 5321's limit on a path, and so on an e-mail address
# The longest text that is compared with names. Normalising takes quadratic time on a run of combining
# characters: 32,000 of them block the interpreter for seconds, 512 for a quarter of a millisecond.
MAX_TYPED_LENGTH = 512
# Stands for a text that cannot be a name (too long, or with a NUL). It matches none: no name has a line feed.
NOBODY = "\n"
MAX_LABEL_LENGTH = 200
MAX_WORDS_LENGTH = 1_000  # roles, and permissions, are each kept in one column

# An address as HTML's <input type=email> accepts it, in any script (RFC 6531): no angle brackets, quotes or
# comments, and a host of at least two labels. Whether the mailbox exists is not checked.
# The classes are negated: to compile one that ends at the last character takes Python milliseconds.
_ALNUM = r"[^\x00-/:-@\[-`{-\x7f]"
_ALNUM_OR_HYPHEN = r"[^\x00-,./:-@\[-`{-\x7f]"
_LOCAL = r'[^\x00- "(),:;<>@\[\\\]\x7f]'
_LABEL = rf"{_ALNUM}(?:{_ALNUM_OR_HYPHEN}{{0,61}}{_ALNUM})?"
_EMAIL = re.compile(rf"{_LOCAL}{{1,64}}@{_LABEL}(?:\.{_LABEL})+")

# Printable by Python's rules, and yet nothing is seen of them, so that two names look alike: Unicode's
# Default_Ignorable_Code_Point (joiners, fillers of Hangul, variation selectors …), and three blanks without
# that property: of Braille, of Khitan script, and a note without a head.
_INVISIBLE = frozenset(
    "\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u3164\uffa0\u2800\U00016fe4\U0001d159"
).union(map(chr, range(0xFE00, 0xFE10)), map(chr, range(0xE0100, 0xE01F0)))


def _is_visible(text: str) -> bool:
    return text.isprintable() and (text.isascii() or _INVISIBLE.isdisjoint(text))


def folded(name: str) -> str:
    """The form in which login names are compared and kept unique: NFKC and casefolded.

    Returns NOBODY for a text that cannot be a name. It then causes the same work, and gets the same answer,
    as an unknown name.
    """
    if len(name) > MAX_TYPED_LENGTH or "\0" in name:
        return NOBODY
    if name.isascii():
        return name.lower()
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())


def is_email(text: str) -> bool:
    return _is_email(text) if text.isascii() else _is_email(folded(text)) and _is_email(text)


def _is_email(spelling: str) -> bool:
    return (
        len(spelling) <= MAX_LENGTH
        and _is_visible(spelling)
        and _EMAIL.fullmatch(spelling) is not None
    )


def is_username(text: str) -> bool:
    """Whether the text may be a username. It has no colon: Basic ends the name at the first one (RFC 7617).

    The text and its folded form are both checked. Of ASCII one is enough: no rule is about capitals. Folding
    must add no ``@`` and no space: full-width ``＠`` folds to ``@``, and ``¨`` to a space and a mark.
    """
    if text.isascii():
        return _is_username(text)
    form = folded(text)
    return (
        _is_username(form)
        and _is_username(text)
        and all(form.count(mark) == text.count(mark) for mark in "@ ")
    )


def _is_username(spelling: str) -> bool:
    return (
        0 < len(spelling) <= MAX_LENGTH
        and _is_visible(spelling)
        and ":" not in spelling
        and spelling == spelling.strip()
    )


def is_label(text: str) -> bool:
    """Whether the text may be the display name of a client or customer."""
    return 0 < len(text) <= MAX_LABEL_LENGTH and _is_visible(text)


def words_fault(words: Iterable[str]) -> str | None:
    """Why these roles or permissions are not acceptable, as a sentence; None if they are."""
    words = set(words)
    if any(not word or not _is_visible(word) or " " in word for word in words):
        return "A role or permission is a word without white space."
    if len(" ".join(words)) > MAX_WORDS_LENGTH:
        return f"They are longer than {MAX_WORDS_LENGTH:,} characters together."
    return None
