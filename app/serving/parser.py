"""The one opinion about a connection's bytes: llhttp, strict, fed as they come.

httptools calls back for each part of a request. What it has no limit for is counted here, and what it
leaves open about a head is decided in ``environ``. A request is ready when llhttp says that it is
complete; nothing here looks for an end by itself.
"""

from collections import deque
from http import HTTPStatus
from io import BytesIO
from typing import Any

from httptools import HttpParserError, HttpParserUpgrade, HttpRequestParser
from httptools.parser.errors import HttpParserInvalidMethodError

from . import environ as rules
from . import limits as bounds
from . import request_line
from .environ import Environ
from .faults import BadRequest, Part
from .limits import MAX_BODY, MAX_CHUNKED, MAX_HEAD, Limits
from .request import Request
from .upgrade import without_upgrade

_VERSIONS = {"1.1": "HTTP/1.1", "1.0": "HTTP/1.0"}


class Parser:
    """Feed it what is received; ``ready`` has the requests, ``fault`` what is wrong behind them."""

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
        # Empty where the peer is not trusted to name the scheme.
        self._secure_headers = secure_headers
        self._llhttp: Any = HttpRequestParser(self)
        self.ready: deque[Request] = deque()
        self.fault: BadRequest | None = None
        # A request has begun and is not complete.
        self.begun = False
        # The client waits for "100 Continue" before it sends the body.
        self.expects = False
        # No more requests come: what is received now is not looked at.
        self.over = False
        self._progress = self._fresh = False
        self._pending = 0
        self._reset()

    def _reset(self) -> None:
        self._environ: Environ = {}
        self._url = b""
        self._method = ""
        self._fields = 0
        self._size = 0
        self._in_body = False
        self._ignoring = False
        self._encoded = 0
        self._body: list[bytes] = []
        self._body_size = 0
        self._keep_alive = True
        self._upgrading = False

    @property
    def held(self) -> int:
        """About how many bytes an incomplete request takes."""
        return self._size + self._body_size + self._pending if self.begun else 0

    @property
    def target(self) -> tuple[str, str]:
        """The method and the path of the request under way, as far as they are known."""
        method = self._method or (self._llhttp.get_method().decode() if self._url else "")
        return method, self._url.partition(b"?")[0].decode("latin-1")

    def close(self) -> None:
        """Break the circle between this and httptools' object."""
        self._llhttp = None
        self.ready.clear()

    def feed(self, data: memoryview) -> None:
        """Whatever becomes of it stands in ``ready``, ``fault`` and ``over`` afterwards."""
        if self.over or self.fault is not None:
            return
        self._progress = False
        # Whether the data is the beginning of a request, for as long as none is complete.
        self._fresh = not (self.begun or self._pending)
        try:
            self._feed(data)
            self._count(len(data))
            if self._fresh and self._url and not self._in_body:
                request_line.refuse_without_version(data, self._url)
        except BadRequest as fault:
            self.fault = fault
        if self._ignoring and self.begun and not self.over and self.fault is None:
            # Its body is not waited for, so nothing behind it can be found.
            self._keep_alive = False
            self._complete()

    def _feed(self, data: memoryview) -> None:
        while data and not self.over:
            try:
                self._llhttp.feed_data(data)
            except HttpParserUpgrade as upgrade:
                parsed = upgrade.args[0]
            except HttpParserError as error:
                if self.over:
                    return
                raise self._judged(error, data) from None
            else:
                return
            # Never another protocol: what llhttp leaves to it is this request's body, or the next one.
            if self._upgrading:
                self._llhttp = without_upgrade(self, self._environ)
                self._upgrading = False
            data = data[parsed:]

    def _judged(self, error: HttpParserError, data: memoryview) -> BadRequest:
        cause = error.__context__
        if isinstance(cause, BadRequest):
            return cause
        if isinstance(cause, Exception) and not isinstance(cause, HttpParserError):
            raise cause
        reason = str(error)
        if isinstance(error, HttpParserInvalidMethodError):
            found = request_line.unknown_method(data) if self._fresh else None
            if found is not None:
                self._method, self._url = found
                return BadRequest(HTTPStatus.NOT_IMPLEMENTED, Part.METHOD, "the method is unknown")
        elif reason == "Invalid HTTP version":
            return request_line.version_not_supported()
        part = Part.BODY if self._in_body else Part.HEADER if self._url else Part.LINE
        return BadRequest(HTTPStatus.BAD_REQUEST, part, f"the {part} is not valid")

    def _count(self, received: int) -> None:
        """llhttp has no limits: a part that only grows, without an event, is bounded here."""
        self._pending = 0 if self._progress else self._pending + received
        if self._in_body:
            self._encoded += received
            if self._encoded > MAX_CHUNKED and not self._ignoring:
                raise bounds.body_too_large()
        if self._pending > (self._limits.field_size if self._url else self._limits.line):
            if self._in_body:
                raise bounds.chunk_head_too_large()
            raise bounds.head_too_large() if self._url else bounds.line_too_long()

    # What httptools calls.

    def on_message_begin(self) -> None:
        if self.over:
            raise _Over  # llhttp goes on where only the rules of ``environ`` say that it ends
        self._environ = self._base.copy()
        self.begun = self._progress = True

    def on_url(self, url: bytes) -> None:
        self._progress = True
        self._url = self._url + url if self._url else url
        if len(self._url) > self._limits.line - 14:  # "GET " and " HTTP/1.1\r\n"
            raise bounds.line_too_long()
        if self._url == b"*" and self._llhttp.get_method() == b"PRI":
            # llhttp would wait for the whole preface of HTTP/2.
            raise BadRequest(HTTPStatus.BAD_REQUEST, Part.LINE, "HTTP/2 is not spoken")

    def on_header(self, name: bytes, value: bytes) -> None:
        self._progress = True
        size = len(name) + len(value) + 4
        self._size += size
        self._fields += 1
        if (
            size > self._limits.field_size
            or self._fields > self._limits.fields
            or self._size + len(self._url) > MAX_HEAD
        ):
            raise bounds.head_too_large()
        if not self._in_body:  # trailers are read over
            rules.add_header(self._environ, name, value)

    def on_headers_complete(self) -> None:
        self._progress = self._in_body = True
        llhttp, environ = self._llhttp, self._environ
        protocol = _VERSIONS.get(llhttp.get_http_version())
        self._method = method = llhttp.get_method().decode()
        if protocol is None:
            raise request_line.version_not_supported()
        if method in request_line.NOT_SPOKEN:
            raise BadRequest(
                HTTPStatus.NOT_IMPLEMENTED, Part.METHOD, "the method is not spoken here"
            )
        environ["REQUEST_METHOD"] = method
        environ["SERVER_PROTOCOL"] = protocol
        rules.add_target(environ, method, self._url.decode("latin-1"))
        rules.check_host(environ, protocol)
        self._keep_alive = llhttp.should_keep_alive() and not rules.says_close(environ, protocol)
        if self._secure_headers:
            environ["wsgi.url_scheme"] = rules.scheme(environ, self._secure_headers)
        has_body, length = False, 0
        if "HTTP_TRANSFER_ENCODING" in environ:
            rules.check_coding(environ, protocol)
            has_body = True
        elif "CONTENT_LENGTH" in environ:
            length = rules.content_length(environ)
            has_body = length > 0
        if has_body:
            self._ignoring = self._ignores_body(environ["PATH_INFO"])
            if length > MAX_BODY and not self._ignoring:
                raise bounds.body_too_large()
            if "HTTP_UPGRADE" in environ:
                self._upgrading = llhttp.should_upgrade()
        if "HTTP_EXPECT" in environ and rules.expects_continue(environ, protocol):
            self.expects = has_body and not self._ignoring

    def on_body(self, data: bytes) -> None:
        self._progress = True
        self.expects = False
        if self._ignoring:
            return
        self._body_size += len(data)
        if self._body_size > MAX_BODY:
            raise bounds.body_too_large()
        self._body.append(data)

    def on_chunk_header(self) -> None:
        self._progress = True

    def on_message_complete(self) -> None:
        self._progress = True
        if self.begun and not self._upgrading:
            self._complete()

    def _complete(self) -> None:
        environ = self._environ
        body = self._body
        environ["wsgi.input"] = BytesIO(body[0] if len(body) == 1 else b"".join(body))
        size = self._size + len(self._url) + self._body_size
        self.ready.append(Request(environ, self._method, size, keep_alive=self._keep_alive))
        self.over = not self._keep_alive
        self.begun = self.expects = self._fresh = False
        self._reset()


class _Over(Exception):
    """What comes now is not looked at."""
