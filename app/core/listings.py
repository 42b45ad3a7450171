"""What an operator may list: users and sessions as they stand. Never a secret, nor a digest of one."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import select

from ..store.models import Session, User
from ..store.unit_of_work import reading
from . import policy
from .refusals import Refusal, Refused
from .session_rows import Live
from .tokens import session_name

if TYPE_CHECKING:
    from .wiring import Core


class UserLine(NamedTuple):
    """A user; ``uid`` is the number that token v2 tells, ``id`` the UUID of the session dialect."""

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
    """A session by its public name; ``state`` is "live" or the name of why it no longer counts."""

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


def users(core: "Core") -> list[UserLine]:
    """Every user, by username."""
    with reading(core.engine) as connection:
        return [_user(row) for row in connection.execute(_USERS.order_by(User.username))]


def user(core: "Core", user_id: int) -> UserLine:
    """One user. Raises sqlalchemy.exc.NoResultFound: the caller has just seen it."""
    with reading(core.engine) as connection:
        return _user(connection.execute(_USERS.where(User.id == user_id)).one())


def _user(row: Any) -> UserLine:
    return UserLine(*row)._replace(roles=sorted(row.roles), permissions=sorted(row.permissions))


class _Standing(NamedTuple):
    """Satisfies ``policy.Standing``."""

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


def sessions(core: "Core", *, user_id: int | None = None, every: bool = False) -> list[SessionLine]:
    """The sessions that still count, oldest first; with ``every``, also those that do not."""
    return [line for line in _sessions(core, user_id) if every or line.state == "live"]


def _sessions(core: "Core", user_id: int | None) -> Iterator[SessionLine]:
    statement = (
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
    if user_id is not None:
        statement = statement.where(Session.user_id == user_id)
    now = core.clock.now()
    with reading(core.engine) as connection:
        for row in map(_Standing._make, connection.execute(statement)):
            yield SessionLine(
                session_name(row.id),
                row.username,
                row.dialect,
                row.client_id,
                row.address,
                row.opened_at,
                row.expires_at,
                policy.session_refusal(row, now) or "live",
            )


def live_session(core: "Core", name: str) -> Live:
    """A session that counts, by its public name. Raises Refused(NOT_FOUND)."""
    try:
        session_id = int(name, 16)
    except ValueError:
        session_id = -1
    row = None
    if 0 <= session_id < 2**63 and name == session_name(session_id):
        row = core.queries.session_by_id(id=session_id)
    if row is None or policy.session_refusal(Live(*row), core.clock.now()) is not None:
        raise Refused(Refusal.NOT_FOUND, "no such session, or it counts no longer")
    return Live(*row)
