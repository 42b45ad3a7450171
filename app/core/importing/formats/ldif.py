"""LDIF (RFC 2849): the entries with a ``uid`` or ``mail`` and a ``userPassword``. Others are passed over."""

import binascii
from base64 import b64decode
from collections.abc import Iterator
from typing import Any, BinaryIO

from ..records import MAX_LINE, Fault, Format, Read, Record, each
from .documents import lines_as_they_are

_NAMES = ("uid", "samaccountname", "cn")
Attributes = dict[str, list[bytes]]
# Bytes of an entry. One may have a photograph.
MAX_ENTRY = 16 * MAX_LINE


def _entries(stream: BinaryIO) -> Iterator[tuple[str, Any]]:
    """The line and the lines of each entry, unfolded; None for one that is too long."""
    started, size = 0, 0
    folded: list[list[bytes]] = []
    for at, line in lines_as_they_are(stream):
        if not line:
            if folded:
                yield f"line {started}", _unfolded(folded, size)
            folded, size = [], 0
            continue
        size += len(line) + 1
        if size > MAX_ENTRY:
            continue
        if line.startswith(b" ") and folded:
            folded[-1].append(line[1:])
        elif not line.startswith(b"#"):
            if not folded:
                started = at
            folded.append([line])
    if folded:
        yield f"line {started}", _unfolded(folded, size)


def _unfolded(folded: list[list[bytes]], size: int) -> list[bytes] | None:
    return [b"".join(pieces) for pieces in folded] if size <= MAX_ENTRY else None


def _attributes(unfolded: list[bytes] | None) -> Attributes:
    if unfolded is None:
        raise Fault(f"is longer than {MAX_ENTRY:,} bytes")
    found: Attributes = {}
    for line in unfolded:
        name, mark, value = line.partition(b":")
        if not mark:
            raise Fault("has a line without a colon")
        if value.startswith(b":"):
            try:
                value = b64decode(value[1:].strip(), validate=True)
            except binascii.Error:
                raise Fault("has a value that is not Base64") from None
        # Options such as ";lang-de" name the same attribute.
        key = name.split(b";")[0].decode("latin-1").lower()
        found.setdefault(key, []).append(value.lstrip(b" "))
    return found


def _user(place: str, unfolded: list[bytes] | None) -> Record | None:
    found = _attributes(unfolded)
    if "userpassword" not in found or not {"uid", "mail", "samaccountname"} & set(found):
        return None
    secret = _text(found, "userpassword")
    return Record(
        place,
        next((_text(found, name) for name in _NAMES if name in found), None),
        _text(found, "mail") if "mail" in found else None,
        # A value without a scheme in braces is the password itself (RFC 4519 section 2.41).
        password=None if secret.startswith("{") else secret,
        hash=secret if secret.startswith("{") else None,
    )


def _text(found: Attributes, name: str) -> str:
    return found[name][0].decode(errors="surrogateescape")


def read(stream: BinaryIO) -> Read:
    return each(_entries(stream), _user)


FORMAT = Format("ldif", "LDIF with `userPassword`", read)
