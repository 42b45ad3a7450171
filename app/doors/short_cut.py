"""``/verify`` in front of Flask's dispatch: the same decision without the cost of the dispatch."""

import time
from collections.abc import Callable, Iterable, Sequence
from enum import StrEnum
from typing import Any

import structlog

from ..core.core import Core
from ..core.refusals import Refusal
from ..http import metrics
from ..http.addresses import Network, client_address
from ..http.paths import asked_path
from ..http.problem_details import MEDIA_TYPE, problem
from ..http.request_ids import request_id
from ..store.faults import StoreUnavailable
from .problems import Problems, verify_challenge
from .verify import REFUSAL, UNAVAILABLE, decide, status_of_a_yes

log = structlog.get_logger("watchword.requests")

STATUS_LINES = {200: "200 OK", 204: "204 No Content", 401: "401 Unauthorized"}


class ShortCut:
    """A WSGI middleware that answers ``/verify`` and passes everything else on.

    If there is no verdict (the database cannot be reached, or a fault of ours), Flask's route answers.
    """

    def __init__(
        self,
        application: Callable[..., Iterable[bytes]],
        core: Core,
        trusted_proxies: Sequence[Network] = (),
    ) -> None:
        self.application = application
        self._core = core
        self._trusted_proxies = trusted_proxies

    def __call__(
        self, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        status = status_of_a_yes(environ["PATH_INFO"])
        if status is None:
            return self.application(environ, start_response)
        started = time.perf_counter()
        try:
            headers, refusal = decide(self._core, environ)
            row = None if refusal is None else Problems.errors[refusal]
        except StoreUnavailable as error:
            environ[UNAVAILABLE] = str(error)
            return self.application(environ, start_response)
        except Exception:
            # Flask's route meets the fault again, logs it without values and answers 500.
            return self.application(environ, start_response)
        name = request_id(environ.get("HTTP_X_REQUEST_ID"))
        lines = [
            *headers.items(),
            ("Cache-Control", "no-store"),
            ("X-Content-Type-Options", "nosniff"),
            ("X-Request-ID", name),
        ]
        body = b""
        if refusal is not None and row is not None:
            environ[REFUSAL] = refusal
            body, status = problem(row.text, 401, name), 401
            lines += [
                ("WWW-Authenticate", verify_challenge(refusal)),
                ("Content-Type", MEDIA_TYPE),
            ]
            self._log(environ, name, refusal)
        if status != 204:
            lines.append(("Content-Length", str(len(body))))
        metrics.observe("verify", status, refusal, time.perf_counter() - started)
        start_response(STATUS_LINES[status], lines)
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [body]

    def _log(self, environ: dict[str, Any], name: str, refusal: StrEnum) -> None:
        """Log why a token was refused. There is no audit event for it, so the log is the only record."""
        # Most questions of a gateway are about clients that have not logged in yet.
        line = log.debug if refusal is Refusal.CREDENTIALS_MISSING else log.info
        line(
            "request",
            request_id=name,
            method=environ["REQUEST_METHOD"],
            path=asked_path(environ),
            status=401,
            refusal=refusal,
            dialect="verify",
            address=client_address(
                environ.get("REMOTE_ADDR"),
                environ.get("HTTP_X_FORWARDED_FOR"),
                self._trusted_proxies,
            ),
        )
