"""Which requests of a browser the control plane takes: those of its own page, and links to it.

The harness listens on the developer's machine, where the developer's browser runs too. A page of any
web site could send it a reset (cross-site request forgery), under the harness's own address or under a
name that leads to 127.0.0.1 (DNS rebinding). A browser names the site in ``Origin`` of every request
that may change something, and in ``Sec-Fetch-Site``. Other programs send neither.
"""

import ipaddress
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

# Sec-Fetch-Site of requests of the harness's own page, and of the user (the address bar).
_OWN = frozenset({"same-origin", "none"})


def objection(environ: Mapping[str, Any], base: str) -> str | None:
    """Why the request is refused, as a text for its author; None if it is taken.

    ``environ`` is WSGI's. ``base`` is the URL that the harness listens at.
    """
    origin = environ.get("HTTP_ORIGIN")
    if origin is not None:
        host = environ.get("HTTP_HOST", "")
        if origin.partition("://")[2].lower() != host.lower():
            return "Origin is not this harness"
        if _is_local(base) and not _is_local(origin):
            return "Origin must be localhost or an address of this machine"
    if environ.get("HTTP_SEC_FETCH_SITE", "none") in _OWN or _is_link(environ):
        return None
    return "Sec-Fetch-Site says so"


def _is_local(url: str) -> bool:
    """Whether the host of this URL is always the machine itself."""
    try:
        host = urlsplit(url).hostname or ""
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _is_link(environ: Mapping[str, Any]) -> bool:
    """Whether somebody follows a link to here: that changes nothing, and the other site sees no answer."""
    return (
        environ["REQUEST_METHOD"] == "GET"
        and environ.get("HTTP_SEC_FETCH_MODE") == "navigate"
        and environ.get("HTTP_SEC_FETCH_DEST") == "document"
    )
