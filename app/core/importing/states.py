"""Until when a user comes in disabled: one answer for all formats, from every field that says something.

A user is disabled if any field says so. What is not understood rejects the user: nobody comes in enabled by
mistake.
"""

import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from unicodedata import normalize

from .records import Fault

NEVER, FOR_GOOD = 0.0, math.inf

_YES = ("1", "true", "t", "yes", "y", "on")
_NO = ("0", "false", "f", "no", "n", "off")
# How programs write that a field has no value.
_NOTHING = ("", "null", "\\n", "none")

_WORDS = (
    *("disabled", "blocked", "locked", "suspended", "banned", "deactivated", "deleted"),
    *("archived", "frozen", "lockedout", "trashed", "discarded", "terminated"),
)
# Yes is disabled.
_OFF = (
    *_WORDS,
    *(f"is{word}" for word in _WORDS),  # ASP.NET membership: IsLockedOut
    *("inactive", "isinactive", "ban", "block", "lock", "lockout"),  # Joomla: block
    "prohibitlogin",  # Gitea
    *("accountdisabled", "accountlocked", "accountexpired"),  # Grails
    "msdsuseraccountdisabled",  # Active Directory Lightweight Directory Services
    "nsaccountlock",  # 389 Directory Server
    "logindisabled",  # eDirectory
    "dspwpaccountdisabled",  # OpenDJ
)
# No is disabled, and so is a field without a value.
_ON_WORDS = ("enabled", "active", "activated", "approved")
_ON = (
    *_ON_WORDS,
    *(f"is{word}" for word in _ON_WORDS),
    *("accountenabled", "accountnonlocked", "accountnonexpired"),  # Spring Security
    *("isaccountnonlocked", "isaccountnonexpired"),
)
# A time is disabled, whenever it was.
_SINCE = (
    *(f"{word}at" for word in _WORDS),
    *(f"{word}on" for word in _WORDS),
    *(f"{word}since" for word in _WORDS),
    "deleteat",  # Mattermost
    "pwdaccountlockedtime",  # OpenLDAP
    "lockouttime",  # Active Directory
)
# ASP.NET Identity, and its version 2.
_LOCKOUTS = ("lockoutend", "lockoutenddateutc")
# 389 Directory Server's: with this time, nobody but an administrator unlocks.
_UNLOCK, _BY_HAND = "accountunlocktime", "19700101"
# A time: disabled until then.
_UNTIL = (
    *(
        f"{word}{end}"
        for word in (*_WORDS, "lock", "lockout", "ban", "block")
        for end in ("until", "till", "expires", "expiresat")
    ),
    *(*_LOCKOUTS, _UNLOCK),  # Supabase: banned_until
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
# 20311231120000Z, with or without a fraction (RFC 4517 section 3.3.13); the offset may have no minutes.
_GENERALIZED = re.compile(
    r"(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(?:[.,]\d+)?(z|[+-]\d\d(?:\d\d)?)", re.ASCII
)
_LONGEST = 2 * max(map(len, _STATES))
_MOST_SPELLINGS = 10_000
_SIGNS = re.compile(r"[\W_]+")
_TABLE = re.compile(r"\A(?:is)?(?:users?|accounts?|members?|logins?|u)|flag\Z")


def plain(name: str) -> str:
    """A field's name in small letters, without ``_``, ``-``, ``.``, spaces and other signs."""
    return _SIGNS.sub("", normalize("NFKC", name)).lower()


def _state(name: str) -> str:
    """The plain name of a state, also with that of its table: ``users_active``. Empty for another."""
    whole = plain(name)
    behind = _TABLE.sub("", whole)
    return next((known for known in (whole, behind) if known in _STATES), "")


class _Spellings(dict[str, str]):
    """The plain name of a state, by its spelling; empty for another field. Each user is asked."""

    def __missing__(self, name: str) -> str:
        if len(name) > _LONGEST:
            return ""
        state = _state(name)
        if len(self) < _MOST_SPELLINGS:
            self[name] = state
        return state


_SPELLINGS = _Spellings()


def is_state(name: str) -> bool:
    """Whether a field with this name, as the file spells it, says that a user is enabled or disabled."""
    return bool(_SPELLINGS[name])


def disabled_until(entry: Mapping[str, Any]) -> float:
    """A NumericDate: infinity for good, 0 if nothing disables. Raises Fault for what is not understood."""
    said = [(state, entry[name]) for name in entry if (state := _SPELLINGS[name])]
    if any(name == _LOCKABLE and yes_or_no(name, value) is False for name, value in said):
        said = [(name, value) for name, value in said if name not in _LOCKOUTS]
    return max((_until(name, value) for name, value in said), default=NEVER)


def _until(name: str, value: Any) -> float:
    meaning = _STATES[name]
    if meaning == "until":
        if isinstance(value, Mapping):
            value = _date_of_mongodb(value)
            if isinstance(value, float):
                return value
        word = _word(value)
        if name == _UNLOCK and re.sub(r"\D", "", word).startswith(_BY_HAND):
            return FOR_GOOD
        return _moment(name, word)
    return FOR_GOOD if _says_disabled(name, meaning, value) else NEVER


def _date_of_mongodb(value: Mapping[str, Any]) -> str | float:
    """What MongoDB's Extended JSON has at ``$date``: a time as text, or a number of milliseconds."""
    date = value.get("$date")
    if isinstance(date, Mapping):
        number = str(date.get("$numberLong"))
        date = int(number) if re.fullmatch(r"-?\d{1,19}", number, re.ASCII) else None
    if isinstance(date, int) and not isinstance(date, bool):
        return date / 1_000
    return date if isinstance(date, str) and date[:1].isdigit() else "?"


def _says_disabled(name: str, meaning: str, value: Any) -> bool:
    if meaning == "since":
        # MySQL writes a time that is none as 0000-00-00.
        return not re.fullmatch(r"[0:. -]*", word := _word(value)) and word not in (*_NO, *_NOTHING)
    truth = yes_or_no(name, value)
    if meaning == "lockable":
        return False
    return truth is not True if meaning == "on" else truth is True


def _moment(name: str, word: str) -> float:
    """A time in ISO 8601, of UTC if it has no offset, or as LDAP writes it. Raises Fault."""
    if word in (*_NO, *_NOTHING, "-infinity") or re.fullmatch(r"[0:. -]*", word):
        return NEVER
    if word == "infinity":  # PostgreSQL's
        return FOR_GOOD
    if word.isdigit():
        # Seconds, milliseconds, days, or a date without hyphens: Python reads some as years long ago.
        raise Fault(f"{name} is a number, and not a time as 2031-12-31T12:00:00Z")
    if found := _GENERALIZED.fullmatch(word):
        word = "{}-{}-{}T{}:{}:{}{}".format(*found.groups(""))
    elif not re.match(r"\d{4}-\d\d-\d\d", word, re.ASCII):
        raise Fault(f"{name} is not a time")
    try:
        # SQL Server writes a space before the offset.
        moment = datetime.fromisoformat(re.sub(r" (?=[+-]\d\d:?\d\d$)", "", word.upper()))
    except ValueError:
        raise Fault(f"{name} is not a time") from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


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
