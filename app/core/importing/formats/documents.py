"""JSON as files have it: one document that is read piece by piece, or an object a line."""

import json
from collections.abc import Iterator
from itertools import islice
from typing import Any, BinaryIO

from ..records import MAX_LINE, Fault, Unreadable
from . import lines as physical
from .guarded import Guarded, TooLong


def _object(members: list[tuple[str, Any]]) -> dict[str, Any]:
    """Raises _Twice if a name stands twice: one may say that a user is locked, the other that not."""
    found = dict(members)
    if len(found) != len(members):
        raise _Twice
    return found


class _Twice(Exception):
    """An object of JSON has a name twice."""


_DECODER = json.JSONDecoder(object_pairs_hook=_object)
Entries = Iterator[tuple[str, Any]]


def lines(stream: BinaryIO) -> Iterator[tuple[str, bytes | None]]:
    """The place and the bytes of each line that is not empty; None for one that is too long."""
    for at, line, whole in physical.lines(stream):
        if not whole:
            yield f"line {at}", None
        elif stripped := line.strip(b" \t\r"):
            yield f"line {at}", stripped


def parsed(line: bytes | None) -> Any:
    """Raises Fault."""
    if line is None:
        raise Fault(f"is longer than {MAX_LINE:,} bytes")
    try:
        return _DECODER.decode(line.decode())
    except _Twice:
        raise Fault("has a name twice in one object") from None
    except (ValueError, RecursionError):
        raise Fault("is not JSON in UTF-8") from None


def items(stream: BinaryIO, key: str | None, shown: str) -> Entries:
    """The place (``shown[3]``) and the value of each member of the list at ``key``, or of the document.

    Only one member is in memory at a time. A Fault stands for one that is too long. Raises Unreadable where
    the document ends to be JSON, if it has no such list, and what ``Guarded`` raises.
    """
    import ijson

    guarded = Guarded(stream, key)
    at = -1
    first = 0
    while True:
        members = ijson.items(guarded, "item" if key is None else f"{key}.item", use_float=True)
        try:
            for value in islice(members, first, None):
                at += 1
                yield f"{shown}[{at}]", value
            break
        except TooLong:
            at += 1
            yield f"{shown}[{at}]", Fault(f"is longer than {MAX_LINE:,} bytes")
            guarded.skip()
            first = 1  # stands for the one that was too long
        except (ijson.JSONError, ValueError, OverflowError, RecursionError):
            raise Unreadable(f"is not JSON from {shown}[{at + 1}] on") from None
    if not guarded.has_list:
        raise Unreadable(f'has no list "{key}"')


def begins_with_a_list(stream: BinaryIO) -> bool:
    """Whether the document is a list. The stream stands at its beginning afterwards."""
    start = stream.read(4_096).removeprefix(b"\xef\xbb\xbf").lstrip()
    stream.seek(0)
    return start.startswith(b"[")
