"""Upgrades are ignored: the request is answered as HTTP/1.1, with its body (RFC 9110 section 7.8)."""

from typing import TYPE_CHECKING, Any

from httptools import HttpRequestParser

from .environ import Environ

if TYPE_CHECKING:
    from .parser import Parser


def without_upgrade(parser: "Parser", environ: Environ) -> Any:
    """A fresh llhttp that reads the body. llhttp reads none after an Upgrade, so this one is first given a
    head with the same framing and without Upgrade."""
    length = environ.get("CONTENT_LENGTH")
    framing = f"Content-Length: {length}" if length else "Transfer-Encoding: chunked"
    resumed = Resumed(parser)
    llhttp = HttpRequestParser(resumed)
    llhttp.feed_data(f"POST / HTTP/1.1\r\n{framing}\r\n\r\n".encode())
    resumed.begins = True
    return llhttp


class Resumed:
    """httptools' callbacks of that parser: those of its head are ignored."""

    def __init__(self, parser: "Parser") -> None:
        self._parser = parser
        self.begins = False
        self.on_body = parser.on_body
        self.on_message_complete = parser.on_message_complete

    def on_message_begin(self) -> None:
        if self.begins:
            self._parser.on_message_begin()

    def on_url(self, url: bytes) -> None:
        if self.begins:
            self._parser.on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        if self.begins:
            self._parser.on_header(name, value)

    def on_headers_complete(self) -> None:
        if self.begins:
            self._parser.on_headers_complete()
