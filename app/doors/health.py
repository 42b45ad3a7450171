"""``/healthz``, ``/readyz`` and ``/metrics``: what an operator's machines ask."""

from flask import current_app
from marshmallow import Schema, fields
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from ..core.refusals import Refused
from ..http.answers import JsonAnswer, RawAnswer, Reply
from ..http.contract import Call
from ..http.dialect import Dialect
from ..http.metrics import REGISTRY


class Health(Schema):
    status = fields.String(required=True)


def mount(dialect: Dialect) -> None:
    answer = JsonAnswer(Health())

    @dialect.operation("GET", "/healthz", summary="Is the process alive?", answer=answer)
    def healthz(_call: Call) -> dict[str, str]:
        """Asks nothing but the process itself."""
        return {"status": "ok"}

    @dialect.operation("GET", "/readyz", summary="Can requests be served?", answer=answer)
    def readyz(call: Call) -> dict[str, str]:
        """The database is reachable, stands at the newest migration, and takes a write; every
        signing key can be unwrapped."""
        refusal = current_app.extensions["watchword"].readiness.refusal(call.core)
        if refusal is not None:
            raise Refused(refusal, retry_after=2)
        return {"status": "ok"}

    @dialect.operation(
        "GET", "/metrics", summary="Prometheus metrics", answer=RawAnswer("text/plain")
    )
    def metrics(_call: Call) -> Reply:
        """Summed over all workers."""
        return Reply(generate_latest(REGISTRY), {"Content-Type": CONTENT_TYPE_LATEST})
