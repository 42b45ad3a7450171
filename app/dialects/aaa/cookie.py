"""The cookie ``SESSID``: set at login, expired at logout, and not to be sent by another site."""

from flask import Request
from werkzeug.http import dump_cookie

from ...core.refusals import Refusal, Refused

COOKIE = "SESSID"
SAFE_METHODS = ("GET", "HEAD")  # RFC 9110 section 9.2.1, those that are served here


def set_cookie(request: Request, sessid: str) -> dict[str, str]:
    """The header that hands a browser its session; it keeps the cookie until it is closed."""
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
    """Cookies travel by themselves, so a page elsewhere must not act through one (CSRF).

    ``Sec-Fetch-Site`` is the browser's own word; the origin is compared where it does not vouch for
    it, since a gateway may have rewritten ``Host``. Raises Refused(CROSS_SITE).
    """
    if request.method in SAFE_METHODS:
        return
    site = request.headers.get("Sec-Fetch-Site")
    origin = request.headers.get("Origin")
    if site == "same-origin" or (site != "cross-site" and origin is None):
        return
    host = (origin or "").partition("://")[2]
    if site == "cross-site" or host.lower() != request.headers.get("Host", "").lower():
        raise Refused(Refusal.CROSS_SITE)
