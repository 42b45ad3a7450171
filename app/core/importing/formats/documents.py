"""JSON as files have it: one document that is read piece by piece, or an object a line."""

import json
from collections.abc import Iterator
from itertools import islice
from typing import Any, BinaryIO

from ..records import MAX_LINE, Fault, Unreadable
from .guarded import Guarded, TooLong

Entries = Iterator[tuple[str, Any]]


def lines(stream: BinaryIO) -> Iterator[tuple[str, bytes | None]]:
    """The place and the bytes of each line that is not empty; None for one that is too long."""
    at = 0
    while line := stream.readline(MAX_LINE):
        at += 1
        if len(line) == MAX_LINE and not line.endswith(b"\n"):
            while (rest := stream.readline(MAX_LINE)) and not rest.endswith(b"\n"):
                pass
            yield f"line {at}", None
        elif stripped := line.strip(b"\xef\xbb\xbf\r\n \t" if at == 1 else b"\r\n \t"):
            yield f"line {at}", stripped


def parsed(line: bytes | None) -> Any:
    """Raises Fault."""
    if line is None:
        raise Fault(f"is longer than {MAX_LINE:,} bytes")
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        raise Fault("is not JSON in UTF-8") from None


def items(stream: BinaryIO, key: str | None, shown: str) -> Entries:
    """The place (``shown[3]``) and the value of each member of the list at ``key``, or of the document.

    Only one member is in memory at a time. A Fault stands for one that is too long. Raises Unreadable where
    the document ends to be JSON, and what ``Guarded`` raises.
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


def begins_with_a_list(stream: BinaryIO) -> bool:
    """Whether the document is a list. The stream stands at its beginning afterwards."""
    start = stream.read(4_096).removeprefix(b"\xef\xbb\xbf").lstrip()
    stream.seek(0)
    return start.startswith(b"[")


def lines_as_they_are(stream: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """The number and the bytes of each line, without its end. One that is too long comes in pieces."""
    at = 1
    while line := stream.readline(MAX_LINE):
        yield at, line.rstrip(b"\r\n")
        at += line.endswith(b"\n")
