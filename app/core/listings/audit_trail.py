"""The audit trail for operators: user, address, dialect or door, and the reason of a refusal."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from sqlalchemy import bindparam, func, select, tuple_

from ...store.models import AuditEvent, User
from ..audit import Event
from ..core import Core
from ..refusals import Refusal, Refused
from ..sessions.tokens import session_name

OVERLAP = 1_000


class AuditLine(NamedTuple):
    """An event. ``username`` is the current name of the user, None if there is none.

    If ``times`` is above one, the line counts the events of a minute, and ``request_id`` is of the first.
    """

    id: int
    at: float
    event: str
    reason: str | None
    dialect: str | None
    address: str | None
    username: str | None
    session: str | None
    request_id: str | None
    note: str | None
    times: int
    operator: str | None


_EVENTS = select(
    AuditEvent.id,
    AuditEvent.at,
    AuditEvent.event,
    AuditEvent.reason,
    AuditEvent.dialect,
    AuditEvent.address,
    User.username,
    AuditEvent.session_id,
    AuditEvent.request_id,
    AuditEvent.note,
    AuditEvent.count,
    AuditEvent.operator,
).outerjoin(User, User.id == AuditEvent.user_id)
_OF_REQUEST = _EVENTS.where(AuditEvent.request_id == bindparam("request")).order_by(
    AuditEvent.at, AuditEvent.id
)
_BEYOND = _EVENTS.where(AuditEvent.id > bindparam("last")).order_by(AuditEvent.id)
_AT = select(AuditEvent.at).where(AuditEvent.id == bindparam("id"))
_LAST_ID = select(func.max(AuditEvent.id))


def newest(
    core: Core,
    *,
    limit: int,
    user_id: int | None = None,
    event: Event | None = None,
    since: float | None = None,
    before: int | None = None,
) -> list[AuditLine]:
    """A page of the newest events that match: at most ``limit``, the oldest of them first.

    ``since`` is a NumericDate. ``before`` is the id of an event, and only events before it are returned.
    Raises Refused(NOT_FOUND) if that event does not exist any more.
    """
    statement = _EVENTS.order_by(AuditEvent.at.desc(), AuditEvent.id.desc()).limit(limit)
    if user_id is not None:
        statement = statement.where(AuditEvent.user_id == user_id)
    if event is not None:
        statement = statement.where(AuditEvent.event == event.value)
    if since is not None:
        statement = statement.where(AuditEvent.at >= since)
    if before is not None:
        place = _position(core, before)
        statement = statement.where(tuple_(AuditEvent.at, AuditEvent.id) < place)
    return [_line(row) for row in reversed(core.store.read(statement))]


def _position(core: Core, event_id: int) -> tuple[float, int]:
    row = core.store.first(_AT, id=event_id)
    if row is None:
        raise Refused(Refusal.NOT_FOUND, "no such event: begin the list anew")
    return row[0], event_id


def of_request(core: Core, request_id: str) -> list[AuditLine]:
    """All events of a request id, oldest first. Clients may choose the id, so requests may share one."""
    return [_line(row) for row in core.store.read(_OF_REQUEST, request=request_id)]


def follow(core: Core) -> Iterator[list[AuditLine]]:
    """Yields, without end, the events added since the last step."""
    last = _last_id(core)
    seen = {line.id for line in _after(core, last)}
    while True:
        lines = _after(core, last)
        yield [line for line in lines if line.id not in seen]
        seen = {line.id for line in lines}
        last = max(seen, default=last)


def _last_id(core: Core) -> int:
    ((last,),) = core.store.read(_LAST_ID)
    return last or 0


def _after(core: Core, last: int) -> list[AuditLine]:
    """The events after id ``last``, and OVERLAP ids before: PostgreSQL may commit a lower id later."""
    return [_line(row) for row in core.store.read(_BEYOND, last=last - OVERLAP)]


def _line(row: tuple[Any, ...]) -> AuditLine:
    line = AuditLine(*row)
    return line._replace(session=session_name(int(line.session)) if line.session else None)
