"""What the client is told of bytes that never became a request.

gunicorn would quote the offending line in an HTML page and in its log, as plain text: a token in a
query, a password in a header, an escape sequence. Here the client gets the error of the dialect whose
URL it asked for, else problem details (RFC 9457), and the log a JSON line, all without a word of what
was sent.
"""

import json
from http import HTTPStatus
from typing import Any

import structlog
from flask import Flask
from gunicorn.http import errors
from werkzeug.test import create_environ

from ..core.refusals import Refused
from .refusals import HttpRefusal
from .request_ids import request_id

log = structlog.get_logger("watchword.connections")

STATUSES: dict[type[Exception], HTTPStatus] = {
    errors.LimitRequestLine: HTTPStatus.REQUEST_URI_TOO_LONG,
    errors.LimitRequestHeaders: HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
    errors.ExpectationFailed: HTTPStatus.EXPECTATION_FAILED,
    errors.UnsupportedTransferCoding: HTTPStatus.NOT_IMPLEMENTED,
}
OURS = (errors.InvalidResponseHeader, errors.InvalidResponseHeaderName)


def answer(app: Flask, method: str, path: str, address: str | None, error: Exception) -> bytes:
    """The whole response to what could not be parsed, or failed past the application's own handlers.

    ``method`` and ``path`` are what the request line seems to say. The connection is closed after it.
    """
    unparsable = isinstance(error, errors.ParseException) and not isinstance(error, OURS)
    status = HTTPStatus.BAD_REQUEST if unparsable else HTTPStatus.INTERNAL_SERVER_ERROR
    status = STATUSES.get(type(error), status)
    name = request_id(None)
    line = log.info if unparsable else log.error
    line(
        "unparsable_request" if unparsable else "internal_error",
        error=type(error).__name__,
        address=address,
        status=status.value,
        request_id=name,
    )
    if any(dialect.owns(path) for dialect in app.extensions["watchword"].dialects):
        refusal = HttpRefusal.BODY_MALFORMED if unparsable else HttpRefusal.INTERNAL
        environ = create_environ(path, headers={"X-Request-ID": name})
        environ["REMOTE_ADDR"] = address or ""
        return _in_its_dialect(app, environ, refusal, headers_only=method == "HEAD")
    return _problem(status, name)


def _in_its_dialect(
    app: Flask, environ: dict[str, Any], refusal: HttpRefusal, *, headers_only: bool
) -> bytes:
    with app.request_context(environ):
        app.preprocess_request()
        response = app.process_response(
            app.make_response(app.handle_user_exception(Refused(refusal)))
        )
        response.headers["Connection"] = "close"
        body = response.get_data()
    lines = [f"HTTP/1.1 {response.status}", *(f"{name}: {text}" for name, text in response.headers)]
    head = "\r\n".join([*lines, "", ""]).encode("latin-1")
    return head if headers_only else head + body


def _problem(status: HTTPStatus, request_id: str) -> bytes:
    body = json.dumps(
        {
            "type": "about:blank",
            "title": status.phrase,
            "status": status.value,
            "instance": f"urn:request:{request_id}",
        },
        separators=(",", ":"),
    ).encode()
    lines = (
        f"HTTP/1.1 {status.value} {status.phrase}",
        "Connection: close",
        "Content-Type: application/problem+json",
        f"Content-Length: {len(body)}",
        "Cache-Control: no-store",
        "X-Content-Type-Options: nosniff",
        f"X-Request-ID: {request_id}",
    )
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body
