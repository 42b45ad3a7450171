"""The answer to bytes that are not a valid request, and to requests that the server sheds.

The client gets the error of the dialect that owns its URL, or else problem details (RFC 9457). The log
gets a JSON line. Neither quotes what was sent.
"""

from http import HTTPStatus
from typing import Any

import structlog
from flask import Flask, g
from werkzeug.test import create_environ

from ..core.refusals import Refusal, Refused
from ..serving.faults import Fault, Part, Phrased
from .dialect import Dialect
from .http_refusals import HttpRefusal
from .problem_details import MEDIA_TYPE, problem
from .request_ids import request_id

log = structlog.get_logger("watchword.connections")

# In the log, where the request ended before its method did.
UNKNOWN_METHOD = "-"

_REFUSALS = {
    Part.METHOD: HttpRefusal.METHOD_NOT_ALLOWED,
    Part.BODY: HttpRefusal.BODY_MALFORMED,
    Part.LOAD: Refusal.BUSY,
    Part.ANSWER: HttpRefusal.INTERNAL,
}


def phrase(app: Flask, fault: Fault) -> Phrased:
    """The answer to a fault: the body is the dialect's, the status is HTTP's own."""
    name = request_id(None)
    line = log.error if fault.part is Part.ANSWER else log.info
    line(
        "internal_error" if fault.part is Part.ANSWER else "unparsable_request",
        error=fault.reason,
        address=fault.address,
        status=fault.status.value,
        request_id=name,
    )
    for dialect in app.extensions["watchword"].dialects:
        if dialect.owns(fault.path):
            return _in_its_words(app, dialect, fault, name)
    return _problem(fault.status, name)


def _in_its_words(app: Flask, dialect: Dialect, fault: Fault, request_id: str) -> Phrased:
    refusal = _REFUSALS.get(fault.part, HttpRefusal.MESSAGE_MALFORMED)
    if fault.status is HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
        refusal = HttpRefusal.BODY_TOO_LARGE
    environ: dict[str, Any] = create_environ(
        method=fault.method or UNKNOWN_METHOD, headers={"X-Request-ID": request_id}
    )
    environ |= {"PATH_INFO": fault.path, "REMOTE_ADDR": fault.address or ""}
    detail = fault.reason if isinstance(refusal, HttpRefusal) else ""
    with app.request_context(environ):
        app.preprocess_request()
        g.refusal = refusal
        response = dialect.refuse(Refused(refusal, detail), fault.status.value)
        response = app.process_response(response)
        headers = [(name, text) for name, text in response.headers]
        return Phrased(response.status, headers, response.get_data())


def _problem(status: HTTPStatus, request_id: str) -> Phrased:
    body = problem(status.phrase, status.value, request_id)
    headers = [
        ("Content-Type", MEDIA_TYPE),
        ("Content-Length", str(len(body))),
        ("Cache-Control", "no-store"),
        ("X-Content-Type-Options", "nosniff"),
        ("X-Request-ID", request_id),
    ]
    if status is HTTPStatus.SERVICE_UNAVAILABLE:
        headers.append(("Retry-After", "1"))
    return Phrased(f"{status.value} {status.phrase}", headers, body)
