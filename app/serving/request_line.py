"""What llhttp leaves open about a request line (RFC 9112 section 3), and the words for what it refuses."""

import re
from http import HTTPStatus

from .faults import BadRequest, Part

# A tunnel's, and those of RTSP and Icecast, with which llhttp takes ``RTSP/1.0`` and ``ICE/1.0`` for HTTP.
NOT_SPOKEN = frozenset(
    (
        *("CONNECT", "SOURCE", "DESCRIBE", "ANNOUNCE", "SETUP", "PLAY", "PAUSE", "TEARDOWN"),
        *("GET_PARAMETER", "SET_PARAMETER", "REDIRECT", "RECORD", "FLUSH"),
    )
)
# Only to say 501 and not 400: a line that has the form of a request's.
_UNKNOWN_METHOD = re.compile(rb"([A-Z][A-Z0-9_-]{0,31}) (/[!-~]{0,512})")


def unknown_method(data: memoryview) -> tuple[str, bytes] | None:
    """The method and the target of a line whose method llhttp does not know."""
    found = _UNKNOWN_METHOD.match(data)
    return (found[1].decode(), found[2]) if found else None


def refuse_without_version(data: memoryview, url: bytes) -> None:
    """HTTP/0.9 says no more than this line; llhttp would wait for fields."""
    line = bytes(data).removesuffix(b"\n").removesuffix(b"\r")
    if len(line) < len(data) and b"\n" not in line and line.endswith(b" " + url):
        raise version_not_supported()


def version_not_supported() -> BadRequest:
    return BadRequest(
        HTTPStatus.HTTP_VERSION_NOT_SUPPORTED, Part.LINE, "only HTTP/1.1 and HTTP/1.0 are spoken"
    )
