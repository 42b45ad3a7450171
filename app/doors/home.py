"""``/``: what this service is and where its other doors are; a page for browsers, JSON for all others."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from string import Template
from typing import Any

from flask import Request, Response, current_app
from marshmallow import Schema, fields

from ..http.accept import MAX_LENGTH, ranges, weight
from ..http.answers import JsonAnswer, json_response
from ..http.contract import Call
from ..http.dialect import Dialect
from ..http.pages import content_security_policy

CONSOLE = "/console"
_PAGE = Path(__file__).parent / "static" / "home.html"
_CONSOLE_LINE = f'<li><a href="{CONSOLE}">Console</a>: see, search and end sessions</li>'


class Home(Schema):
    service = fields.String(required=True)
    documentation = fields.String(required=True)
    contract = fields.String(required=True)
    verification = fields.String(required=True)
    health = fields.String(required=True)
    readiness = fields.String(required=True)
    console = fields.String(
        metadata={"description": "Only where it is served, and only for clients that may reach it."}
    )


DOORS = {
    "service": "watchword",
    "documentation": "/docs",
    "contract": "/openapi.json",
    "verification": "/verify",
    "health": "/healthz",
    "readiness": "/readyz",
}


class HomeAnswer(JsonAnswer):
    """JSON, or the page if a client wants HTML more."""

    media_types = ("application/json", "text/html")

    def write(self, request: Request, data: Mapping[str, Any], status: int) -> Response:
        if wants_html(request.headers.get("Accept", "")):
            page = _page(has_console="console" in data)
            response = Response(page, status, mimetype="text/html")
            response.headers["Content-Security-Policy"] = content_security_policy()
        else:
            response = json_response(self.schema.dump(data), status)
        response.headers["Vary"] = "Accept"
        return response


def wants_html(accept: str) -> bool:
    found = list(ranges(accept)) if len(accept) <= MAX_LENGTH else []
    return bool(found) and weight(found, "text/html") > weight(found, "application/json")


@cache
def _page(*, has_console: bool) -> str:
    return Template(_PAGE.read_text()).substitute(console=_CONSOLE_LINE if has_console else "")


def mount(dialect: Dialect) -> None:
    @dialect.operation(
        "GET",
        "/",
        summary="What is here?",
        answer=HomeAnswer(Home()),
        headers=("Vary",),
    )
    def home(_call: Call) -> dict[str, str]:
        """The paths of the doors; for a browser a page with the same links."""
        pages = current_app.extensions["watchword"].pages
        has_console = pages.dialect_of(CONSOLE) is not dialect
        return DOORS | ({"console": CONSOLE} if has_console else {})
