"""The Authorization header (RFC 9110 section 11.6.2), parsed once for every dialect and door."""

import base64
import binascii
import re
from typing import NamedTuple
from urllib.parse import unquote_plus

from ..core.refusals import Refusal, Refused
from .bodies import cleaned
from .refusals import HttpRefusal

# RFC 6750 section 2.1, and SignedBearer as the AAA clients call a token with two dots
BASIC_SCHEME = "basic"
BEARER_SCHEMES = ("bearer", "signedbearer")
# What browsers keep for one site is less.
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
    """The scheme in lower case, and what stands behind it: the one rule, wherever a header is read."""
    scheme, _, value = header.strip().partition(" ")
    return scheme.lower(), value.strip()


def parse_authorization(header: str | None) -> Basic | Bearer | None:
    """The credentials; None without a header, or for a scheme that nobody here speaks.

    Raises Refused(HEADER_MALFORMED) for a known scheme with undecodable credentials.
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
    """The one value of a cookie in a WSGI ``Cookie`` header, None if there is none or more than one.

    A site on a sibling domain can plant a cookie of the same name beside ours, and the header does not
    tell which is whose (RFC 6265 section 8.6): where two differ, neither counts. Empty ones say nothing.
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
    """A client's id and secret in the header, in each way they can be read; none if there is no Basic.

    RFC 6749 section 2.3.1 has them form-urlencoded before they are put there. Many clients leave that
    out, and then a ``%`` or ``+`` in a secret is itself. What is no text, as bytes that are no UTF-8 and
    NUL are, becomes U+FFFD: a wrong guess like any other. Raises Refused(HEADER_MALFORMED) for what is no
    Basic at all.
    """
    found = parse_authorization(header)
    if not isinstance(found, Basic):
        return []
    decoded = Basic(*map(unquote_plus, found))
    readings = [decoded, found] if decoded != found else [found]
    return [Basic(*map(cleaned, reading)) for reading in readings]


def _basic(value: str) -> Basic:
    """RFC 7617: UTF-8, as the challenge asks for, else Latin-1, as clients older than it send.

    The decoding error is not chained: it would carry the password.
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
