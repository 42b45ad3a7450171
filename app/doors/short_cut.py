"""``/verify`` in front of Flask's dispatch: the same decision, without what Flask adds to it."""

import time
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any

from ..core.wiring import Core
from ..http import metrics
from ..http.request_ids import request_id
from ..store.unit_of_work import StoreUnavailable
from .verify import PATH, UNAVAILABLE, decide

REASONS = {status.value: f"{status.value} {status.phrase}" for status in HTTPStatus}


class ShortCut:
    """A WSGI middleware that answers ``/verify`` and hands everything else on.

    Where there is no plain verdict (the database is away), Flask's own route answers instead.
    """

    def __init__(self, application: Callable[..., Iterable[bytes]], core: Core) -> None:
        self._application = application
        self._core = core

    def __call__(
        self, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        if environ["PATH_INFO"] != PATH:
            return self._application(environ, start_response)
        started = time.perf_counter()
        try:
            verdict = decide(self._core, environ)
        except StoreUnavailable as error:
            environ[UNAVAILABLE] = str(error)
            return self._application(environ, start_response)
        headers = [
            *verdict.headers,
            ("Cache-Control", "no-store"),
            ("X-Content-Type-Options", "nosniff"),
            ("X-Request-ID", request_id(environ.get("HTTP_X_REQUEST_ID"))),
        ]
        if verdict.status != 204:
            headers.append(("Content-Length", "0"))
        metrics.observe("verify", verdict.status, verdict.refusal, time.perf_counter() - started)
        start_response(REASONS[verdict.status], headers)
        return []
