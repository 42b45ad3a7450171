"""Why a request was refused: from the request id to the true reason, and what happened around it."""

from typing import NamedTuple

from sqlalchemy import bindparam, select

from ...store.models import AuditEvent
from ..core import Core
from . import audit_trail
from .audit_trail import AuditLine
from .event_filter import EventFilter

# How long before and after, and how many events at most, of the user and of the address.
AROUND_SECONDS = 900
AROUND_LINES = 50
# Clients may choose the id, so many requests may share one: the newest so many are told.
MAX_LINES = 200

_OF_REQUEST = (
    select(AuditEvent.id)
    .where(AuditEvent.request_id == bindparam("request"))
    .order_by(AuditEvent.at.desc(), AuditEvent.id.desc())
    .limit(MAX_LINES)
)
_WHOSE = select(AuditEvent.user_id, AuditEvent.address, AuditEvent.at).where(
    AuditEvent.id == bindparam("id")
)


class Explanation(NamedTuple):
    """``events`` are those of the request, ``around`` those of its user or its address near it; both with the
    oldest first."""

    events: list[AuditLine]
    around: list[AuditLine]


def of_request(core: Core, request_id: str) -> list[AuditLine]:
    """The newest MAX_LINES events of a request id, oldest first."""
    ids = [id_ for (id_,) in core.store.read(_OF_REQUEST, request=request_id.replace("\0", "\n"))]
    return audit_trail.lines(core, ids[::-1])


def why(core: Core, request_id: str) -> Explanation:
    """The events of a request id, and those around the newest of them. Without events there is no such id."""
    found = of_request(core, request_id)
    return Explanation(found, _around(core, found) if found else [])


def _around(core: Core, found: list[AuditLine]) -> list[AuditLine]:
    ((user_id, address, at),) = core.store.read(_WHOSE, id=found[-1].id)
    near = EventFilter(since=at - AROUND_SECONDS, until=at + AROUND_SECONDS)
    asked = []
    if user_id is not None:
        asked.append(near._replace(user_id=user_id))
    if address is not None:
        asked.append(near._replace(address=address))
    own = {line.id for line in found}
    around = {
        line.id: line
        for one in asked
        for line in audit_trail.events(core, one, limit=AROUND_LINES).lines
        if line.id not in own
    }
    return sorted(around.values(), key=lambda line: (line.at, line.id))
