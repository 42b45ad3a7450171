"""The physical lines of a file: their numbers, their ends, and those that are too long.

Every format that has lines reads them here. A part of a line is never taken for a line of its own: a user of
the old system may have written it.
"""

from collections.abc import Iterator
from typing import BinaryIO

from ..records import MAX_LINE

BYTE_ORDER_MARK = b"\xef\xbb\xbf"
# With its end.
_MOST = MAX_LINE + 1


def lines(stream: BinaryIO) -> Iterator[tuple[int, bytes, bool]]:
    """The number of each line, its bytes without its end, and whether it is whole.

    Of one of more than MAX_LINE bytes only the beginning is given. The rest is passed over, to its true end.
    """
    at = 0
    line = stream.readline(_MOST)
    while line:
        at += 1
        whole = line.endswith(b"\n") or len(line) <= MAX_LINE
        if at == 1:
            line = line.removeprefix(BYTE_ORDER_MARK)
        yield at, line.rstrip(b"\r\n"), whole
        if not whole:
            while (rest := stream.readline(_MOST)) and not rest.endswith(b"\n"):
                pass
        line = stream.readline(_MOST)


def pieces(stream: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """The number of each line, and its bytes with its end. One that is too long comes in pieces."""
    at = 1
    piece = stream.readline(_MOST).removeprefix(BYTE_ORDER_MARK)
    while piece:
        yield at, piece
        at += piece.endswith(b"\n")
        piece = stream.readline(_MOST)
