"""What happens around every request: its id, the caller's address, common headers, log and metrics."""

import time

import structlog
from flask import Flask, Response, g, request

from ..core.refusals import Refused
from . import metrics
from .addresses import Network, client_address
from .bodies import MAX_BYTES
from .errors import ErrorPages
from .refusals import HttpRefusal
from .request_ids import request_id

log = structlog.get_logger("watchword.requests")


def register(app: Flask, pages: ErrorPages, trusted_proxies: tuple[Network, ...]) -> None:
    @app.before_request
    def begin() -> None:
        g.started = time.perf_counter()
        g.request_id = request_id(request.headers.get("X-Request-ID"))
        g.client_address = client_address(
            request.environ.get("REMOTE_ADDR"),
            request.headers.get("X-Forwarded-For"),
            trusted_proxies,
        )
        operation = app.view_functions.get(request.endpoint or "")
        if (request.content_length or 0) > MAX_BYTES and not getattr(
            operation, "ignores_body", False
        ):
            raise Refused(HttpRefusal.BODY_TOO_LARGE)

    @app.after_request
    def finish(response: Response) -> Response:
        dialect = pages.dialect_of(request.path).name
        refusal = g.get("refusal")
        headers = response.headers
        headers["X-Request-ID"] = g.request_id
        headers["X-Content-Type-Options"] = "nosniff"
        headers.setdefault("Cache-Control", "no-store")
        seconds = time.perf_counter() - g.started
        metrics.observe(dialect, response.status_code, refusal, seconds)
        # The path without its query: that is where login tokens travel.
        line = log.info if refusal or request.method not in ("GET", "HEAD") else log.debug
        line(
            "request",
            request_id=g.request_id,
            method=request.method,
            path=request.path,
            status=response.status_code,
            refusal=refusal,
            dialect=dialect,
            address=g.client_address,
            milliseconds=round(seconds * 1000, 1),
        )
        return response
