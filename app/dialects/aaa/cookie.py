"""The cookie ``SESSID``: set at login, expired at logout, and refused from another site."""

import re

from flask import Request
from werkzeug.http import dump_cookie

from ...core.refusals import Refusal, Refused

COOKIE = "SESSID"
SAFE_METHODS = ("GET", "HEAD")  # the safe methods (RFC 9110 section 9.2.1) that are served here
FOREIGN_SITES = ("cross-site", "same-site")
DEFAULT_PORTS = {"http": 80, "https": 443}
_ORIGIN = re.compile(r"(https?)://(\[[0-9a-f:.]+\]|[^][/?#@:\s,]+)(?::([0-9]{0,5}))?", re.ASCII)


def set_cookie(request: Request, sessid: str) -> dict[str, str]:
    """The header that gives a browser its session. The browser keeps the cookie until it is closed."""
    return _header(request, sessid, None)


def expire_cookie(request: Request) -> dict[str, str]:
    return _header(request, "", 0)


def _header(request: Request, value: str, max_age: int | None) -> dict[str, str]:
    cookie = dump_cookie(
        COOKIE,
        value,
        max_age=max_age,
        path="/",
        httponly=True,
        samesite="Lax",
        secure=request.is_secure,
    )
    return {"Set-Cookie": cookie}


def refuse_cross_site(request: Request) -> None:
    """Refuse a request that a page of another site makes with the cookie (CSRF). Raises Refused(CROSS_SITE).

    The browser itself sets ``Sec-Fetch-Site``, so it is asked first. ``Origin`` is compared only if that does
    not say "same-origin", because a gateway may have rewritten ``Host``.
    """
    if request.method in SAFE_METHODS:
        return
    site = request.headers.get("Sec-Fetch-Site")
    if site == "same-origin":
        return
    origin = request.headers.get("Origin")
    # Programs send neither header. A browser that says "same-site" of a POST names the origin too.
    if origin is None and site not in FOREIGN_SITES:
        return
    own = f"{request.scheme}://{request.headers.get('Host', '')}"
    if site == "cross-site" or _origin(origin) is None or _origin(origin) != _origin(own):
        raise Refused(Refusal.CROSS_SITE)


def _origin(text: str | None) -> tuple[str, str, int] | None:
    """Scheme, host and port (RFC 6454 section 4); None if the text is no web origin, such as ``null``."""
    found = _ORIGIN.fullmatch((text or "").lower())
    if found is None:
        return None
    scheme, host, port = found.groups()
    return scheme, host, int(port) if port else DEFAULT_PORTS[scheme]
