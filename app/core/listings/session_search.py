"""Which sessions a list has, and in which order: what an index can tell, before the rows are read."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from sqlalchemy import bindparam, select

from ...store.models import AuditEvent, Session
from ..audit import Event
from ..core import Core
from ..refusals import Refusal, Refused
from ..sessions import rows
from ..sessions.rows import Live
from ..sessions.tokens import session_name
from . import origins
from .scanning import SCATTERED_WINDOW, Column, Place, Scan, equals, from_address, scan


class SessionFilter(NamedTuple):
    """Which sessions to list: those that meet every condition that is set.

    ``dialect`` is the name of a session kind. ``address`` is a client address; an IPv6 address stands for its
    /64. It is found through the audit trail, so for sessions whose login is still on record. With ``every``,
    sessions that have expired or ended are listed too, until they are purged.
    """

    user_id: int | None = None
    dialect: str | None = None
    client_id: str | None = None
    address: str | None = None
    every: bool = False


EVERYBODYS = SessionFilter()


def matching(
    core: Core, which: SessionFilter, limit: int, after: str | None, newest_first: bool
) -> tuple[list[int], str | None]:
    """The ids of sessions that may match, at most ``limit``, and where the next page begins.

    The caller decides about each. Raises Refused(NOT_FOUND) if ``after`` is not there any more, or if the
    address or the dialect is none.
    """
    origins.refuse_unknown(which.dialect, origins.dialects(core))
    if which.address is not None:
        return _logins_from(core, which.address, limit, after, newest_first)
    place = _position(core, after) if after is not None else None
    scans = [one._replace(descending=newest_first) for one in _scans(core, which)]
    parts = [scan(core, one, place, limit) for one in scans]
    places, end = _merged(parts, limit, newest_first)
    return [place[-1] for place in places], None if end is None else session_name(end[-1])


def _scans(core: Core, which: SessionFilter) -> Iterator[Scan]:
    """What to read: a part of the table that an index has in order, or several to be merged."""
    keys = _opened_at, _id
    # The database leaves out most of those that are not live; the policy decides about each that is left.
    others = [] if which.every else [_unexpired(core.clock.now()), _not_ended]
    if which.user_id is not None:
        yield Scan(
            Session, keys, [equals("user_id", which.user_id), *others[:1]], others, sort=True
        )
    elif which.client_id is not None:
        if which.dialect is not None:
            others.append(equals("dialect", which.dialect))
        of_client = [equals("client_id", which.client_id)]
        yield Scan(Session, keys, of_client, others, window=SCATTERED_WINDOW)
    else:
        kinds = core.kinds.named if which.dialect is None else [which.dialect]
        for kind in kinds:
            of_kind = [equals("dialect", kind)]
            yield Scan(Session, keys, of_kind, others, window=SCATTERED_WINDOW)


def _opened_at(entity: Any) -> Any:
    return entity.opened_at


def _id(entity: Any) -> Any:
    return entity.id


def _at(entity: Any) -> Any:
    return entity.at


def _not_ended(entity: Any) -> Any:
    return entity.ended_at.is_(None)


def _unexpired(now: float) -> Column:
    return lambda entity: entity.expires_at > now


def _merged(
    parts: Sequence[tuple[list[Place], Place | None]], limit: int, descending: bool
) -> tuple[list[Place], Place | None]:
    """One page of several scans, as far as all of them have read."""
    ends = [end for _, end in parts if end is not None]
    horizon = (max if descending else min)(ends, default=None)
    found = sorted((place for places, _ in parts for place in places), reverse=descending)
    if horizon is not None:
        found = [p for p in found if (p >= horizon if descending else p <= horizon)]
    if len(found) > limit:
        return found[:limit], found[limit - 1]
    return found, horizon


_EVENT = select(AuditEvent.at).where(AuditEvent.id == bindparam("id"))


def _logins_from(
    core: Core, address: str, limit: int, after: str | None, descending: bool
) -> tuple[list[int], str | None]:
    """The ids of the sessions that were opened from an address, in the order of their logins.

    A place is that of the login's event, by its id.
    """
    place = None
    if after is not None:
        row = core.store.first(_EVENT, id=int(after)) if _is_row_id(after) else None
        if row is None:
            raise Refused(Refusal.NOT_FOUND, "no such session: begin the list anew")
        place = row[0], int(after)
    logins = Scan(
        AuditEvent,
        (_at, _id, lambda entity: entity.session_id),
        [from_address(address)],
        [equals("event", Event.LOGIN.value), lambda entity: entity.session_id.is_not(None)],
        descending,
        unique=2,
        window=SCATTERED_WINDOW,
    )
    places, end = scan(core, logins, place, limit)
    return [place[-1] for place in places], None if end is None else str(end[1])


def _is_row_id(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 20 and int(text) < 2**63


def _position(core: Core, name: str) -> tuple[float, int]:
    row = row_of(core, name)
    if row is None:
        raise Refused(Refusal.NOT_FOUND, "no such session: begin the list anew")
    return row.opened_at, row.id


def row_of(core: Core, name: str) -> Live | None:
    """The session with this public name, in any state; None if there is none."""
    try:
        session_id = int(name, 16)
    except ValueError:
        return None
    if not 0 <= session_id < 2**63 or name != session_name(session_id):
        return None
    return rows.by_id(core, session_id)
