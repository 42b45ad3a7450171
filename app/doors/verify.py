"""``/verify``: is this token valid? For nginx ``auth_request``, Traefik, Envoy.

The hot path: one token read, one SELECT, and no write except the idle expiry. It works on a WSGI
environment, so that the short cut in front of Flask and Flask's own route share one implementation.

Envoy's HTTP ``ext_authz`` appends the original path and query to the path it is given, and takes only
200 as a yes. ``/verify/envoy`` answers so, whatever path is appended.
"""

import re
from contextlib import suppress
from enum import StrEnum
from typing import Any, ClassVar, NamedTuple
from urllib.parse import quote, unquote_plus

from flask.blueprints import BlueprintSetupState
from werkzeug.routing import BaseConverter

from ..core import sessions
from ..core.core import Core
from ..core.refusals import Refusal, Refused
from ..core.sessions import nearby
from ..core.sessions.tokens import MAX_LENGTH
from ..http.answers import Reply
from ..http.authorization import BEARER_SCHEMES, cookie_value
from ..http.contract import TOKEN_REFUSALS, Call, Operation, View
from ..http.dialect import Dialect
from ..http.http_refusals import HttpRefusal
from ..store.faults import StoreUnavailable

PATH = "/verify"
ENVOY_PATH = "/verify/envoy"
ENVOY_PREFIX = f"{ENVOY_PATH}/"
# Those that OpenAPI can name. Every other method gets the same answer.
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")
QUERY_PARAMETER = "Token"
COOKIE = "SESSID"
# Set by the short cut, so that a request waits only once for a database that cannot be reached.
UNAVAILABLE = "watchword.store_unavailable"
# Set by the short cut for what wraps the application: why the token was refused.
REFUSAL = "watchword.refusal"
FORWARDED_URIS = ("HTTP_X_ORIGINAL_URI", "HTTP_X_FORWARDED_URI")
HEADERS = ("X-Auth-User", "X-Auth-User-Id", "X-Auth-Dialect", "X-Auth-Session")

_PARAMETER = re.compile(rf"(?:^|&){QUERY_PARAMETER}=([^&]*)")
_PLAIN = re.compile(r"[A-Za-z0-9._@+-]+", re.ASCII)


class Verdict(NamedTuple):
    """The identity's headers, or why there are none."""

    headers: dict[str, str]
    refusal: StrEnum | None = None


def status_of_a_yes(path: str) -> int | None:
    """The status that answers a live token at this URL; None if it is not one of these doors."""
    if path == PATH:
        return 204
    return 200 if path.startswith(ENVOY_PREFIX) or path == ENVOY_PATH else None


def ignores_body(path: str) -> bool:
    """Whether a body sent to this URL is meant for the protected site; a gateway may announce one and
    send none."""
    return status_of_a_yes(path) is not None


def decide(core: Core, environ: dict[str, Any]) -> Verdict:
    """Judge the first token the request carries. Raises StoreUnavailable."""
    token = presented_token(environ)
    if token is None:
        return Verdict({}, Refusal.CREDENTIALS_MISSING)
    try:
        row = nearby.verify(core, token)
    except Refused as refused:
        return Verdict({}, refused.refusal)
    if core.kinds.named[row.dialect].idles:
        # The token is valid, even if its idle expiry cannot be moved.
        with suppress(StoreUnavailable):
            sessions.touch(core, row)
    values = (header_text(row.username), row.user_uuid, row.dialect, row.name)
    return Verdict(dict(zip(HEADERS, values, strict=True)))


def presented_token(environ: dict[str, Any]) -> str | None:
    """The token: Bearer, else ``Token`` in a query, else the cookie. The first one found decides.

    At Envoy's door the URL itself has the client's query, and Envoy sets no header that names another
    URL. So such a header is the client's own, and is ignored.
    """
    token = _from_header(environ.get("HTTP_AUTHORIZATION", ""))
    if token is None:
        token = _from_query(environ.get("QUERY_STRING", ""))
    for name in FORWARDED_URIS if environ["PATH_INFO"] == PATH else ():
        if token is None and name in environ:
            token = _from_query(environ[name].partition("?")[2].partition("#")[0])
    return token if token is not None else cookie_value(environ.get("HTTP_COOKIE"), COOKIE)


def _from_header(header: str) -> str | None:
    """The text after the scheme; None for other schemes, which belong to the protected site."""
    scheme, _, value = header.strip().partition(" ")
    return value.strip() if scheme.lower() in BEARER_SCHEMES else None


def _from_query(query: str) -> str | None:
    found = _PARAMETER.search(query)
    # A value cut here is still too long to be a token.
    return unquote_plus(found[1][: 3 * (MAX_LENGTH + 1)]) if found else None


def header_text(name: str) -> str:
    """A user name as a header can carry it: all but ASCII letters, digits and ``._@+-`` percent-encoded.

    So no name can be read as two headers, as a list or as markup.
    """
    if _PLAIN.fullmatch(name):
        return name
    return quote(name, safe="@+").replace("~", "%7E")


class AnyToken:
    """A token of any dialect, wherever a gateway's client may have put it."""

    security: ClassVar[list[dict[str, list[str]]]] = [
        {"anyBearer": []},
        {"anyQuery": []},
        {"anyCookie": []},
    ]
    refusals: ClassVar[frozenset[StrEnum]] = TOKEN_REFUSALS - {HttpRefusal.HEADER_MALFORMED}

    def resolve(self, call: Call) -> Verdict:
        environ = call.request.environ
        if UNAVAILABLE in environ:
            raise StoreUnavailable(environ[UNAVAILABLE])
        verdict = decide(call.core, environ)
        if verdict.refusal is not None:
            raise Refused(verdict.refusal)
        return verdict


class _Anything(BaseConverter):
    """The rest of a path, including slashes at its start and line ends."""

    regex = r"(?s:.*)"
    part_isolating = False


def mount(dialect: Dialect) -> None:
    dialect.blueprint.record_once(_add_converter)
    _mount(dialect, PATH, verify, 204)
    _mount(dialect, ENVOY_PATH, verify_for_envoy, 200)
    _mount(dialect, f"{ENVOY_PATH}/<anything:path>", verify_behind_envoy, 200)


def verify(call: Call) -> Reply:
    """The first token there decides: Bearer, ``Token`` in the query of this URL or of the one in
    X-Original-URI or X-Forwarded-Uri, the cookie."""
    return Reply(headers=call.caller.headers)


def verify_for_envoy(call: Call) -> Reply:
    """The first token there decides: Bearer, ``Token`` in the query of this URL, the cookie."""
    return Reply(headers=call.caller.headers)


def verify_behind_envoy(call: Call, **_path: str) -> Reply:
    """As without a path, whatever it is: Envoy appends the one that its client asked for."""
    return verify_for_envoy(call)


def _mount(dialect: Dialect, path: str, view: View, status: int) -> None:
    for method in METHODS:
        dialect.operation(
            method,
            path,
            summary="Does this token still count?",
            status=status,
            credential=AnyToken(),
            headers=HEADERS,
            ignores_body=True,
        )(view)
    any_method = dialect.operations[-1]
    dialect.blueprint.record(lambda state: _route_any_method(state, any_method))


def _add_converter(state: BlueprintSetupState) -> None:
    state.app.url_map.converters["anything"] = _Anything


def _route_any_method(state: BlueprintSetupState, operation: Operation) -> None:
    """Route methods that a client invented, and a gateway passed on; Flask's rules list theirs."""
    endpoint = f"{operation.dialect.name}.any_{operation.view.__name__}"
    rule = state.app.url_rule_class(operation.path, methods=None, endpoint=endpoint)
    state.app.url_map.add(rule)
    state.app.view_functions[endpoint] = operation
