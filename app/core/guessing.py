"""The strength of a secret: was it generated at random, or did a person choose it?

This matters for secrets that are stored as plain digests: whoever steals the database can try millions of
guesses a second. The strength is an estimate from the characters of the secret and the words in it.
"""

import math
import re
import string
from itertools import pairwise
from typing import Any

# For comparison: zxcvbn gives 32 random hexadecimal digits 31, and 20 random letters 20.
MIN_SECRET_GUESSES_LOG10 = 20
# zxcvbn takes quadratic time. If a secret is guessable, its first characters show it.
MAX_JUDGED_LENGTH = 72
PLACEHOLDER = re.compile(r"change.?(me|this)|placeholder|example|your.?secret", re.IGNORECASE)

# A secret of so many bits needs no slow hash (NIST SP 800-63B, 3.1.2.2, asks for 112 bits).
STRONG_BITS = 128
# Random characters spell words by chance. Without those words, so many bits must be left.
WITHOUT_WORDS_BITS = 88

# The bits that one word of a passphrase counts: it is chosen from a large dictionary.
WORD_BITS = 17

_ALNUM = string.ascii_letters + string.digits
# The smallest first: digits, hexadecimal digits, base32, base36, base64 in both spellings.
_ALPHABETS = [
    frozenset(alphabet)
    for alphabet in (
        string.digits,
        string.digits + "abcdef",
        string.digits + "ABCDEF",
        string.ascii_lowercase + "234567",
        string.ascii_uppercase + "234567",
        string.ascii_lowercase + string.digits,
        string.ascii_uppercase + string.digits,
        _ALNUM + "-_",
        _ALNUM + "+/",
    )
]
_PRINTABLE = 94
_BETWEEN_WORDS = re.compile(r"[-_ .,:/+]+")
_WORD = re.compile(r"[A-Z]?[a-z]*|[A-Z]+|[0-9]+")


def is_strong(secret: str) -> bool:
    """Whether the secret holds at least STRONG_BITS, by this estimate."""
    # Padding adds no bits. Dashes between hexadecimal digits, as in a UUID, add almost none.
    text = secret.rstrip("=")
    bare = text.replace("-", "")
    if _bits_a_character(bare) <= 4:
        text = bare
    if len(text) * _bits_a_character(text) < STRONG_BITS or guessable(text):
        return False
    words = _BETWEEN_WORDS.split(text)
    if len(words) > 1 and all(_WORD.fullmatch(word) for word in words):
        return len(words) * WORD_BITS >= STRONG_BITS
    return _looks_random(text) or _bits_without_words(text) >= WITHOUT_WORDS_BITS


def guessable(secret: str) -> bool:
    """Whether a secret is a pattern, words or a placeholder, although it is long enough."""
    if PLACEHOLDER.search(secret) or secret in (secret + secret)[1:-1]:
        return True
    if _looks_random(secret):
        return False
    return bool(_judged(secret)["guesses_log10"] < MIN_SECRET_GUESSES_LOG10)


def _bits_a_character(text: str) -> float:
    found = set(text)
    size = next((len(it) for it in _ALPHABETS if found <= it), _PRINTABLE)
    return math.log2(size)


def _bits_without_words(text: str) -> float:
    """The bits of a text. A part that zxcvbn knows counts by its rank there, the rest by its characters."""
    each = _bits_a_character(text)
    return sum(
        len(match["token"]) * each
        if match["pattern"] == "bruteforce"
        else min(match["guesses_log10"] / math.log10(2), len(match["token"]) * each)
        for match in _judged(text)["sequence"]
    )


def _judged(secret: str) -> dict[str, Any]:
    from zxcvbn import zxcvbn  # takes 40 ms and some MiB: only for secrets that do not look random

    found: dict[str, Any] = zxcvbn(secret[:MAX_JUDGED_LENGTH])
    return found


def _looks_random(secret: str) -> bool:
    """Whether small letters, capitals, digits and marks alternate as they do in random characters.

    Two of three neighbours in base64 are of different kinds, and one of two in hexadecimal digits. In
    words and keyboard rows there are hardly any.
    """
    kinds = [(c.islower(), c.isupper(), c.isdigit()) for c in secret]
    changes = sum(a != b for a, b in pairwise(kinds))
    return changes * 3 >= len(secret) and len(set(secret)) >= 14
