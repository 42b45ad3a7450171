"""Whether a user comes in disabled: one answer for all formats, from every field that says something of it.

A user is disabled if any field says so. What is not understood rejects the user: nobody comes in enabled by
mistake.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from ..clock import SystemClock
from .records import Fault

_YES = ("1", "true", "t", "yes", "y", "on")
_NO = ("0", "false", "f", "no", "n", "off")
# How programs write that a field has no value.
_NOTHING = ("", "null", "\\n", "none")

_WORDS = ("disabled", "blocked", "locked", "suspended", "banned", "deactivated", "deleted")
# Yes is disabled.
_OFF = (
    *_WORDS,
    *(f"is{word}" for word in _WORDS),
    "inactive",
    "isinactive",
    "islockedout",  # ASP.NET membership
    "accountdisabled",
    "nsaccountlock",  # 389 Directory Server
    "logindisabled",  # eDirectory
    "dspwpaccountdisabled",  # OpenDJ
)
# No is disabled, and so is a field without a value.
_ON = ("enabled", "active", "isenabled", "isactive", "accountenabled", "isapproved")
# A time is disabled, whenever it was.
_SINCE = (
    *(f"{word}at" for word in _WORDS),
    "pwdaccountlockedtime",  # OpenLDAP
)
# A time that has not come is disabled.
_UNTIL = (
    *(f"{word}until" for word in _WORDS),  # Supabase: banned_until
    "lockoutend",  # ASP.NET Identity
)
# No: ASP.NET Identity looks at no lockoutend of this user. Yes says nothing: most users could be locked out.
_LOCKABLE = "lockoutenabled"
_MEANINGS: Mapping[str, tuple[str, ...]] = {
    "off": _OFF,
    "on": _ON,
    "since": _SINCE,
    "until": _UNTIL,
    "lockable": (_LOCKABLE,),
}
_STATES = {name: meaning for meaning, names in _MEANINGS.items() for name in names}
_LONGEST = 2 * max(map(len, _STATES))
_MOST_SPELLINGS = 10_000


def plain(name: str) -> str:
    """A field's name in small letters, without ``_``, ``-`` and spaces."""
    return name.strip().lower().replace("_", "").replace("-", "").replace(" ", "")


class _Spellings(dict[str, str]):
    """The plain name of a state, by its spelling; empty for another field. Each user is asked."""

    def __missing__(self, name: str) -> str:
        if len(name) > _LONGEST:
            return ""
        state = plain(name) if plain(name) in _STATES else ""
        if len(self) < _MOST_SPELLINGS:
            self[name] = state
        return state


_SPELLINGS = _Spellings()


def is_state(name: str) -> bool:
    """Whether a field with this name, as the file spells it, says that a user is enabled or disabled."""
    return bool(_SPELLINGS[name])


def is_disabled(entry: Mapping[str, Any]) -> bool:
    """Raises Fault for a value that is not understood."""
    said = [(state, entry[name]) for name in entry if (state := _SPELLINGS[name])]
    if any(name == _LOCKABLE and yes_or_no(name, value) is False for name, value in said):
        said = [(name, value) for name, value in said if name != "lockoutend"]
    return any(_says_disabled(name, value) for name, value in said)


def _says_disabled(name: str, value: Any) -> bool:
    meaning = _STATES[name]
    if meaning == "since":
        # MySQL writes a time that is none as 0000-00-00.
        return not re.fullmatch(r"[0:. -]*", word := _word(value)) and word not in (*_NO, *_NOTHING)
    if meaning == "until":
        return _is_to_come(name, _word(value))
    truth = yes_or_no(name, value)
    if meaning == "lockable":
        return False
    return truth is not True if meaning == "on" else truth is True


def _is_to_come(name: str, word: str) -> bool:
    """Whether a time is in the future: ISO 8601, of UTC if it has no offset. Raises Fault."""
    if word in (*_NO, *_NOTHING, "-infinity") or re.fullmatch(r"[0:. -]*", word):
        return False
    if word == "infinity":  # PostgreSQL's
        return True
    try:
        # SQL Server writes a space before the offset.
        moment = datetime.fromisoformat(re.sub(r" (?=[+-]\d\d:?\d\d$)", "", word.upper()))
    except ValueError:
        raise Fault(f"{name} is not a time") from None
    # A file is read where there is no Core, and no clock of a test.
    return (
        moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    ).timestamp() > SystemClock().now()


def yes_or_no(name: str, value: Any) -> bool | None:
    """None of a field without a value. Raises Fault."""
    if value is None or isinstance(value, bool):
        return value
    word = _word(value)
    if word in _YES:
        return True
    if word in _NO:
        return False
    if word in _NOTHING:
        return None
    raise Fault(f"{name} is not yes or no")


def _word(value: Any) -> str:
    if value is None or isinstance(value, str | int):
        return str(value).strip().lower()
    return "?"
