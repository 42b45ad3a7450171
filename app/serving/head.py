"""The head of a response: its status line, the server's own headers, and the application's, checked.

No text of the application can end a line or add one: response splitting (RFC 9112 section 11.1).
"""

import re
import time
from email.utils import formatdate

from gunicorn import SERVER

_STATUS = re.compile(r"[2-5][0-9]{2} [\t\x20-\x7e\x80-\xff]*")
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
# All bytes that are allowed in a head, without the ends of its lines.
_SAFE = bytes({9, *range(0x20, 0x7F), *range(0x80, 0x100)})

_PLAIN, _DROPPED, _LENGTH, _CONNECTION = range(4)
# How each header of an application is treated. Headers of the connection, and those that the server
# writes itself, are dropped (PEP 3333, RFC 9110 section 7.6.1).
_KINDS = dict.fromkeys(
    (
        "date",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "proxy-connection",
        "server",
        "te",
        "trailer",
        "trailers",
        "transfer-encoding",
        "upgrade",
    ),
    _DROPPED,
) | {"content-length": _LENGTH, "connection": _CONNECTION}
_seen: dict[str, int] = {}
_MOST_SEEN = 1024
_LINES_OF_START = 4


class InvalidResponse(Exception):
    """The application's fault: a status or a header that cannot be sent."""


class _Starts:
    """The status line and the server's own headers, built once a second for each status."""

    def __init__(self) -> None:
        self._second = 0
        self._made: dict[tuple[str, bool], str] = {}

    def __call__(self, status: str, *, keep_alive: bool) -> str:
        second = int(time.time())
        if second != self._second:
            # A new dict instead of clear(): other threads may be reading the old one.
            self._made, self._second = {}, second
        made = self._made
        try:
            return made[status, keep_alive]
        except KeyError:
            if _STATUS.fullmatch(status) is None:
                raise InvalidResponse("the status") from None
        date = formatdate(second, usegmt=True)
        connection = "keep-alive" if keep_alive else "close"
        start = made[status, keep_alive] = (
            f"HTTP/1.1 {status}\r\nServer: {SERVER}\r\nDate: {date}\r\nConnection: {connection}\r\n"
        )
        return start


start_of = _Starts()


def lines_of(headers: list[tuple[str, str]]) -> tuple[list[str], int | None, bool]:
    """The application's headers as lines, its Content-Length, and whether it says close."""
    lines = []
    length = None
    closes = False
    for name, value in headers:
        kind = _seen.get(name)
        if kind is None:
            kind = _kind(name)
        if kind == _PLAIN:
            lines.append(f"{name}: {value}\r\n")
        elif kind == _LENGTH:
            length = _length(value)
        elif kind == _CONNECTION and value.lower() == "close":
            closes = True
    return lines, length, closes


def head_of(status: str, lines: list[str], *, keep_alive: bool) -> bytes:
    """Raises InvalidResponse if a value holds the end of a line or another control character."""
    start = start_of(status, keep_alive=keep_alive)
    try:
        head = f"{start}{''.join(lines)}\r\n".encode("latin-1")
    except UnicodeEncodeError:
        raise InvalidResponse("a header's value") from None
    if head.translate(None, _SAFE) != b"\r\n" * (len(lines) + _LINES_OF_START + 1):
        raise InvalidResponse("a header's value")
    return head


def _kind(name: str) -> int:
    if not isinstance(name, str) or _TOKEN.fullmatch(name) is None:
        raise InvalidResponse("a header's name")
    kind = _KINDS.get(name.lower(), _PLAIN)
    if len(_seen) < _MOST_SEEN:
        _seen[name] = kind
    return kind


def _length(value: str) -> int:
    if not (value.isascii() and value.isdigit()):
        raise InvalidResponse("the Content-Length")
    return int(value)
