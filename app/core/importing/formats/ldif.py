"""LDIF (RFC 2849): the entries with a ``uid`` or ``mail`` and a ``userPassword``. Others are passed over.

Only the attributes that are read are kept: an entry may have a photograph.
"""

import binascii
import re
from base64 import b64decode
from collections.abc import Iterator
from typing import BinaryIO

from ...passwords import foreign
from ..records import MAX_LINE, Fault, Format, Read, Record, each
from ..states import FOR_GOOD, NEVER, disabled_until, is_state, yes_or_no
from .ldif_names import NAMES, Others, known
from .lines import lines

Attributes = dict[str, list[bytes]]
# Bytes of an entry.
MAX_ENTRY = 16 * MAX_LINE
# ACCOUNTDISABLE and LOCKOUT of Active Directory.
_AD_DISABLED = 0x2 | 0x10
# The roles by which 389 Directory Server inactivates.
_DISABLED_ROLE = re.compile(rb"\s*cn\s*=\s*ns(?:Managed)?DisabledRole\s*(?:,|\Z)", re.IGNORECASE)


class _Entry:
    """One entry, line by line. ``started`` is its first line, 0 before it."""

    def __init__(self, others: Others) -> None:
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
            if not colon or known(name):
                self._line = bytearray(line)
            elif name not in self._others.noted:
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
            if key := known(name):
                self._found.setdefault(key, []).append(_value(value))
        except Fault as fault:
            self._fault = self._fault or fault


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


def _entries(stream: BinaryIO, others: Others) -> Iterator[tuple[str, Attributes | Fault]]:
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
    if len(found.get("dn", ())) > 1:
        # Two files were put together: the name of one user would stand beside the password of another.
        raise Fault("has more than one dn: no blank line stands between two entries")
    if found.get("dn", [b""])[0].lower().startswith(b"nsuniqueid="):
        raise Fault("is an entry that was deleted (a tombstone)")
    secrets = [_Secret(_decoded(value)) for value in found["userpassword"]]
    secret = next(filter(_Secret.is_readable, secrets), secrets[0])
    return Record(
        place,
        next((_text(found, name) for name in NAMES if name in found), None),
        _text(found, "mail") if "mail" in found else None,
        password=secret.password,
        hash=secret.hash,
        disabled_until=FOR_GOOD
        if any(each.is_locked for each in secrets)
        else _disabled_until(found),
        password_expired=any(
            yes_or_no("pwdReset", _decoded(value)) is True for value in found.get("pwdreset", ())
        ),
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
    for value in (*found.get("nsroledn", ()), *found.get("nsrole", ())):
        yield bool(_DISABLED_ROLE.match(value))


def _text(found: Attributes, name: str) -> str:
    return _decoded(found[name][0])


def _decoded(value: bytes) -> str:
    return value.decode(errors="surrogateescape")


def read(stream: BinaryIO) -> Read:
    others = Others()
    yield from each(_entries(stream, others), _user)
    yield from others.unread.told()


FORMAT = Format("ldif", "LDIF with `userPassword`", read)
