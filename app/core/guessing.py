"""What a secret may be worth: whether a machine drew it, or a person made it up.

For secrets that are kept as plain digests, which a guesser can try by the million in a second. What it
takes to guess them can only be estimated, from the characters and from the words in them.
"""

import math
import re
import string
from itertools import pairwise
from typing import Any

# What zxcvbn thinks of 32 random hexadecimal digits is 31; of 20 random letters, 20.
MIN_SECRET_GUESSES_LOG10 = 20
# zxcvbn takes quadratic time, and what is guessable about a secret shows in its beginning.
MAX_JUDGED_LENGTH = 72
PLACEHOLDER = re.compile(r"change.?(me|this)|placeholder|example|your.?secret", re.IGNORECASE)

# What needs no slow hash (NIST SP 800-63B, 3.1.2.2, asks for 112 bits of a secret that is looked up).
STRONG_BITS = 128
# Drawn characters spell words by chance; so many bits must be left without them.
WITHOUT_WORDS_BITS = 88

# A word of a passphrase is one of so many (in bits), a large dictionary's.
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
    """Whether a guesser has 128 bits to get right, as far as one can tell from the secret."""
    # Padding says nothing, and dashes within hexadecimal digits, as a UUID has them, next to nothing.
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
    """Whether a secret of enough characters is a pattern, words or a placeholder all the same."""
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
    """What zxcvbn finds in lists and patterns is worth its place there; the rest, its characters."""
    each = _bits_a_character(text)
    return sum(
        len(match["token"]) * each
        if match["pattern"] == "bruteforce"
        else min(match["guesses_log10"] / math.log10(2), len(match["token"]) * each)
        for match in _judged(text)["sequence"]
    )


def _judged(secret: str) -> dict[str, Any]:
    from zxcvbn import zxcvbn  # 40 ms and some MiB, for secrets that were not drawn by a machine

    found: dict[str, Any] = zxcvbn(secret[:MAX_JUDGED_LENGTH])
    return found


def _looks_random(secret: str) -> bool:
    """Whether small letters, capitals, digits and marks alternate as they do in drawn characters.

    In base64 two of three neighbours are of different kinds, in hexadecimal digits one of two; in
    words and keyboard rows, next to none.
    """
    kinds = [(c.islower(), c.isupper(), c.isdigit()) for c in secret]
    changes = sum(a != b for a, b in pairwise(kinds))
    return changes * 3 >= len(secret) and len(set(secret)) >= 14
