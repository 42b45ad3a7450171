"""Errors of the whole application, each phrased by the dialect whose URL it happened under.

Flask's blueprint handlers never see an unknown URL or method, so the dialect is chosen here, by prefix.
No text of an exception reaches a client.
"""

from typing import Any

import structlog
from flask import Flask, Response, g, request
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from ..core.keys.keyring import KeysUnusable
from ..core.refusals import Refusal, Refused
from ..store.faults import StoreUnavailable
from .contract import UnstatedRefusal
from .dialect import Dialect
from .http_refusals import HttpRefusal
from .paths import asked_path

log = structlog.get_logger("watchword.errors")

BY_STATUS = {
    404: HttpRefusal.URL_UNKNOWN,
    405: HttpRefusal.METHOD_NOT_ALLOWED,
    413: HttpRefusal.BODY_TOO_LARGE,
}


def note(refused: Refused) -> None:
    """Name a refusal in the request's line of the log and in the metrics."""
    g.refusal = refused.refusal


class ErrorPages:
    """Finds the dialect of a path and answers in it; ``outside`` answers everywhere else."""

    def __init__(self, dialects: list[Dialect], outside: Dialect) -> None:
        self._dialects = dialects
        self._outside = outside

    def dialect_of(self, path: str) -> Dialect:
        return next((d for d in self._dialects if d.owns(path)), self._outside)

    def register(self, app: Flask) -> None:
        app.register_error_handler(Refused, self.on_refused)
        app.register_error_handler(HTTPException, self.on_http)
        app.register_error_handler(StoreUnavailable, self.on_store)
        app.register_error_handler(KeysUnusable, self.on_keys)
        app.register_error_handler(UnstatedRefusal, self.on_unstated)
        app.register_error_handler(Exception, self.on_anything)

    def on_refused(self, refused: Refused) -> Response:
        dialect = self.dialect_of(asked_path(request.environ))
        note(refused)
        return dialect.refuse(refused)

    def on_http(self, error: HTTPException) -> Response:
        refusal = BY_STATUS.get(error.code or 500, HttpRefusal.BODY_MALFORMED)
        if (error.code or 500) >= 500:
            refusal = HttpRefusal.INTERNAL
        response = self.on_refused(Refused(refusal))
        if isinstance(error, MethodNotAllowed):
            response.headers["Allow"] = ", ".join(sorted(error.valid_methods or ()))
        return response

    def on_store(self, error: StoreUnavailable) -> Response:
        log.error("store_unavailable", error=str(error), request_id=g.request_id)
        return self.on_refused(Refused(Refusal.STORE_UNAVAILABLE, retry_after=2))

    def on_keys(self, error: KeysUnusable) -> Response:
        log.error("keys_unusable", error=str(error), request_id=g.request_id)
        return self.on_refused(Refused(Refusal.KEYS_UNUSABLE, retry_after=2))

    def on_unstated(self, error: UnstatedRefusal) -> Response:
        """The log says which refusal it was and where it was raised; the client learns neither."""
        log.error(
            "internal_error",
            error=str(error),
            where=_innermost(error.__cause__ or error),
            request_id=g.request_id,
        )
        return self.on_refused(Refused(HttpRefusal.INTERNAL))

    def on_anything(self, error: Exception) -> Any:
        # The log gets neither local variables nor the message, which may quote a request.
        log.error(
            "internal_error",
            error=type(error).__name__,
            where=_innermost(error),
            request_id=g.request_id,
        )
        return self.on_refused(Refused(HttpRefusal.INTERNAL))


def _innermost(error: BaseException) -> list[str]:
    """File, line and function of the innermost frames: enough to find the fault, without values."""
    frames = []
    step = error.__traceback__
    while step is not None:
        code = step.tb_frame.f_code
        frames.append(f"{code.co_filename}:{step.tb_lineno} {code.co_name}")
        step = step.tb_next
    return frames[-8:]
