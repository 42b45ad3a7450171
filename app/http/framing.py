"""Where a request ends in the bytes received so far, so that no thread has to wait for the rest.

Only a hint: gunicorn's parser judges every request, strictly. Where the two disagree, it finds the
bytes at an end, and the connection is closed.
"""

import re

# 64 KiB with the request line: what the parser then refuses field by field is less than that.
MAX_HEAD = 64 * 1024
# One byte more than this, and the application refuses the body without reading on.
MAX_BODY = 64 * 1024
# So much of a chunked body, and it has that byte, however it is read.
ENOUGH = MAX_BODY + 8 * 1024
# A chunk a byte costs six bytes; beyond that it is not a body but an attack.
MAX_CHUNKED = 8 * MAX_BODY

CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
READS = (b"get ", b"head ")
BASIC = b"\r\nauthorization: basic "

_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*(\d{1,18})[ \t]*(?:\r\n|$)")
_CHUNK = re.compile(rb"([0-9a-f]{1,8})[ \t]*(?:;[^\r\n]*)?", re.IGNORECASE)


class HeadTooLarge(Exception):
    """The request line and the header fields together are larger than MAX_HEAD."""


class Framing:
    """The bytes of one request (and of what was sent behind it), and whether it is whole."""

    # The request can be judged: nothing more needs to be read for it.
    whole = False
    has_body = False
    # The body was not waited for, so the connection ends with the answer.
    cut = False
    # The client waits for "100 Continue" before it sends the body (RFC 9110 section 10.1.1).
    expects = False
    # The answer may have to wait: for the hash of a password, or to be written down.
    may_wait = False
    _body_at = 0
    _chunk_at = 0
    _decoded = 0
    _length: int | None = None

    def __init__(self, ignores_body: frozenset[str] = frozenset()) -> None:
        self.buffer = bytearray()
        self._ignores_body = ignores_body

    @property
    def target(self) -> tuple[str, str]:
        """The method and the path as they stand in the request line, "" where there is none."""
        words = bytes(self.buffer[:4096].partition(b"\r\n")[0]).decode("latin-1").split(" ")
        method, path = (*words, "", "")[:2]
        return method, path.partition("?")[0]

    def add(self, data: bytes) -> None:
        """Raises HeadTooLarge."""
        searched = max(0, len(self.buffer) - 3)
        self.buffer += data
        if not self._body_at:
            end = self.buffer.find(b"\r\n\r\n", searched)
            if end > MAX_HEAD or (end < 0 and len(self.buffer) > MAX_HEAD):
                raise HeadTooLarge
            if end < 0:
                return
            self._read_head(end)
        if not self.whole:
            self._read_body()

    def _read_head(self, end: int) -> None:
        self._body_at = self._chunk_at = end + 4
        head = bytes(self.buffer[:end]).lower()
        self.may_wait = not head.startswith(READS) or BASIC in head
        if b"\r\ntransfer-encoding:" in head:
            self.has_body = True
        elif b"\r\ncontent-length:" in head:
            found = _LENGTH.search(head)
            self._length = int(found[1]) if found else 0
            self.has_body = self._length > 0
        self.whole = not self.has_body
        self.expects = self.has_body and b"\r\nexpect:" in head

    def _read_body(self) -> None:
        received = len(self.buffer) - self._body_at
        if self._length is None:
            self._read_chunks()
        elif self._length > MAX_BODY:
            self.whole = self.cut = True
        else:
            self.whole = received >= self._length
        if not self.whole and self.target[1] in self._ignores_body:
            self.whole = self.cut = True

    def _read_chunks(self) -> None:
        """Walk from chunk to chunk, from where the last walk came to (RFC 9112 section 7.1)."""
        if len(self.buffer) - self._body_at > MAX_CHUNKED:
            self.whole = self.cut = True
        while not self.whole:
            end = self.buffer.find(b"\r\n", self._chunk_at)
            if end < 0:
                return
            found = _CHUNK.fullmatch(self.buffer[self._chunk_at : end])
            size = int(found[1], 16) if found else 0
            if found is None:
                self.whole = True
            elif size == 0:
                # An empty line ends the trailers; where there are none, it stands right here.
                self.whole = self.buffer.find(b"\r\n\r\n", end) >= 0
                return
            elif len(self.buffer) < end + size + 4:
                received = self._decoded + len(self.buffer) - end - 2
                self.whole = self.cut = received > ENOUGH
                return
            else:
                self._decoded += size
                self._chunk_at = end + size + 4
                self.whole = self.cut = self._decoded > ENOUGH
