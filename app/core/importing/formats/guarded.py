"""A stream of JSON that is watched while a parser reads it: its depth, and the length of each member.

The parser keeps a member of the list in memory until it ends. So the stream stops the parser in one that is
too long, passes over its rest, and goes on as if ``null`` had stood there. It also takes out the numbers that
are too big for the parser (``numbers``).
"""

import json
import re
from contextlib import suppress
from typing import BinaryIO

from ..records import MAX_LINE, Unreadable
from .numbers import STRING, Pieces, has_big_ones, parsable

# The exports that are known have less than ten levels. The parser's memory grows with their square.
MAX_DEPTH = 100
CHUNK = 64 * 1024
# Of a text that has not ended, so many bytes are kept: it may be the key of the list.
_LONGEST_KEY = 1_024

_STRINGS = re.compile(STRING, re.DOTALL)
# Up to a text that has not ended. To look for texts behind its beginning would take a square of its length.
_ENDED = re.compile(rb'(?:[^"]++|' + STRING + rb")*+", re.DOTALL)
_TOKENS = re.compile(STRING + rb"|[\[\]{}]", re.DOTALL)
# What a piece has, unless it is the middle of a text or of a number.
_STRUCTURE = re.compile(rb'[\[\]{}",:]')
_STEPS = {b"[": 1, b"{": 1, b"]": -1, b"}": -1}
_NO_BRACKETS = bytes(set(range(256)) - set(b"".join(_STEPS)))


class TooLong(Exception):
    """A member of the list is too long. The parser must be started again after ``skip``."""


class Guarded:
    """``read`` gives a parser the document. ``key`` is that of the list of users; None: the document is one.

    ``read`` raises Unreadable before it gives what is nested too deep, or a text or number that is too long
    outside the members, and TooLong in a member of the list of more than MAX_LINE bytes.
    """

    def __init__(self, stream: BinaryIO, key: str | None) -> None:
        self._pieces = Pieces(stream)
        self._key = key
        self._quoted = f'"{key}"'.encode()
        # The depth between two members.
        self._base = 1 if key is None else 2
        self._depth = 0
        self._in_list = key is None
        # Whether the list is there, as far as the document was read.
        self.has_list = key is None
        self._last_text = b""
        self._unended = b""  # of a text that has not ended
        self._text_bytes = 0
        # Bytes since the depth was last that between two members.
        self._member_bytes = 0
        self._ahead = b""

    def read(self, size: int = -1) -> bytes:
        if not size:  # ijson asks first whether it gets bytes
            return b""
        if self._ahead:
            chunk, self._ahead = self._ahead, b""
            return chunk
        _, chunk = self._follow(self._pieces.read(size))
        if self._in_list and self._member_bytes >= MAX_LINE:
            raise TooLong
        if self._text_bytes > MAX_LINE:
            raise Unreadable(f"has a text or a number of more than {MAX_LINE:,} bytes")
        return chunk

    def skip(self) -> None:
        """Pass over the rest of the member. What is read next is a new document: ``null`` and what follows.

        Raises Unreadable if the document ends before.
        """
        self._member_bytes = 1
        while self._member_bytes:
            depth, unended = self._depth, self._unended
            chunk = self._pieces.read(CHUNK)
            if not chunk:
                raise Unreadable(f"ends in an entry of more than {MAX_LINE:,} bytes")
            text, chunk = self._follow(chunk)
        for token in _TOKENS.finditer(text):  # pragma: no branch - it breaks
            depth += _STEPS.get(token[0], 0)
            if depth == self._base:
                break
        start = b"[" if self._key is None else b"{%b:[" % self._quoted
        self._ahead = start + b"null" + (unended + chunk)[token.end() :]

    def _follow(self, chunk: bytes) -> tuple[bytes, bytes]:
        """Take account of a piece. Returns it up to a text that has not ended, and as the parser gets it.

        The first begins with what an earlier piece has of a text.
        """
        whole = self._unended + chunk
        ended = _ENDED.match(whole)
        assert ended is not None, "it may be empty"
        text, unended = whole[: ended.end()], whole[ended.end() :]
        quote, begun = unended[:1], unended[1:]
        rest = _STRINGS.sub(b"", text)
        self._text_bytes = len(begun) if _STRUCTURE.search(text) else self._text_bytes + len(chunk)
        given = chunk
        if has_big_ones(rest):
            text = parsable(text)
            given = (text + unended)[len(self._unended) :]
        if len(begun) > _LONGEST_KEY:
            begun = b"\\" * ((len(begun) - len(begun.rstrip(b"\\"))) % 2)
        self._unended = quote + begun
        rest = rest.translate(None, _NO_BRACKETS)
        for _ in range(MAX_DEPTH):
            shorter = rest.replace(b"[]", b"").replace(b"{}", b"")
            if len(shorter) == len(rest):
                break
            rest = shorter
        opened = rest.lstrip(b"]}")
        lowest = self._depth - (len(rest) - len(opened))
        if self._key is not None and lowest < self._base:
            self._look_for_list(text)
        self._member_bytes = 0 if lowest <= self._base else self._member_bytes + len(chunk)
        self._depth = lowest + len(opened)
        # A closed bracket behind an open one belongs to no pair, or there are more levels than were counted.
        if self._depth > MAX_DEPTH or b"]" in opened or b"}" in opened:
            raise Unreadable(f"is nested more than {MAX_DEPTH} levels deep, or is not JSON")
        return text, given

    def _look_for_list(self, text: bytes) -> None:
        """Whether this piece ends in the list: its key is the last text before it, in the root."""
        depth = self._depth
        for token in _TOKENS.finditer(text):
            step = _STEPS.get(token[0], 0)
            depth += step
            if not step and depth == 1:
                self._last_text = token[0]
                self._refuse_another_spelling(token[0])
            elif depth < self._base:
                self._in_list = False
            elif step == 1 and depth == self._base:
                is_list = token[0] == b"["
                self._in_list = is_list and self._last_text == self._quoted
                self.has_list = self.has_list or self._in_list
                if not is_list and self._last_text == self._quoted:
                    raise Unreadable(f'has no list "{self._key}"')

    def _refuse_another_spelling(self, text: bytes) -> None:
        """The parser knows the list by a path, which other keys have too: what they name was not watched.

        Raises Unreadable.
        """
        if text != self._quoted and (b"\\" in text or b"." in text):
            with suppress(ValueError):
                if json.loads(text) in (self._key, f"{self._key}.item"):
                    raise Unreadable(f'has another spelling of its list "{self._key}"')
