"""The parser of a connection's bytes: llhttp, in strict mode, fed as the bytes come.

httptools calls back for each part of a request. Limits that llhttp lacks are counted here. Rules about a
head that it lacks are in ``request_line`` and ``environ``. A request is ready when llhttp says that it is
complete; this module never decides on an end by itself.

The method is read here, so the first byte of a request must be known exactly. Therefore llhttp never gets
the end of one request and the beginning of the next in one piece. A request ends with an empty line, or
with a body of known length, and llhttp gets everything up to the next such place.
"""

from collections import deque
from io import BytesIO
from typing import Any

from httptools import HttpParserError, HttpParserUpgrade, HttpRequestParser

from . import environ as rules
from . import limits as bounds
from . import request_line
from .environ import Environ
from .faults import BadRequest, Part, not_valid, raised_by_us
from .limits import FIELD_OVERHEAD, MAX_CHUNKED, MAX_READY, OVERHEAD, Limits
from .request import Request
from .upgrade import without_upgrade

_PROTOCOLS = {"1.1": "HTTP/1.1", "1.0": "HTTP/1.0"}


class Parser:
    """Feed it what is received. ``ready`` has the complete requests, ``fault`` what is wrong after them."""

    def __init__(
        self,
        base: Environ,
        limits: Limits,
        ignores_body: Any,
        secure_headers: dict[str, str],
    ) -> None:
        self._base = base
        self._limits = limits
        self._ignores_body = ignores_body
        # Empty if the peer is not trusted to state the scheme.
        self._secure_headers = secure_headers
        self._llhttp: Any = HttpRequestParser(self)
        self.ready: deque[Request] = deque()
        self.fault: BadRequest | None = None
        # A request has begun and is not complete.
        self.begun = False
        # The client waits for "100 Continue" before it sends the body.
        self.expects = False
        # No more requests follow: what is received from now on is ignored.
        self.over = False
        # Bytes for later: the beginning of a method; or, with ``unread``, what follows MAX_READY requests.
        self._kept, self.unread = b"", False
        # Whether a piece held anything of a body.
        self._progress = False
        self._reset()

    def _reset(self) -> None:
        self._environ: Environ = {}
        self._method, self._url = "", b""
        self._body = BytesIO()
        # How much there was of each part, is still to come of a body whose length is known (``_left``),
        # and belongs to a line that has not ended (``_pending``).
        self._line = self._fields = self._size = self._encoded = self._body_size = 0
        self._left = self._pending = 0
        self._in_fields = self._in_body = self._ignoring = self._upgrading = False
        self._keep_alive = True

    @property
    def held(self) -> int:
        """The approximate memory of everything that is not answered yet, in bytes."""
        ready = sum(OVERHEAD + request.size for request in self.ready)
        return ready + len(self._kept) + (self._taken + self._pending if self.begun else 0)

    @property
    def _taken(self) -> int:
        return self._size + self._fields * FIELD_OVERHEAD + len(self._url) + self._body_size

    @property
    def target(self) -> tuple[str, str]:
        """The method and the path of the request under way, as far as they are known."""
        return self._method, request_line.path_of(self._url)

    def close(self) -> None:
        """Break the circle between this and httptools' object."""
        self.discard()
        self._llhttp = None

    def discard(self) -> None:  # nothing more will be answered
        self.ready.clear()
        self._kept, self.unread, self.fault = b"", False, None

    def feed(self, data: memoryview) -> None:
        """Parse ``data``. The results are in ``ready``, ``fault`` and ``over``."""
        if self.over or self.fault is not None:
            return
        try:
            self._feed(self._kept + bytes(data))
        except BadRequest as fault:
            self.fault = fault
        if self._ignoring and self.begun and not self.over and self.fault is None:
            self._keep_alive = False  # its body is not read, so the next request cannot be found
            self._complete()

    def _feed(self, data: bytes) -> None:
        at, size, self._kept, self.unread = 0, len(data), b"", False
        while at < size and not self.over:
            if self._method:
                end = min(at + self._left, size) if self._left else request_line.cut(data, at)
                piece = data[at:end]
            elif len(self.ready) >= MAX_READY:
                self._kept, self.unread = data[at:], True
                return
            else:
                start = self._begin(data, at)
                if not self._method:
                    return
                end = request_line.behind_empty_line(data, start)
                piece = request_line.STAND_IN + data[start:end]
            self._progress = False
            at = end - self._feed_llhttp(piece)
            if self._method:
                self._count(piece)

    def _begin(self, data: bytes, at: int) -> int:
        """Read the method at ``at``; the index after it. A method that is not complete is kept."""
        end = data.find(b" ", at, at + request_line.LONGEST_USUAL + 1)
        if end > 0 and (method := request_line.USUAL.get(data[at:end])) is not None:
            self._method = method
            return end
        start = request_line.behind_empty_lines(data, at)
        self._pending += start - at
        bounds.check_unended(self._limits, self._pending)
        self._method = request_line.method_of(data, start)
        if not self._method:
            self._kept = data[start:]
            self.begun = bool(self._kept)
        return start + len(self._method)

    def _feed_llhttp(self, piece: bytes) -> int:
        """Give ``piece`` to llhttp; how many bytes of its end must be given again."""
        try:
            self._llhttp.feed_data(piece)
        except HttpParserUpgrade as upgrade:
            # We never change the protocol: the bytes that llhttp leaves are a body or the next request.
            if self._upgrading:
                self._llhttp = without_upgrade(self, self._environ)
                self._upgrading = False
            return len(piece) - int(upgrade.args[0])
        except HttpParserError as error:
            raise self._judged(error, piece) from None
        return 0

    def _judged(self, error: HttpParserError, piece: bytes) -> BadRequest:
        if (ours := raised_by_us(error)) is not None:
            return ours
        part = Part.BODY if self._in_body else Part.HEADER if self._url else Part.LINE
        if str(error) == "Invalid HTTP version":
            return request_line.version_not_supported()
        if " url" not in str(error):
            return not_valid(part)
        self._url += request_line.beginning_of_url(piece)  # llhttp calls back with whole ones only
        return not_valid(Part.LINE)

    def _count(self, piece: bytes) -> None:
        """Bound a line, or a part of a body, that grows without an end: llhttp has no such limit."""
        line = piece.rfind(b"\n") + 1
        grown = len(piece) - line if line else self._pending + len(piece)
        self._pending = 0 if self._progress else grown
        if self._in_body:
            self._encoded += len(piece)
            if self._encoded > MAX_CHUNKED and not self._ignoring:
                raise bounds.body_too_large()
        elif not self._in_fields:
            self._line += len(piece)
            self._in_fields = line > 0
            if line == len(piece):
                request_line.check_version(self._line - len(self._url))
        bounds.check_unended(
            self._limits, self._pending, in_fields=self._in_fields, in_body=self._in_body
        )

    # What httptools calls.

    def on_message_begin(self) -> None:
        if not self._method:  # we have not read it, so llhttp's own reading must not count
            raise not_valid(Part.LINE)
        self._environ = self._base.copy()
        self.begun = True

    def on_url(self, url: bytes) -> None:
        self._url = self._url + url if self._url else url
        bounds.check_line(self._limits, len(self._method) + len(self._url))

    def on_header(self, name: bytes, value: bytes) -> None:
        size = len(name) + len(value) + 4
        self._size += size
        self._fields += 1
        bounds.check_field(self._limits, size, self._fields, self._size + len(self._url))
        if not self._in_body:  # trailers are ignored
            rules.add_header(self._environ, name, value)

    def on_headers_complete(self) -> None:
        self._in_body = True
        llhttp, environ = self._llhttp, self._environ
        protocol = _PROTOCOLS.get(llhttp.get_http_version())
        if protocol is None:
            raise request_line.version_not_supported()
        environ["REQUEST_METHOD"], environ["SERVER_PROTOCOL"] = self._method, protocol
        rules.add_target(environ, self._method, self._url.decode("latin-1"))
        rules.check_host(environ, protocol)
        self._keep_alive = llhttp.should_keep_alive() and not rules.says_close(environ, protocol)
        if self._secure_headers:
            environ["wsgi.url_scheme"] = rules.scheme(environ, self._secure_headers)
        length: int | None = 0
        if "CONTENT_LENGTH" in environ or "HTTP_TRANSFER_ENCODING" in environ:
            length = rules.body_length(environ, protocol)
            self._left = length or 0
        if length != 0:
            self._ignoring = self._ignores_body(environ["PATH_INFO"])
            bounds.check_body(0 if self._ignoring else self._left)
            if "HTTP_UPGRADE" in environ:
                self._upgrading = llhttp.should_upgrade()
        if "HTTP_EXPECT" in environ and rules.expects_continue(environ, protocol):
            self.expects = length != 0 and not self._ignoring

    def on_body(self, data: bytes) -> None:
        self._progress = True
        self.expects = False
        if self._left:
            self._left -= len(data)
        if self._ignoring:
            return
        self._body_size += len(data)
        bounds.check_body(self._body_size)
        self._body.write(data)

    def on_message_complete(self) -> None:
        if self.begun and not self._upgrading:
            self._complete()

    def _complete(self) -> None:
        self._body.seek(0)
        self._environ["wsgi.input"] = self._body
        self.ready.append(Request(self._environ, self._method, self._taken, self._keep_alive))
        self.over = not self._keep_alive
        self.begun = self.expects = False
        self._reset()
