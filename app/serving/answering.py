"""Answers a request, or says what was wrong with it: in the thread that has the connection."""

from typing import Any, Protocol

import structlog

from .connection import Connection
from .faults import BadRequest, Fault, Phrased, failure
from .lead import Lead
from .request import Request

log = structlog.get_logger("serving.connections")


class Host(Protocol):
    """The part of gunicorn's worker that answering uses."""

    alive: bool
    nr: int
    max_requests: int
    wsgi: Any
    log: Any
    lead: Lead

    def phrase(self, application: Any, fault: Fault, /) -> Phrased: ...


class Answering:
    def __init__(self, worker: Any, *, keep_alive: bool) -> None:
        self._worker: Host = worker
        self._keep_alive = keep_alive

    def answer(self, conn: Connection) -> None:
        """Answer the connection's next request, as much of it as the client takes now."""
        worker = self._worker
        request = conn.parser.ready.popleft()
        worker.nr += 1
        if worker.nr >= worker.max_requests and worker.alive:
            worker.log.info("Autorestarting worker after current request.")
            worker.alive = False
            worker.lead.interrupt_watch()
        try:
            conn.answer(request, worker.wsgi, keep_alive=worker.alive and self._keep_alive)
        except Exception as error:
            self.failed(conn, error, request)

    def parse(self, conn: Connection, received: memoryview) -> None:
        """Feed the parser what it left unread and then ``received``."""
        try:
            conn.parser.feed(received)
        except Exception as error:
            self.failed(conn, error)

    def failed(self, conn: Connection, error: Exception, request: Request | None = None) -> None:
        """Handle a client that is gone, or an answer of the application that cannot be sent."""
        begun = conn.response is None or conn.response.head_sent
        conn.drop()
        if isinstance(error, OSError) and begun:
            return
        # Without the error's text and traceback, which could quote the request.
        log.error("answer_failed", error=type(error).__name__)
        if request is not None and not begun:
            self.refuse(conn, failure(request, conn.address))

    def refuse_fault(self, conn: Connection, fault: BadRequest) -> None:
        method, path = conn.parser.target
        conn.parser.fault = None
        self.refuse(conn, Fault(fault.status, fault.part, fault.reason, method, path, conn.address))

    def refuse(self, conn: Connection, fault: Fault) -> None:
        try:
            conn.refuse(fault, self._worker.phrase(self._worker.wsgi, fault))
        except OSError:
            conn.drop()
