"""``/openapi.json``, and ``/docs``: a page that shows it and can try it out.

Swagger UI is served from its installed package. The page loads nothing from other sites, and its
Content-Security-Policy forbids it.
"""

import json
from functools import cache
from importlib import resources
from pathlib import Path

from flask import current_app

from ..http.answers import RawAnswer, Reply
from ..http.contract import Call
from ..http.dialect import Dialect
from ..http.pages import content_security_policy, static_file

# Tried in Chromium: Swagger UI needs no inline script or style. Its arrows and logo are data: URLs, it
# fetches the document and the tried requests, and it has no form that the browser submits.
CONTENT_SECURITY_POLICY = content_security_policy(images="'self' data:")

_OWN = Path(__file__).parent / "static"
_SWAGGER_UI = resources.files("flask_swagger_ui") / "dist"
ASSETS = {
    "swagger-ui-bundle.js": _SWAGGER_UI,
    "swagger-ui.css": _SWAGGER_UI,
    "favicon-32x32.png": _SWAGGER_UI,
    "docs.js": _OWN,
    "docs.css": _OWN,
    "home.css": _OWN,
}
_NAMES = ",".join(f'"{name}"' for name in ASSETS)


@cache
def _content(asset: str) -> bytes:
    """The file, read once, so that all slow clients share one copy."""
    return (ASSETS[asset] / asset).read_bytes()


def mount(dialect: Dialect) -> None:
    @cache
    def document() -> bytes:
        # Imported at the first request for it; the service runs without it.
        from ..http import openapi

        dialects = current_app.extensions["watchword"].dialects
        return json.dumps(openapi.document(dialects), separators=(",", ":")).encode()

    @dialect.operation(
        "GET",
        "/openapi.json",
        summary="This document",
        answer=RawAnswer("application/json"),
        headers=("Cache-Control",),
    )
    def openapi_json(_call: Call) -> Reply:
        """OpenAPI 3.1 of every dialect and door, made from what validates their requests."""
        return Reply(document(), {"Cache-Control": "public, max-age=60"})

    @dialect.operation(
        "GET",
        "/docs",
        summary="This document as a page",
        answer=RawAnswer("text/html"),
        headers=("Content-Security-Policy",),
    )
    def docs(_call: Call) -> Reply:
        """Shows every operation and tries it out."""
        page = (_OWN / "docs.html").read_bytes()
        return Reply(page, {"Content-Security-Policy": CONTENT_SECURITY_POLICY})

    @dialect.operation(
        "GET",
        f"/docs/<any({_NAMES}):asset>",
        summary="The page's scripts and styles",
        answer=RawAnswer("text/javascript", "text/css", "image/png"),
        headers=("Cache-Control",),
    )
    def asset(_call: Call, asset: str) -> Reply:
        """Swagger UI, as its package ships it, and what starts it."""
        return static_file(asset, _content(asset), **{"Cache-Control": "public, max-age=3600"})
