"""``/verify``: does this token still count? For nginx ``auth_request``, Traefik, Envoy.

The hot path. It is answered from a WSGI environment, so that the short cut in front of Flask and the
Flask route are one implementation: one token read, one SELECT, no write but the idle touch.
"""

from contextlib import suppress
from http.cookies import CookieError, SimpleCookie
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, quote, urlsplit

from flask import Response, request

from ..core import sessions
from ..core.policy import Dialect as DialectName
from ..core.refusals import Refusal, Refused
from ..core.wiring import Core
from ..http.contract import Call
from ..http.credentials import bearer_token
from ..http.dialect import Dialect, bearer_challenge
from ..store.unit_of_work import StoreUnavailable

PATH = "/verify"
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT")
QUERY_PARAMETER = "Token"
COOKIE = "SESSID"
# Set by the short cut, so that a database that is away is waited for once only.
UNAVAILABLE = "watchword.store_unavailable"
FORWARDED_URIS = ("HTTP_X_ORIGINAL_URI", "HTTP_X_FORWARDED_URI")


class Verdict(NamedTuple):
    """204 with the identity's headers, or 401 with the challenge."""

    status: int
    headers: list[tuple[str, str]]
    refusal: Refusal | None = None


def decide(core: Core, environ: dict[str, Any]) -> Verdict:
    """Judge the first token the request carries. Raises StoreUnavailable."""
    token = presented_token(environ)
    if token is None:
        return _refusal(Refusal.CREDENTIALS_MISSING)
    try:
        row = sessions.verify(core, token)
    except Refused as refused:
        return _refusal(Refusal(refused.refusal))
    if row.dialect == DialectName.AAA:
        # The token counts; that its idle expiry could not be moved is no reason to refuse it.
        with suppress(StoreUnavailable):
            sessions.touch(core, row)
    return Verdict(
        204,
        [
            ("X-Auth-User", header_text(row.username)),
            ("X-Auth-User-Id", row.user_uuid),
            ("X-Auth-Dialect", row.dialect),
            ("X-Auth-Session", row.name),
        ],
    )


def presented_token(environ: dict[str, Any]) -> str | None:
    """Bearer, else ``Token`` in a query, else the cookie: the first one there decides."""
    token = bearer_token(environ.get("HTTP_AUTHORIZATION"))
    if token is not None:
        return token
    token = _from_query(environ.get("QUERY_STRING", ""))
    for name in FORWARDED_URIS:
        if token is None and name in environ:
            token = _from_query(urlsplit_query(environ[name]))
    return token if token is not None else _from_cookie(environ.get("HTTP_COOKIE", ""))


def urlsplit_query(uri: str) -> str:
    try:
        return urlsplit(uri).query
    except ValueError:
        return ""


def _from_query(query: str) -> str | None:
    if QUERY_PARAMETER not in query:
        return None
    try:
        pairs = parse_qsl(query, keep_blank_values=True, max_num_fields=100)
    except ValueError:
        return None
    return next((value for name, value in pairs if name == QUERY_PARAMETER), None)


def _from_cookie(header: str) -> str | None:
    if COOKIE not in header:
        return None
    try:
        morsel = SimpleCookie(header).get(COOKIE)
    except CookieError:
        return None
    return morsel.value if morsel else None


def header_text(name: str) -> str:
    """A user name that a header can carry: percent-encoded unless it is plain printable ASCII."""
    plain = name.isascii() and name.isprintable() and "%" not in name
    return name if plain else quote(name, safe="")


def _refusal(refusal: Refusal) -> Verdict:
    return Verdict(401, [("WWW-Authenticate", bearer_challenge(refusal))], refusal)


def mount(dialect: Dialect) -> None:
    for method in METHODS:
        dialect.operation(method, PATH, summary="Does this token still count?", status=204)(verify)


def verify(call: Call) -> Response:
    if UNAVAILABLE in request.environ:
        raise StoreUnavailable(request.environ[UNAVAILABLE])
    verdict = decide(call.core, request.environ)
    return Response(status=verdict.status, headers=verdict.headers)
