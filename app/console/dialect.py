"""The console among the dialects: its prefix, its error pages, and who it exists for."""

from collections.abc import Sequence
from enum import StrEnum
from typing import ClassVar, NamedTuple
from urllib.parse import urlencode

from flask import Response, g, request
from flask.blueprints import BlueprintSetupState
from marshmallow import Schema
from werkzeug.routing import IntegerConverter, Map

from ..core.kinds import CodeGrant
from ..core.refusals import Refusal, Refused
from ..http.addresses import Network
from ..http.contract import Call
from ..http.dialect import Dialect, Row
from ..http.http_refusals import HttpRefusal
from ..http.paths import asked_path
from . import cookies, errors, forms, rendering
from .acts import SECRETS
from .networks import may_reach
from .operator import Operator

PREFIX = cookies.PREFIX
LOGIN = f"{PREFIX}/login"
KEPT = "Nothing was done yet. What you typed comes back after the login, except passwords."
READS = ("GET", "HEAD")


class Reach(NamedTuple):
    """Who can reach the console: clients of ``networks``; ``trusted`` are the proxies that name a client."""

    networks: Sequence[Network]
    trusted: Sequence[Network]


class RowId(IntegerConverter):
    """A row's number, which the database can hold: 64 bits, signed. It is written in one way only."""

    regex = "[1-9][0-9]{0,18}"
    part_isolating = True

    def __init__(self, url_map: Map) -> None:
        super().__init__(url_map, min=1, max=2**63 - 1)


class Console(Dialect):
    """The operator's pages. For a client outside the networks it owns no URL."""

    name = "console"
    title = "Console"
    prefixes = (PREFIX,)
    errors = errors.TABLE
    error_schema = Schema()
    error_media_types = ("text/html",)
    guard_refusals: ClassVar[frozenset[StrEnum]] = frozenset({Refusal.CROSS_SITE})

    def __init__(self, reach: Reach, codes: CodeGrant) -> None:
        super().__init__()
        self.codes = codes
        self._reach = reach
        self.blueprint.record_once(_add_converter)

    def owns(self, path: str) -> bool:
        return super().owns(path) and self._is_reachable()

    def _is_reachable(self) -> bool:
        """Whether the client may reach it, and has written its path without escapes.

        None of its paths needs an escape. A proxy's rule for ``/console`` may not know that ``/%63onsole``
        and ``/console%2Flogin`` lead to the same place.
        """
        written = request.environ.get("RAW_URI", "").partition("?")[0]
        return "%" not in written and may_reach(
            request.environ, g.get("client_address"), *self._reach
        )

    def hide(self) -> None:
        """Before any request, also one that no rule matches. Raises Refused(URL_UNKNOWN)."""
        if super().owns(asked_path(request.environ)) and not self._is_reachable():
            raise Refused(HttpRefusal.URL_UNKNOWN)

    def guard(self, call: Call) -> None:
        forms.refuse_cross_site(call)

    def phrase(self, row: Row, refused: Refused) -> Response:
        """A page with the reason. Who is not logged in gets the login instead, and keeps what was typed."""
        if row.status == 401:
            return self._to_login(row)
        text = f"{self.text(row, refused).rstrip('.')}."
        values = {"title": row.code, "text": text, "request_id": g.request_id}
        call = g.get("call")
        if call is not None and isinstance(call.caller, Operator):
            return rendering.shown(call, call.caller, "error.html", row.status, **values)
        return rendering.page("error.html", row.status, **values)

    def _to_login(self, row: Row) -> Response:
        asked = request.full_path.rstrip("?")
        if "HX-Request" in request.headers:
            # htmx follows this header with the whole page. It would put a redirect's page into the table.
            response = Response(status=401)
            response.headers["HX-Redirect"] = f"{LOGIN}?{urlencode({'next': PREFIX})}"
            return response
        if request.method in READS:
            first = row is errors.TABLE[Refusal.CREDENTIALS_MISSING]
            return rendering.login_page(request, 401, next=asked, alert=None if first else row.text)
        typed = forms.fields_of(request)
        return rendering.login_page(
            request,
            401,
            next=PREFIX,
            alert=f"{row.text} {KEPT}",
            resume=request.path,
            fields={name: it for name, it in typed.items() if name not in SECRETS},
        )

    def challenge(self, refusal: StrEnum) -> str:
        return 'Cookie realm="watchword"'


def _add_converter(state: BlueprintSetupState) -> None:
    state.app.url_map.converters["uid"] = RowId


def build(reach: Reach, codes: CodeGrant) -> Console:
    """The console with all its pages and acts. ``codes`` is what an access code opens."""
    from .pages import mount

    console = Console(reach, codes)
    mount(console)
    rendering.load()
    return console
