"""The Authorization header (RFC 9110 section 11.6.2), parsed once for every dialect and door."""

import base64
import binascii
import re
from typing import NamedTuple
from urllib.parse import unquote_plus

from ..core.refusals import Refusal, Refused
from .bodies import cleaned
from .http_refusals import HttpRefusal

# RFC 6750 section 2.1; SignedBearer is the name of AAA clients for a token with two dots.
BASIC_SCHEME = "basic"
BEARER_SCHEMES = ("bearer", "signedbearer")
# Browsers store less than this for one site.
MAX_COOKIES_LENGTH = 16 * 1024

_TOKEN68 = re.compile(r"[A-Za-z0-9._~+/-]+=*", re.ASCII)


class Basic(NamedTuple):
    username: str
    password: str

    def __repr__(self) -> str:
        return "Basic(…)"


class Bearer(NamedTuple):
    token: str

    def __repr__(self) -> str:
        return "Bearer(…)"


def scheme_and_value(header: str) -> tuple[str, str]:
    """The scheme in lower case, and the rest. Every reader of the header uses this function."""
    scheme, _, value = header.strip().partition(" ")
    return scheme.lower(), value.strip()


def parse_authorization(header: str | None) -> Basic | Bearer | None:
    """The credentials; None without a header or with an unknown scheme.

    Raises Refused(HEADER_MALFORMED) for a known scheme whose credentials cannot be decoded.
    """
    if not header:
        return None
    scheme, value = scheme_and_value(header)
    if scheme == BASIC_SCHEME:
        return _basic(value)
    if scheme in BEARER_SCHEMES:
        token = value
        if not _TOKEN68.fullmatch(token):
            raise Refused(HttpRefusal.HEADER_MALFORMED, "the Authorization header has no token")
        return Bearer(token)
    return None


def cookie_value(header: str | None, name: str) -> str | None:
    """The value of a cookie in a WSGI ``Cookie`` header; None if there is none, or if two differ.

    A site on a sibling domain can plant a cookie with the same name, and the header does not say which
    site set which cookie (RFC 6265 section 8.6). So if two values differ, both are ignored. Empty values
    are skipped.
    """
    if not header or len(header) > MAX_COOKIES_LENGTH or name not in header:
        return None
    found = set()
    for pair in header.split(";"):
        key, _, value = pair.partition("=")
        if key.strip(" \t") == name:
            value = value.strip(" \t")
            quoted = len(value) > 1 and value[0] == value[-1] == '"'
            found.add(value[1:-1] if quoted else value)
    found.discard("")
    return found.pop() if len(found) == 1 else None


def required_bearer(header: str | None) -> str:
    """The bearer token. Raises Refused(CREDENTIALS_MISSING or HEADER_MALFORMED)."""
    found = parse_authorization(header)
    if not isinstance(found, Bearer):
        raise Refused(Refusal.CREDENTIALS_MISSING)
    return found.token


def client_credentials(header: str | None) -> list[Basic]:
    """A client's id and secret from Basic credentials, in each way they can be read; [] without Basic.

    RFC 6749 section 2.3.1 demands that a client form-urlencodes both first. Many clients do not, and then
    a ``%`` or ``+`` in a secret is literal. NUL, and bytes that are not UTF-8, become U+FFFD: a wrong guess
    like any other. Raises Refused(HEADER_MALFORMED) for Basic that cannot be decoded.
    """
    found = parse_authorization(header)
    if not isinstance(found, Basic):
        return []
    decoded = Basic(*map(unquote_plus, found))
    readings = [decoded, found] if decoded != found else [found]
    return [Basic(*map(cleaned, reading)) for reading in readings]


def _basic(value: str) -> Basic:
    """RFC 7617: UTF-8; if it is not UTF-8, Latin-1, as older clients send it.

    The decoding error is not chained, because it would contain the password.
    """
    try:
        raw = base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        raw = b""
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        text = raw.decode("latin-1")
    username, colon, password = text.partition(":")
    if not colon:
        raise Refused(
            HttpRefusal.HEADER_MALFORMED, "the Authorization header is not base64 of name:password"
        ) from None
    return Basic(username, password)
