"""Any thread, with a connection that is in its hands: answer a request, or say what was wrong."""

from typing import Any, Protocol

import structlog

from .connection import Connection
from .faults import BadRequest, Fault, Phrased, failure
from .lead import Lead
from .request import Request

log = structlog.get_logger("serving.connections")


class Host(Protocol):
    """What is needed of gunicorn's worker."""

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
        """Answer the connection's next request, as far as its client takes it."""
        worker = self._worker
        request = conn.parser.ready.popleft()
        worker.nr += 1
        if worker.nr >= worker.max_requests and worker.alive:
            worker.log.info("Autorestarting worker after current request.")
            worker.alive = False
            worker.lead.hurry()
        try:
            conn.answer(request, worker.wsgi, keep_alive=worker.alive and self._keep_alive)
        except Exception as error:
            self.failed(conn, error, request)

    def parse(self, conn: Connection, received: memoryview) -> None:
        """Of what was left unread, and of this behind it, as much as may be ready."""
        try:
            conn.parser.feed(received)
        except Exception as error:
            self.failed(conn, error)

    def failed(self, conn: Connection, error: Exception, request: Request | None = None) -> None:
        """The client is gone, or the application's answer cannot be sent."""
        begun = conn.response is None or conn.response.head_sent
        conn.drop()
        if isinstance(error, OSError) and begun:
            return
        # Without its text and its trace, which could hold what was sent.
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
