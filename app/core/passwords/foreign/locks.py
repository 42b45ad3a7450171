"""The signs with which systems lock a hash: ``!``, ``*``, and words between two of them."""

import re

# Solaris writes *LK* and *NP*, FreeBSD *LOCKED*, others !!NOLOGIN!!. Anything may stand behind a word.
WORD = (
    r"[!*]+(?:LK|NP|LOCK(?:ED)?|NO[ _-]?LOGIN|NO[ _-]?PASSW(?:OR)?D"
    r"|DISABLED|SUSPENDED|BLOCKED|EXPIRED)[!*]+"
)
# Behind a bare sign stands a hash, or nothing: "!important" is a password.
_BEFORE = re.compile(
    rf"(?:{WORD}|[!*]+(?=\{{[\w.@-]{{1,40}}\}}|\$[\w+,=.-]{{1,32}}\$|\Z))+",
    re.ASCII | re.IGNORECASE,
)
# In {CRYPT}! and {CRYPT}*LK*$6$. No scheme has these signs in its alphabet.
_IN_SCHEME = re.compile(rf"(\{{[\w.@-]{{1,40}}\}})(?:{WORD}|[!*]+)+", re.ASCII | re.IGNORECASE)


def unlocked(text: str) -> str | None:
    """What is left without the signs; None for a text that has none. It may be empty, or no hash."""
    before = _BEFORE.match(text)
    rest = text[before.end() :] if before else text
    inside = _IN_SCHEME.match(rest)
    if inside:
        return inside[1] + rest[inside.end() :]
    return rest if before else None
