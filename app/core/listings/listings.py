"""Lists of users and sessions for operators. They never hold a secret or the digest of one."""

from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Integer, bindparam, select, tuple_

from ...store.models import Session, User
from .. import policy
from ..core import Core
from ..refusals import Refusal, Refused
from ..sessions import rows
from ..sessions.rows import Live
from ..sessions.tokens import session_name


class UserLine(NamedTuple):
    """A user. ``uid`` is the number that token v2 shows, ``id`` the UUID that the session dialect shows."""

    uid: int
    id: str
    username: str
    email: str
    customer: str | None
    roles: list[str]
    permissions: list[str]
    created_at: float
    disabled_at: float | None
    password_expired: bool


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


_USERS = select(
    User.id,
    User.uuid,
    User.username,
    User.email,
    User.customer_id,
    User.roles,
    User.permissions,
    User.created_at,
    User.disabled_at,
    User.password_expired,
)
_USER = _USERS.where(User.id == bindparam("id"))
_PAGE = (
    _USERS.where(User.username > bindparam("after"))
    .order_by(User.username)
    .limit(bindparam("most", type_=Integer))
)


def users(core: Core, *, limit: int, after: str = "") -> list[UserLine]:
    """A page of users: at most ``limit`` with usernames above ``after``, in order of username."""
    return [_user(row) for row in core.store.read(_PAGE, after=after, most=limit)]


def user(core: Core, user_id: int) -> UserLine:
    """One user, who must exist. Raises ValueError if not."""
    (row,) = core.store.read(_USER, id=user_id)
    return _user(row)


def _user(row: tuple[Any, ...]) -> UserLine:
    line = UserLine(*row)
    return line._replace(roles=sorted(line.roles), permissions=sorted(line.permissions))


class _Standing(NamedTuple):
    """A session and its user, as ``policy.Standing`` asks."""

    id: int
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
    *,
    limit: int,
    after: str | None = None,
    user_id: int | None = None,
    every: bool = False,
) -> list[SessionLine]:
    """A page of live sessions, oldest first: at most ``limit``, after the session that ``after`` names.

    With ``every``, sessions that are not live too. Raises Refused(NOT_FOUND) if the session ``after`` does
    not exist any more.
    """
    conditions = [] if user_id is None else [Session.user_id == user_id]
    now = core.clock.now()
    if not every:
        # The database leaves out most of them; the policy decides about each that is left.
        conditions += [Session.expires_at > now, Session.ended_at.is_(None)]
    place = _position(core, after) if after is not None else None
    found: list[SessionLine] = []
    while len(found) < limit:
        page = _page(core, conditions, place, limit)
        lines = [_line(row, now) for row in page]
        found += [line for line in lines if every or line.state == "live"]
        if len(page) < limit:
            break
        place = (page[-1].opened_at, page[-1].id)
    return found[:limit]


def _position(core: Core, name: str) -> tuple[float, int]:
    row = _row_of(core, name)
    if row is None:
        raise Refused(Refusal.NOT_FOUND, "no such session: begin the list anew")
    return row.opened_at, row.id


def _page(
    core: Core,
    conditions: list[ColumnElement[bool]],
    place: tuple[float, int] | None,
    limit: int,
) -> list[_Standing]:
    statement = _SESSIONS.where(*conditions).limit(limit)
    if place is not None:
        statement = statement.where(tuple_(Session.opened_at, Session.id) > place)
    return [_Standing._make(row) for row in core.store.read(statement)]


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
    row = _row_of(core, name)
    if row is None or policy.session_refusal(row, core.clock.now()) is not None:
        raise Refused(Refusal.NOT_FOUND, "no such session, or it counts no longer")
    return row


def _row_of(core: Core, name: str) -> Live | None:
    try:
        session_id = int(name, 16)
    except ValueError:
        return None
    if not 0 <= session_id < 2**63 or name != session_name(session_id):
        return None
    return rows.by_id(core, session_id)


_SESSIONS = (
    select(
        Session.id,
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
    )
    .join(User, User.id == Session.user_id)
    .order_by(Session.opened_at, Session.id)
)
