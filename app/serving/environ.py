"""From a parsed head to a WSGI environment (PEP 3333), with the rules of HTTP that llhttp does not check."""

import re
import sys
from http import HTTPStatus
from typing import Any, BinaryIO
from urllib.parse import unquote_to_bytes

from .faults import BadRequest, Part

Environ = dict[str, Any]

# RFC 9110 section 7.2: a name, an IPv4 or a bracketed IPv6 address, perhaps with a port; or nothing.
_HOST = re.compile(r"(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._~!$&'()*+,;=%-]*)(?::[0-9]*)?", re.ASCII)
_ABSOLUTE = re.compile(r"(?i:https?)://([^/?#@]+)([/?].*)?", re.ASCII)

# A field that is not a list must not occur twice (RFC 9110 section 5.3). Of two values, we might read
# one and the proxy in front the other. llhttp itself refuses a second length or coding.
SINGLE = frozenset({"HTTP_HOST", "CONTENT_TYPE", "CONTENT_LENGTH", "HTTP_AUTHORIZATION"})
_SEPARATORS = {"HTTP_COOKIE": "; "}

# The environment's key for each name of a header that was seen; None if it is dropped.
_KEYS: dict[bytes, str | None] = {}
_MOST_KEYS = 1024
_LONGEST_KEY = 64


class FileWrapper:
    """``wsgi.file_wrapper``: a file, piece by piece."""

    def __init__(self, file: BinaryIO, size: int = 64 * 1024) -> None:
        self._file = file
        self._size = size
        self.close = getattr(file, "close", lambda: None)

    def __iter__(self) -> "FileWrapper":
        return self

    def __next__(self) -> bytes:
        piece = self._file.read(self._size)
        if not piece:
            raise StopIteration
        return piece


def base_environ(server: Any, client: Any, *, multiprocess: bool) -> Environ:
    """What all requests of one connection share. The addresses are those of the socket module."""
    name, port = server[:2] if isinstance(server, tuple) else ("localhost", 80)
    environ = {
        "SCRIPT_NAME": "",
        "SERVER_NAME": name,
        "SERVER_PORT": str(port),
        "REMOTE_ADDR": client[0] if isinstance(client, tuple) else "",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": multiprocess,
        "wsgi.run_once": False,
        "wsgi.file_wrapper": FileWrapper,
        "wsgi.input_terminated": True,
    }
    if isinstance(client, tuple):
        environ["REMOTE_PORT"] = str(client[1])
    return environ


def add_header(environ: Environ, name: bytes, value: bytes) -> None:
    """Add one header line. Raises BadRequest for a second line of a field that must be single."""
    try:
        key = _KEYS[name]
    except KeyError:
        key = _key(name)
    if key is None:
        return
    text = value.decode("latin-1")
    if text[-1:] in (" ", "\t"):
        text = text.rstrip(" \t")
    if key not in environ:
        environ[key] = text
    elif key in SINGLE:
        field = key.removeprefix("HTTP_").replace("_", "-").title()
        raise BadRequest(HTTPStatus.BAD_REQUEST, Part.HEADER, f"the {field} header stands twice")
    else:
        environ[key] += _SEPARATORS.get(key, ",") + text


def _key(name: bytes) -> str | None:
    """The environment's key. A name with an underscore gives None: it would look like another header."""
    key = None
    if b"_" not in name:
        key = name.decode("latin-1").upper().replace("-", "_")
        if key not in ("CONTENT_TYPE", "CONTENT_LENGTH"):
            key = f"HTTP_{key}"
    if len(_KEYS) < _MOST_KEYS and len(name) <= _LONGEST_KEY:
        _KEYS[name] = key
    return key


def add_target(environ: Environ, method: str, target: str) -> None:
    """The path and the query of a request target (RFC 9112 section 3.2). Raises BadRequest."""
    environ["RAW_URI"] = target
    if target[0] != "/":
        target = _origin_form(environ, method, target)
    if "#" in target:
        raise BadRequest(HTTPStatus.BAD_REQUEST, Part.LINE, "the request target has a fragment")
    path, _, environ["QUERY_STRING"] = target.partition("?")
    environ["PATH_INFO"] = unquote_to_bytes(path).decode("latin-1") if "%" in path else path


def _origin_form(environ: Environ, method: str, target: str) -> str:
    if target == "*" and method == "OPTIONS":
        return target
    found = _ABSOLUTE.fullmatch(target)
    if found is None:
        raise BadRequest(HTTPStatus.BAD_REQUEST, Part.LINE, "the request target is not valid")
    if "HTTP_HOST" in environ:
        environ["HTTP_HOST"] = found[1]  # what the target says counts (RFC 9112 section 3.2.2)
    path = found[2] or "/"
    return path if path[0] == "/" else f"/{path}"


def check_host(environ: Environ, protocol: str) -> None:
    """RFC 9112 section 3.2: HTTP/1.1 needs a Host header, and it must be valid. Raises BadRequest."""
    host = environ.get("HTTP_HOST")
    if host is None:
        if protocol == "HTTP/1.1":
            raise BadRequest(HTTPStatus.BAD_REQUEST, Part.HEADER, "the Host header is missing")
    elif _HOST.fullmatch(host) is None:
        raise BadRequest(HTTPStatus.BAD_REQUEST, Part.HEADER, "the Host header is not valid")


def body_length(environ: Environ, protocol: str) -> int | None:
    """Bytes of the body; None if it is chunked (RFC 9112 section 6). Raises BadRequest."""
    if "HTTP_TRANSFER_ENCODING" in environ:
        _check_coding(environ, protocol)
        return None
    return _content_length(environ["CONTENT_LENGTH"]) if "CONTENT_LENGTH" in environ else 0


def _check_coding(environ: Environ, protocol: str) -> None:
    """RFC 9112 section 6.1: ``chunked`` is the only coding that is accepted. Raises BadRequest."""
    if protocol == "HTTP/1.0":
        raise BadRequest(
            HTTPStatus.BAD_REQUEST, Part.HEADER, "HTTP/1.0 has no Transfer-Encoding header"
        )
    if environ["HTTP_TRANSFER_ENCODING"].lower() != "chunked":
        raise BadRequest(
            HTTPStatus.NOT_IMPLEMENTED,
            Part.HEADER,
            "the Transfer-Encoding header names a coding other than chunked",
        )


def _content_length(text: str) -> int:
    """The length; llhttp has checked that it is digits. More than 18 of them overflow in some proxies."""
    if len(text) > 18:
        raise BadRequest(
            HTTPStatus.BAD_REQUEST, Part.HEADER, "the Content-Length header is not valid"
        )
    return int(text)


def says_close(environ: Environ, protocol: str) -> bool:
    """Whether HTTP/1.0 names ``close`` (RFC 9112 section 9.3). llhttp overlooks it beside keep-alive."""
    if protocol != "HTTP/1.0" or "HTTP_CONNECTION" not in environ:
        return False
    options = environ["HTTP_CONNECTION"].lower().split(",")
    return "close" in (option.strip(" \t") for option in options)


def expects_continue(environ: Environ, protocol: str) -> bool:
    """Whether the client waits for 100 (RFC 9110 section 10.1.1). Raises BadRequest for anything else."""
    members = [member.strip(" \t").lower() for member in environ["HTTP_EXPECT"].split(",")]
    if any(member not in ("", "100-continue") for member in members):
        raise BadRequest(
            HTTPStatus.EXPECTATION_FAILED,
            Part.HEADER,
            "the Expect header asks for something unknown",
        )
    return protocol == "HTTP/1.1" and "100-continue" in members


def scheme(environ: Environ, secure_headers: dict[str, str]) -> str:
    """``https`` where a trusted proxy says so. Raises BadRequest if its headers contradict each other."""
    said = {environ[key] == value for key, value in secure_headers.items() if key in environ}
    if len(said) > 1:
        raise BadRequest(
            HTTPStatus.BAD_REQUEST, Part.HEADER, "the headers of the scheme contradict each other"
        )
    return "https" if True in said else "http"
