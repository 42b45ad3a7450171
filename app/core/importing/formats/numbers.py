"""Numbers of JSON that 64 bits do not hold. The parser ends at one, and it may stand in what a user wrote."""

import math
import re
from typing import BinaryIO

from ..records import MAX_LINE
from .lines import BYTE_ORDER_MARK

STRING = rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"'
_SUSPICIOUS = re.compile(rb"\d{19}|[eE]\+?\d{3}")
_NUMBERS = re.compile(STRING + rb"|-?\d[\d.eE+-]*", re.DOTALL)
_OF_NUMBERS = b"0123456789.eE+-"
_MOST_DIGITS = 1_000
# What the parser is given instead: no field that is read may have an object that is empty.
_INSTEAD = b"{}"


class Pieces:
    """A stream of JSON in pieces, none of which ends within a number. A byte order mark is passed over."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._begun = False
        self._held = b""

    def read(self, size: int) -> bytes:
        """Some bytes, or none at the end. A number of more than MAX_LINE bytes may be cut."""
        while chunk := self._stream.read(size):
            if not self._begun:
                self._begun = True
                chunk = chunk.removeprefix(BYTE_ORDER_MARK)
            piece = self._held + chunk
            body = piece.rstrip(_OF_NUMBERS)
            self._held = piece[len(body) :]
            if body:
                return body
            if len(piece) > MAX_LINE:
                break
        piece, self._held = self._held, b""
        return piece


def has_big_ones(text: bytes) -> bool:
    """Whether ``parsable`` may change a text like this, which has no strings."""
    return _SUSPICIOUS.search(text) is not None


def parsable(text: bytes) -> bytes:
    """With something else for each number that the parser would not take. No string is cut off."""
    return _NUMBERS.sub(_parsable, text)


def _parsable(match: re.Match[bytes]) -> bytes:
    return match[0] if match[0].startswith(b'"') or _fits(match[0]) else _INSTEAD


def _fits(number: bytes) -> bool:
    if number.removeprefix(b"-").isdigit():
        return len(number) <= 20 and abs(int(number)) < 2**63
    try:
        return len(number) <= _MOST_DIGITS and math.isfinite(float(number))
    except ValueError:
        return True  # it is no number at all, as the parser will say
