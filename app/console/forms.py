"""Forms: what proves that one came from a page of this browser (CSRF), and that it is sent once (replay)."""

import re
from typing import Any

from flask import Request
from marshmallow import INCLUDE, Schema

from ..core import secrets
from ..core.core import Core
from ..core.guard import once
from ..core.refusals import Refusal, Refused
from ..http.bodies import FormBody, cleaned, parse_form, raw_body
from ..http.contract import Call
from ..http.http_refusals import HttpRefusal
from .operator import Operator

TOKEN = "form"
_DEFAULT_PORTS = {"http": "80", "https": "443"}
_ORIGIN = re.compile(r"(https?)://(\[[0-9a-f:.]+\]|[^][/?#@:\s,]+)(?::([0-9]{1,5}))?", re.ASCII)


class _AnyFields(Schema):
    """All fields of a form, as text. The act's own schema judges them."""

    class Meta:
        unknown = INCLUDE


# What a browser sends for a form.
ANY_FORM = FormBody(_AnyFields())


def fields_of(request: Request) -> dict[str, str]:
    """The fields of a form that was refused before it was read; none if it cannot be read."""
    try:
        return {name: cleaned(it) for name, it in parse_form(raw_body(request)).items()}
    except Refused:
        return {}


def new_token(secret: str) -> str:
    """The value of a form's hidden field: random, and signed with the secret of a cookie (double submit).

    The cookie is that of the session. The login has one of its own (``cookies.login_secret``).
    """
    nonce = secrets.mint(16)
    return f"{nonce}.{secrets.mac(secret, TOKEN, nonce)}"


def check(secret: str | None, fields: dict[str, Any]) -> str:
    """The random part of a form's token. Raises Refused(FORM_UNKNOWN) if ``secret`` did not sign it."""
    nonce, _, signature = str(fields.get(TOKEN, "")).partition(".")
    if not secret or not secrets.same(
        secrets.mac(secret, TOKEN, nonce).encode(), signature.encode()
    ):
        raise Refused(HttpRefusal.FORM_UNKNOWN)
    return nonce


def spend(core: Core, operator: Operator, nonce: str) -> None:
    """Let a form be sent once. Raises Refused(FORM_SPENT) the second time, on whichever worker."""
    if not once.spend(core, nonce, operator.row.absolute_expires_at):
        raise Refused(HttpRefusal.FORM_SPENT)


def refuse_cross_site(call: Call) -> None:
    """Refuse a POST that a page of another site, or no page, has sent. Raises Refused(CROSS_SITE).

    A browser says with ``Sec-Fetch-Site`` (W3C Fetch Metadata) or, an older one, with ``Origin`` where a form
    comes from. One of the two is demanded, and neither may name another place.
    """
    request = call.request
    if request.method in ("GET", "HEAD"):
        return
    site = request.headers.get("Sec-Fetch-Site")
    origin = request.headers.get("Origin")
    own = f"{request.scheme}://{request.headers.get('Host', '')}"
    is_own = _origin(origin) is not None and _origin(origin) == _origin(own)
    # A browser that says "same-origin" is believed: a proxy may have changed Host.
    if site != "same-origin" and (site is not None or not is_own):
        raise Refused(Refusal.CROSS_SITE)


def _origin(text: str | None) -> tuple[str, str, str] | None:
    """Scheme, host and port (RFC 6454 section 4); None if the text is no web origin."""
    found = _ORIGIN.fullmatch((text or "").lower())
    if found is None:
        return None
    scheme, host, port = found.groups()
    return scheme, host, port or _DEFAULT_PORTS[scheme]


def asked(call: Call, name: str) -> str:
    """A query parameter as clean text, without white space around it; empty without one."""
    return cleaned(call.query.get(name, "")).strip()
