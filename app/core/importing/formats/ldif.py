"""LDIF (RFC 2849): the entries with a ``uid`` or ``mail`` and a ``userPassword``. Others are passed over.

Attributes with options are others than those without: ``uid;lang-de`` names nobody here.

Only the attributes that are read are kept: an entry may have a photograph.
"""

import binascii
import re
from base64 import b64decode
from collections.abc import Iterator
from functools import lru_cache
from typing import BinaryIO

from ...passwords import foreign
from ..records import MAX_LINE, Fault, Format, Read, Record, each
from ..states import FOR_GOOD, NEVER, disabled_until, is_state
from .lines import lines
from .unread import Unread

_NAMES = ("uid", "samaccountname", "cn")
_LOCKS = ("useraccountcontrol", "sambaacctflags", "inetuserstatus")
_READ = frozenset(("dn", "changetype", *_NAMES, "mail", "userpassword", *_LOCKS))
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
Attributes = dict[str, list[bytes]]
# Bytes of an entry.
MAX_ENTRY = 16 * MAX_LINE
# When a value came or went, as 389 Directory Server writes it for its replicas; and of one that is gone.
_WHEN = re.compile(r"[av]ucsn-\S+|[amv]dcsn-\S+")
_GONE = frozenset(("deleted", "deletedattribute"))
# Names that are told. A line that is broken may begin with a part of a hash.
_NAME = re.compile(rb"[A-Za-z][A-Za-z0-9-]{0,59}")
_DIGITS = re.compile(rb"[0-9A-Fa-f]{16}")
# ACCOUNTDISABLE and LOCKOUT of Active Directory.
_AD_DISABLED = 0x2 | 0x10


class _Entry:
    """One entry, line by line. ``started`` is its first line, 0 before it."""

    def __init__(self, others: "_Others") -> None:
        self.started = 0
        self._others = others
        self._size = 0
        self._found: Attributes = {}
        self._fault: Fault | None = None
        # The line that folds may go on with. None: it is not kept, as it is a comment or nobody reads it.
        self._line: bytearray | None = None

    def take(self, at: int, line: bytes, *, whole: bool) -> None:
        self._size += len(line) + 1
        if line.startswith(b"#"):
            self._end_line()
        elif not line.startswith(b" "):
            self._end_line()
            self.started = self.started or at
            name, colon, value = line.partition(b":")
            if not colon or _key(name):
                self._line = bytearray(line)
            elif name not in self._others.known:
                self._others.note(name, value[:1])
        elif self._line is not None:
            self._line += line[1:]
        if self._size > MAX_ENTRY:
            self._fault = self._fault or Fault(f"is longer than {MAX_ENTRY:,} bytes")
            self._line = None
        if not whole and self._line is not None:
            self._fault = self._fault or Fault(f"has a line of more than {MAX_LINE:,} bytes")
            self._line = None

    def end(self) -> Attributes | Fault:
        self._end_line()
        if any(kind.strip().lower() != b"add" for kind in self._found.get("changetype", ())):
            return Fault("changes an entry (changetype), and is no user")
        return self._fault or self._found

    def _end_line(self) -> None:
        line, self._line = self._line, None
        if line is None:
            return
        name, colon, value = bytes(line).partition(b":")
        if not colon:
            self._fault = self._fault or Fault("has a line without a colon")
        try:
            # The name itself may have been folded, and be one that nobody reads.
            if key := _key(name):
                self._found.setdefault(key, []).append(_value(value))
        except Fault as fault:
            self._fault = self._fault or fault


class _Others:
    """The attributes of a file that nobody reads. ``known`` are some that were noted: each has them again."""

    def __init__(self) -> None:
        self.unread = Unread()
        self.known: set[bytes] = set()

    def note(self, name: bytes, after: bytes) -> None:
        """``after`` comes behind the colon."""
        short = len(name) <= _LONGEST_NAME
        if short and len(self.known) < _MOST_KNOWN:
            self.known.add(name)
        if name.lower() in _OF_ENTRIES:
            return
        told = _told(name, after) if short else ""
        if told:
            self.unread.note((told,))
        elif told is not None:
            self.unread.count(name.decode("latin-1"))


def _key(name: bytes) -> str:
    """The name of an attribute that is read; empty for another one."""
    return _known(name) if len(name) <= _LONGEST_NAME else ""


@lru_cache(1_024)
def _known(name: bytes) -> str:
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
    if not _known(base):
        return base.decode()
    is_gone = not _GONE.isdisjoint(options.decode("latin-1").lower().split(";"))
    return None if is_gone else f"{base.decode()};..."


def _value(value: bytes) -> bytes:
    """Raises Fault."""
    if value.startswith(b"<"):
        # To follow it would read any file of this machine.
        raise Fault("has a value that is the URL of a file")
    if not value.startswith(b":"):
        return value.lstrip(b" ")
    try:
        return b64decode(value[1:].strip(), validate=True)
    except binascii.Error:
        raise Fault("has a value that is not Base64") from None


def _entries(stream: BinaryIO, others: _Others) -> Iterator[tuple[str, Attributes | Fault]]:
    entry = _Entry(others)
    for at, line, whole in lines(stream):
        if line:
            entry.take(at, line, whole=whole)
            continue
        if entry.started:
            yield f"line {entry.started}", entry.end()
        entry = _Entry(others)
    if entry.started:
        yield f"line {entry.started}", entry.end()


def _user(place: str, found: Attributes) -> Record | None:
    if "userpassword" not in found or not {"uid", "mail", "samaccountname"} & set(found):
        return None
    if found.get("dn", [b""])[0].lower().startswith(b"nsuniqueid="):
        raise Fault("is an entry that was deleted (a tombstone)")
    secrets = [_Secret(_decoded(value)) for value in found["userpassword"]]
    secret = next(filter(_Secret.is_readable, secrets), secrets[0])
    return Record(
        place,
        next((_text(found, name) for name in _NAMES if name in found), None),
        _text(found, "mail") if "mail" in found else None,
        password=secret.password,
        hash=secret.hash,
        disabled_until=FOR_GOOD
        if any(each.is_locked for each in secrets)
        else _disabled_until(found),
    )


class _Secret:
    """One value of ``userPassword``: a password, or a hash, with a lock before it or in its scheme."""

    def __init__(self, value: str) -> None:
        unlocked = foreign.unlocked(value)
        self.is_locked = unlocked is not None
        # A value without a scheme in braces is the password itself (RFC 4519 section 2.41).
        is_hash = self.is_locked or value.startswith("{")
        self.password = None if is_hash else value
        self.hash = (value if unlocked is None else unlocked) if is_hash else None

    def is_readable(self) -> bool:
        """Whether it can be taken. ``{SASL}`` beside a hash, for example, names another server."""
        try:
            return self.hash is None or bool(foreign.accepted(foreign.read(self.hash)))
        except foreign.Unreadable:
            return False


def _disabled_until(found: Attributes) -> float:
    """As ``states`` says it. Raises Fault."""
    states = [{name: _decoded(value)} for name in found if is_state(name) for value in found[name]]
    locked = FOR_GOOD if any(_locks(found)) else NEVER
    return max([locked, *map(disabled_until, states)])


def _locks(found: Attributes) -> Iterator[bool]:
    """What the attributes say that are no yes or no. Raises Fault."""
    for value in found.get("useraccountcontrol", ()):
        if not re.fullmatch(rb"-?\d{1,10}", value):
            raise Fault("userAccountControl is not a number")
        yield int(value) & _AD_DISABLED != 0
    for value in found.get("sambaacctflags", ()):
        yield bool(set(value) & set(b"DL"))
    for value in found.get("inetuserstatus", ()):
        yield value.strip().lower() != b"active"


def _text(found: Attributes, name: str) -> str:
    return _decoded(found[name][0])


def _decoded(value: bytes) -> str:
    return value.decode(errors="surrogateescape")


def read(stream: BinaryIO) -> Read:
    others = _Others()
    yield from each(_entries(stream, others), _user)
    yield from others.unread.told()


FORMAT = Format("ldif", "LDIF with `userPassword`", read)
