"""Names that people type: how they are compared, and which are acceptable."""

import re
import unicodedata
from collections.abc import Iterable

MAX_LENGTH = 254  # RFC 5321's limit on a path, and so on an e-mail address
MAX_LABEL_LENGTH = 200
MAX_WORDS_LENGTH = 1_000  # roles, and permissions, are each kept in one column

# Deliberately loose: something, an at sign, a host with a dot. Whether it receives mail, only mail
# can tell.
_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s.]+(\.[^@\s.]+)+")


def folded(name: str) -> str:
    """The form in which login names are compared and kept unique: NFKC and casefolded."""
    if name.isascii():
        return name.lower()
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())


def is_email(text: str) -> bool:
    return text.isprintable() and len(folded(text)) <= MAX_LENGTH and bool(_EMAIL.fullmatch(text))


def is_username(text: str) -> bool:
    """Basic credentials end a name at its first colon (RFC 7617), so it cannot hold one."""
    return (
        0 < len(folded(text)) <= MAX_LENGTH
        and len(text) <= MAX_LENGTH
        and text.isprintable()
        and ":" not in text
        and text == text.strip()
    )


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
