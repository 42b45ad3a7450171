"""Users for operators: the list and its filters. Nothing here holds a secret or a digest."""

from collections.abc import Collection, Sequence
from enum import StrEnum, unique
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, bindparam, func, literal_column, select

from ...store.models import Throttle, User
from ..core import Core
from ..guard.counters import Kind
from .scanning import Column, Page, chunks, scan
from .user_search import by_username, searched

# Above every user's id: a place with it is behind all users of that name.
NO_ID = 2**63 - 1


@unique
class UserState(StrEnum):
    """What a list of users can be narrowed to, the rarest first: its index leads the search.

    ``RESTING``: the brute-force guard pauses a login name of the user now.
    """

    RESTING = "resting"
    DISABLED = "disabled"
    PASSWORD_EXPIRED = "password_expired"
    FOREIGN_HASH = "foreign_hash"


class UserLine(NamedTuple):
    """A user. ``uid`` is the number that token v2 shows, ``id`` the UUID that the session dialect shows.

    ``foreign_hash`` says that the password's hash is not Argon2id yet.
    """

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
    foreign_hash: bool


def _is_foreign(entity: Any) -> ColumnElement[bool]:
    """As the partial index has it: with no parameters, or a database would not see that they are the same."""
    beginning = func.substr(entity.password_hash, literal_column("1"), literal_column("10"))
    return beginning != literal_column("'$argon2id$'")


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
    _is_foreign(User),
)
_USER = _USERS.where(User.id == bindparam("id"))


def users(
    core: Core,
    *,
    limit: int,
    after: str | None = None,
    search: str = "",
    states: Collection[UserState] = (),
) -> Page[UserLine]:
    """A page of users who match ``search`` and all ``states``.

    Without a search they are in order of username, and ``after`` is a username. With one, ``after`` is the
    ``next`` of the page before. Raises Refused(NOT_FOUND) for an ``after`` that no page gave.
    """
    filters = [_filter(state, core.clock.now()) for state in UserState if state in states]
    if not search.strip():
        which = by_username(filters)
        places, end = scan(core, which, None if after is None else (after, NO_ID), limit)
        following = None if end is None else str(end[0])
    else:
        places, following = searched(core, search.strip(), filters, after, limit)
    return Page(_lines(core, [place[-1] for place in places]), following)


def user(core: Core, user_id: int) -> UserLine:
    """One user, who must exist. Raises ValueError if not."""
    (row,) = core.store.read(_USER, id=user_id)
    return _line(row)


def _lines(core: Core, ids: Sequence[int]) -> list[UserLine]:
    found = {
        row[0]: _line(row)
        for some in chunks(ids)
        for row in core.store.read(_USERS.where(User.id.in_(some)))
    }
    return [found[id_] for id_ in ids if id_ in found]


def _line(row: tuple[Any, ...]) -> UserLine:
    line = UserLine(*row)
    return line._replace(
        roles=sorted(line.roles),
        permissions=sorted(line.permissions),
        foreign_hash=bool(line.foreign_hash),
    )


def _filter(state: UserState, now: float) -> Column:
    match state:
        case UserState.RESTING:
            return lambda entity: entity.id.in_(_resting(now))
        case UserState.DISABLED:
            return lambda entity: entity.disabled_at.is_not(None)
        case UserState.PASSWORD_EXPIRED:
            return lambda entity: entity.password_expired
        case _:
            return _is_foreign


def _resting(now: float) -> Any:
    return select(Throttle.user_id).where(
        Throttle.kind == Kind.NAME.value, Throttle.paused_until > now
    )
