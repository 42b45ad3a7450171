"""The method, which no parser judges, and what else llhttp leaves open about a request line.

Any token is a method (RFC 9110 section 9.1), and llhttp has a table of them. With some it takes RTSP or
Icecast for HTTP (GET too), stops where a tunnel would begin, or waits for more of HTTP/2. None changes
where a request ends. So the method is read here, and llhttp is told another in its place.
"""

import re
from http import HTTPStatus
from urllib.parse import unquote_to_bytes

from .faults import BadRequest, Part, not_valid

# What llhttp is told: a method of HTTP, and of no other protocol.
STAND_IN = b"PUT"
_LONGEST = 32
_TOKEN = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]*")
_METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS")
USUAL = {method.encode(): method for method in _METHODS}
LONGEST_USUAL = max(map(len, USUAL))

# What llhttp takes into a URL, and an absolute one's beginning.
_VISIBLE = re.compile(rb"[!-~]*")
_ORIGIN = re.compile(rb"(?i:https?)://[^/?#]*")


def behind_empty_lines(data: bytes, at: int) -> int:
    """RFC 9112 section 2.2: those before a request are ignored."""
    while data.startswith(b"\r\n", at):
        at += 2
    return at


def behind_empty_line(data: bytes, at: int) -> int:
    """No request ends before the first one that stands there whole."""
    end = data.find(b"\r\n\r\n", at)
    return end + 4 if end >= 0 else len(data)


def cut(data: bytes, at: int) -> int:
    """The same where the beginning of an empty line may have come before."""
    for rest in (b"\r\n", b"\n"):
        if data.startswith(rest, at):
            return at + len(rest)
    return behind_empty_line(data, at)


def method_of(data: bytes, at: int) -> str:
    """The method of the request that begins at ``at``; "" as long as it may go on.

    Raises BadRequest for what is no method, or none that can be met on this connection.
    """
    end = data.find(b" ", at, at + _LONGEST + 1)
    token = data[at:end] if end >= 0 else data[at : at + _LONGEST + 1]
    if end < 0 and token in (b"", b"\r"):
        return ""
    if not token or _TOKEN.fullmatch(token) is None:
        raise not_valid(Part.LINE)
    if len(token) > _LONGEST:
        raise BadRequest(HTTPStatus.NOT_IMPLEMENTED, Part.METHOD, "the method is too long")
    if end < 0:
        return ""
    if token == b"PRI":
        raise BadRequest(HTTPStatus.BAD_REQUEST, Part.LINE, "HTTP/2 is not spoken")
    if token == b"CONNECT":
        raise BadRequest(HTTPStatus.NOT_IMPLEMENTED, Part.METHOD, "there are no tunnels here")
    return token.decode()


def beginning_of_url(piece: bytes) -> bytes:
    """As much of a URL as llhttp had read of ``piece`` when it met what is none."""
    found = _VISIBLE.match(piece.removeprefix(STAND_IN + b" "))
    return found[0] if found else b""


def path_of(url: bytes) -> str:
    """The path of a request target, or of as much of it as is known; "" where none has begun."""
    origin = _ORIGIN.match(url)
    path = url[origin.end() :] if origin else url
    if not path.startswith(b"/"):
        return ""
    path = path.partition(b"?")[0].partition(b"#")[0]
    return unquote_to_bytes(path).decode("latin-1")


def check_version(size: int) -> None:
    """At the end of a line with ``size`` bytes beside the URL: HTTP/0.9 says no version.

    llhttp would wait for fields, and HTTP/0.9 has none.
    """
    if size < len(" HTTP/1.1\r\n"):
        raise version_not_supported()


def version_not_supported() -> BadRequest:
    return BadRequest(
        HTTPStatus.HTTP_VERSION_NOT_SUPPORTED, Part.LINE, "only HTTP/1.1 and HTTP/1.0 are spoken"
    )
