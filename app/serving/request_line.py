"""The method of a request, and what else llhttp does not decide about a request line.

Any token is a method (RFC 9110 section 9.1), but llhttp has a fixed table. Some methods make it read RTSP
or Icecast as HTTP (GET too), stop where a tunnel would begin, or wait for more of HTTP/2. The method does
not change where a request ends. So it is read here, and llhttp gets another one in its place.
"""

import re
from http import HTTPStatus
from urllib.parse import unquote_to_bytes

from .faults import BadRequest, Part, not_valid

# The method that llhttp gets: one of HTTP, and of no other protocol.
STAND_IN = b"PUT"
_LONGEST = 32
_TOKEN = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]*")
_METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS")
USUAL = {method.encode(): method for method in _METHODS}
LONGEST_USUAL = max(map(len, USUAL))

# The characters that llhttp accepts in a URL, and the beginning of an absolute URL.
_VISIBLE = re.compile(rb"[!-~]*")
_ORIGIN = re.compile(rb"(?i:https?)://[^/?#]*")


def behind_empty_lines(data: bytes, at: int) -> int:
    """The index behind empty lines before a request, which are ignored (RFC 9112 section 2.2)."""
    while data.startswith(b"\r\n", at):
        at += 2
    return at


def behind_empty_line(data: bytes, at: int) -> int:
    """The index behind the next complete empty line, else the end: no request ends before it."""
    end = data.find(b"\r\n\r\n", at)
    return end + 4 if end >= 0 else len(data)


def cut(data: bytes, at: int) -> int:
    """The same, if the first part of an empty line may have come with the bytes before."""
    for rest in (b"\r\n", b"\n"):
        if data.startswith(rest, at):
            return at + len(rest)
    return behind_empty_line(data, at)


def method_of(data: bytes, at: int) -> str:
    """The method of the request that begins at ``at``; "" while it is not complete.

    Raises BadRequest for a text that is no method, and for CONNECT and PRI (HTTP/2).
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
    """The part of the URL in ``piece`` up to the first byte that is not allowed in one."""
    found = _VISIBLE.match(piece.removeprefix(STAND_IN + b" "))
    return found[0] if found else b""


def path_of(url: bytes) -> str:
    """The path of a request target, or of the part that is known; "" if no path has begun."""
    origin = _ORIGIN.match(url)
    path = url[origin.end() :] if origin else url
    if not path.startswith(b"/"):
        return ""
    path = path.partition(b"?")[0].partition(b"#")[0]
    return unquote_to_bytes(path).decode("latin-1")


def check_version(size: int) -> None:
    """Refuse a request line without a version (HTTP/0.9); ``size`` is its bytes without the URL.

    llhttp would wait for fields, which HTTP/0.9 does not have. Raises BadRequest.
    """
    if size < len(" HTTP/1.1\r\n"):
        raise version_not_supported()


def version_not_supported() -> BadRequest:
    return BadRequest(
        HTTPStatus.HTTP_VERSION_NOT_SUPPORTED, Part.LINE, "only HTTP/1.1 and HTTP/1.0 are spoken"
    )
