"""Lists of sessions for operators. They never hold a secret or the digest of one."""

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import select

from ...store.models import Session, User
from .. import policy
from ..audit.networks import network_of
from ..core import Core
from ..refusals import Refusal, Refused
from ..sessions.rows import Live
from ..sessions.tokens import session_name
from .scanning import Page, chunks
from .session_search import EVERYBODYS, SessionFilter, matching, row_of


class SessionLine(NamedTuple):
    """A session. ``session`` is its public name, ``state`` is "live" or the refusal of its tokens."""

    session: str
    username: str
    dialect: str
    client_id: str | None
    address: str | None
    opened_at: float
    expires_at: float
    state: str


class _Standing(NamedTuple):
    """A session and its user, as ``policy.Standing`` asks."""

    id: int
    user_id: int
    username: str
    dialect: str
    client_id: str | None
    address: str | None
    generation: int
    epoch: int
    opened_at: float
    rotated_at: float
    access_expires_at: float
    expires_at: float
    absolute_expires_at: float
    ended_at: float | None
    user_epoch: int
    disabled_at: float | None
    password_expired: bool


def sessions(
    core: Core,
    which: SessionFilter = EVERYBODYS,
    *,
    limit: int,
    after: str | None = None,
    newest_first: bool = False,
) -> Page[SessionLine]:
    """A page of sessions, in the order of their logins, after the session that ``after`` names.

    With an address, ``after`` is the ``next`` of the page before. A page may have fewer lines than ``limit``
    although there is a next one: see ``scanning``. Raises Refused(NOT_FOUND) if ``after`` is not there any
    more, or the address is none.
    """
    now = core.clock.now()
    ids, following = matching(core, which, limit, after, newest_first)
    found = [row for row in _standings(core, ids) if _meets(row, which)]
    lines = [_line(row, now) for row in found]
    return Page([line for line in lines if which.every or line.state == "live"], following)


def _standings(core: Core, ids: Sequence[int]) -> list[_Standing]:
    found = {
        row[0]: _Standing._make(row)
        for some in chunks(ids)
        for row in core.store.read(_SESSIONS.where(Session.id.in_(some)))
    }
    return [found[id_] for id_ in ids if id_ in found]


def _meets(row: _Standing, which: SessionFilter) -> bool:
    """Whether a row meets the conditions that its scan did not see."""
    return (
        which.user_id in (None, row.user_id)
        and which.dialect in (None, row.dialect)
        and which.client_id in (None, row.client_id)
        and (which.address is None or network_of(which.address) == network_of(row.address))
    )


def _line(row: _Standing, now: float) -> SessionLine:
    return SessionLine(
        session_name(row.id),
        row.username,
        row.dialect,
        row.client_id,
        row.address,
        row.opened_at,
        row.expires_at,
        policy.session_refusal(row, now) or "live",
    )


def live_session(core: Core, name: str) -> Live:
    """The live session with this public name. Raises Refused(NOT_FOUND)."""
    row = row_of(core, name)
    if row is None or policy.session_refusal(row, core.clock.now()) is not None:
        raise Refused(Refusal.NOT_FOUND, "no such session, or it has ended or expired")
    return row


_SESSIONS = select(
    Session.id,
    Session.user_id,
    User.username,
    Session.dialect,
    Session.client_id,
    Session.address,
    Session.generation,
    Session.epoch,
    Session.opened_at,
    Session.rotated_at,
    Session.access_expires_at,
    Session.expires_at,
    Session.absolute_expires_at,
    Session.ended_at,
    User.epoch,
    User.disabled_at,
    User.password_expired,
).join(User, User.id == Session.user_id)
