"""The names of LDIF's attributes: which are read, and how the others are told.

Attributes with options are others than those without: ``uid;lang-de`` names nobody here.
"""

import re
from functools import lru_cache

from ..states import is_state
from .unread import Unread

NAMES = ("uid", "samaccountname", "cn")
_LOCKS = (
    *("useraccountcontrol", "sambaacctflags", "inetuserstatus"),
    *("nsroledn", "nsrole", "pwdreset"),
)
_READ = frozenset(("dn", "changetype", *NAMES, "mail", "userpassword", *_LOCKS))
# What says nothing of a user: it is in each entry, or ldapsearch writes it at the end.
_OF_ENTRIES = frozenset(
    (
        b"version",
        b"objectclass",
        b"structuralobjectclass",
        b"search",
        b"result",
    )
)
# Bytes of an attribute's name with its options.
_LONGEST_NAME = 200
_MOST_KNOWN = 1_000
# When a value came or went, as 389 Directory Server writes it for its replicas; and of one that is gone.
_WHEN = re.compile(r"[av]ucsn-\S+|[amv]dcsn-\S+")
_GONE = frozenset(("deleted", "deletedattribute"))
# Names that are told. A line that is broken may begin with a part of a hash.
_NAME = re.compile(rb"[A-Za-z][A-Za-z0-9-]{0,59}")
_DIGITS = re.compile(rb"[0-9A-Fa-f]{16}")


class Others:
    """The attributes of a file that nobody reads. ``noted`` are some of them: each has them again."""

    def __init__(self) -> None:
        self.unread = Unread()
        self.noted: set[bytes] = set()

    def note(self, name: bytes, after: bytes) -> None:
        """``after`` comes behind the colon: programs write a space there."""
        short = len(name) <= _LONGEST_NAME
        if short and len(self.noted) < _MOST_KNOWN:
            self.noted.add(name)
        base, _, options = name[:_LONGEST_NAME].lower().partition(b";")
        if base in _OF_ENTRIES or _is_gone(options.decode("latin-1").split(";")):
            return
        if short and after in b" :<" and _NAME.fullmatch(base) and not _DIGITS.search(base):
            shown = name[: len(base)].decode()
            self.unread.note((f"{shown};..." if _read_as(base) else shown,))
        else:
            self.unread.count(name.decode("latin-1"))


def known(name: bytes) -> str:
    """The name of an attribute that is read; empty for another one."""
    if len(name) <= _LONGEST_NAME:
        return _remembered(name)
    # Of one with long options, which may be a lock. It is looked at each time, and not kept.
    return _read_as(name) if name.find(b";", 0, _LONGEST_NAME) > 0 else ""


def _read_as(name: bytes) -> str:
    key, *options = name.decode("latin-1").lower().split(";")
    if _is_gone(options):
        return ""
    if is_state(key) or key in _LOCKS:
        return key
    return key if key in _READ and all(map(_WHEN.fullmatch, options)) else ""


_remembered = lru_cache(1_024)(_read_as)


def _is_gone(options: list[str]) -> bool:
    return not _GONE.isdisjoint(options)
