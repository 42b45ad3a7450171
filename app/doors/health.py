"""``/healthz``, ``/readyz`` and ``/metrics``: what an operator's machines ask."""

from concurrent.futures import ThreadPoolExecutor

from marshmallow import Schema, fields
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from sqlalchemy.exc import SQLAlchemyError

from ..core.preflight import is_migrated, take_a_write
from ..core.refusals import Refusal, Refused
from ..core.wiring import Core
from ..http.answers import JsonAnswer, RawAnswer, Reply
from ..http.contract import Call
from ..http.dialect import Dialect
from ..http.metrics import REGISTRY
from ..store.unit_of_work import StoreUnavailable

# Each wait for the database ends by itself, but several may add up to more than a prober waits.
PATIENCE_SECONDS = 2.5
_PROBES = ThreadPoolExecutor(1, thread_name_prefix="readyz")


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
        """The database is reachable, stands at the newest migration, and takes a write."""
        probe = _PROBES.submit(_is_ready, call.core)
        try:
            ready = probe.result(timeout=PATIENCE_SECONDS)
        except TimeoutError:
            probe.cancel()
            ready = False
        if not ready:
            raise Refused(Refusal.STORE_UNAVAILABLE, retry_after=2)
        return {"status": "ok"}

    @dialect.operation(
        "GET", "/metrics", summary="Prometheus metrics", answer=RawAnswer("text/plain")
    )
    def metrics(_call: Call) -> Reply:
        """Summed over all workers."""
        return Reply(generate_latest(REGISTRY), {"Content-Type": CONTENT_TYPE_LATEST})


def _is_ready(core: Core) -> bool:
    try:
        if not is_migrated(core):
            return False
        take_a_write(core)
    except (StoreUnavailable, SQLAlchemyError):
        # A file that is no database, a table that may not be read: not ready, whatever it is.
        return False
    return True
