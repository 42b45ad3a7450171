"""``/verify`` in front of Flask's dispatch: the same decision, without what Flask adds to it."""

import time
from collections.abc import Callable, Iterable
from typing import Any

from ..core.wiring import Core
from ..http import metrics
from ..http.request_ids import request_id
from ..store.unit_of_work import StoreUnavailable
from .problems import MEDIA_TYPE, Problems, problem, verify_challenge
from .verify import PATH, UNAVAILABLE, decide


class ShortCut:
    """A WSGI middleware that answers ``/verify`` and hands everything else on.

    Where there is no plain verdict (the database is away, a fault), Flask's own route answers.
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
            headers, refusal = decide(self._core, environ)
        except StoreUnavailable as error:
            environ[UNAVAILABLE] = str(error)
            return self._application(environ, start_response)
        except Exception:
            # Met again there, it is logged without values and answered without HTML.
            return self._application(environ, start_response)
        name = request_id(environ.get("HTTP_X_REQUEST_ID"))
        lines = [
            *headers.items(),
            ("Cache-Control", "no-store"),
            ("X-Content-Type-Options", "nosniff"),
            ("X-Request-ID", name),
        ]
        body = b""
        status = 204
        if refusal is not None:
            body, status = problem(Problems.errors[refusal], name), 401
            lines += [
                ("WWW-Authenticate", verify_challenge(refusal)),
                ("Content-Type", MEDIA_TYPE),
                ("Content-Length", str(len(body))),
            ]
        metrics.observe("verify", status, refusal, time.perf_counter() - started)
        start_response("204 No Content" if refusal is None else "401 Unauthorized", lines)
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [body]
