"""JSON as files have it: one document that is read piece by piece, or an object a line."""

import json
import re
from collections.abc import Iterator
from typing import Any, BinaryIO

from ..records import MAX_LINE, Fault, Unreadable

Entries = Iterator[tuple[str, Any]]

# The exports that are known have less than ten levels. The parser's memory grows with their square.
MAX_DEPTH = 100
_STRING = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"', re.DOTALL)
_NO_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))


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


def items(stream: BinaryIO, path: str, shown: str) -> Entries:
    """The place (``shown[3]``) and the value of each member of the list at ``path``.

    Only one member is in memory at a time. Raises Unreadable where the document ends to be JSON, or is nested
    more than MAX_DEPTH levels deep.
    """
    import ijson

    at = -1
    try:
        for at, value in enumerate(ijson.items(Shallow(stream), path, use_float=True)):
            yield f"{shown}[{at}]", value
    except (ijson.JSONError, ValueError, OverflowError, RecursionError):
        raise Unreadable(f"is not JSON from {shown}[{at + 1}] on") from None


class Shallow:
    """A stream of JSON. ``read`` raises Unreadable before it gives what is nested too deep, or has too long a
    text."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._depth = 0
        self._text = b""  # one that has not ended yet

    def read(self, size: int = -1) -> bytes:
        chunk = self._stream.read(size)
        rest = _STRING.sub(b"", self._text + chunk)
        rest, quote, begun = rest.partition(b'"')
        self._text = quote + begun
        if len(self._text) > MAX_LINE:
            raise Unreadable(f"has a text of more than {MAX_LINE:,} bytes")
        rest = rest.translate(None, _NO_BRACKETS)
        for _ in range(MAX_DEPTH):
            shorter = rest.replace(b"[]", b"").replace(b"{}", b"")
            if len(shorter) == len(rest):
                break
            rest = shorter
        opened = rest.lstrip(b"]}")
        self._depth += 2 * len(opened) - len(rest)
        # A closed bracket behind an open one belongs to no pair, or there are more levels than were counted.
        if self._depth > MAX_DEPTH or b"]" in opened or b"}" in opened:
            raise Unreadable(f"is nested more than {MAX_DEPTH} levels deep, or is not JSON")
        return chunk


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
