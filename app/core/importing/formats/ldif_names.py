"""The names of LDIF's attributes: which are read, and how the others are told.

Attributes with options are others than those without: ``uid;lang-de`` names nobody here.
"""

import re
from functools import lru_cache

from ..states import is_state
from .unread import Unread

NAMES = ("uid", "samaccountname", "cn")
_LOCKS = ("useraccountcontrol", "sambaacctflags", "inetuserstatus")
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
        """``after`` comes behind the colon."""
        short = len(name) <= _LONGEST_NAME
        if short and len(self.noted) < _MOST_KNOWN:
            self.noted.add(name)
        if name.lower() in _OF_ENTRIES:
            return
        told = _told(name, after) if short else ""
        if told:
            self.unread.note((told,))
        elif told is not None:
            self.unread.count(name.decode("latin-1"))


def known(name: bytes) -> str:
    """The name of an attribute that is read; empty for another one."""
    if len(name) <= _LONGEST_NAME:
        return _of_read(name)
    # Of one with long options, which may be a lock. It is looked at each time, and not kept.
    return _of_read.__wrapped__(name) if name.find(b";", 0, _LONGEST_NAME) > 0 else ""


@lru_cache(1_024)
def _of_read(name: bytes) -> str:
    key, *options = name.decode("latin-1").lower().split(";")
    if _GONE & set(options):
        return ""
    if is_state(key) or key in _LOCKS:
        return key
    return key if key in _READ and all(map(_WHEN.fullmatch, options)) else ""


def _told(name: bytes, after: bytes) -> str | None:
    """How an attribute that nobody reads is named; None for one that is gone.

    Empty for what may be no name. ``after`` comes behind the colon: programs write a space there.
    """
    base, _, options = name.partition(b";")
    if not _NAME.fullmatch(base) or _DIGITS.search(base) or after not in b" :<":
        return ""
    if not _of_read(base):
        return base.decode()
    is_gone = not _GONE.isdisjoint(options.decode("latin-1").lower().split(";"))
    return None if is_gone else f"{base.decode()};..."
