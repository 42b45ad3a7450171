"""What happens around every request: its id, the caller's address, common headers, log and metrics."""

import time

import structlog
from flask import Flask, Response, g, request

from ..core.refusals import Refused
from . import metrics
from .addresses import Network, client_address
from .bodies import MAX_BYTES
from .contract import Call
from .error_pages import ErrorPages
from .http_refusals import HttpRefusal
from .paths import asked_path
from .request_ids import request_id

log = structlog.get_logger("watchword.requests")


def register(app: Flask, pages: ErrorPages, trusted_proxies: tuple[Network, ...]) -> None:
    @app.before_request
    def begin() -> None:
        # Flask's proxies look their object up at every use; do it once.
        context, asked = g._get_current_object(), request._get_current_object()  # type: ignore[attr-defined]
        context.started = time.perf_counter()
        environ = asked.environ
        context.request_id = request_id(environ.get("HTTP_X_REQUEST_ID"))
        context.client_address = client_address(
            environ.get("REMOTE_ADDR"), environ.get("HTTP_X_FORWARDED_FOR"), trusted_proxies
        )
        if environ["PATH_INFO"].startswith("//"):
            # Werkzeug's routing would match the URL with one slash, which is another URL.
            raise Refused(HttpRefusal.URL_UNKNOWN)
        operation = app.view_functions.get(asked.endpoint or "")
        if (asked.content_length or 0) > MAX_BYTES and not getattr(
            operation, "ignores_body", False
        ):
            raise Refused(HttpRefusal.BODY_TOO_LARGE)

    @app.after_request
    def finish(response: Response) -> Response:
        context, asked = g._get_current_object(), request._get_current_object()  # type: ignore[attr-defined]
        path = asked_path(asked.environ)
        dialect = pages.dialect_of(path).name
        refusal = context.get("refusal")
        headers = response.headers
        headers["X-Request-ID"] = context.request_id
        headers["X-Content-Type-Options"] = "nosniff"
        headers.setdefault("Cache-Control", "no-store")
        seconds = time.perf_counter() - context.started
        metrics.observe(dialect, response.status_code, refusal, seconds)
        # The path without its query: login tokens travel in the query.
        line = log.info if refusal or asked.method not in ("GET", "HEAD") else log.debug
        line(
            "request",
            request_id=context.request_id,
            method=asked.method,
            path=path,
            status=response.status_code,
            refusal=refusal,
            dialect=dialect,
            address=context.client_address,
            milliseconds=round(seconds * 1000, 1),
            **_client(context.get("call")),
        )
        return response


def _client(call: Call | None) -> dict[str, str]:
    """The client application that made the request, if it is a known one."""
    return {} if call is None or call.client is None else {"client": call.client}
