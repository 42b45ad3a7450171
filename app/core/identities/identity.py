"""Find a user by username, by e-mail address or by id."""

from typing import NamedTuple

from sqlalchemy import bindparam, literal_column, select, union_all

from ...store.models import LoginName, User
from ..core import Core
from ..names import folded
from ..refusals import Refusal, Refused
from ..sessions.rows import NO_CUSTOMER, Holder


class Identity(NamedTuple):
    """A user as a login finds it."""

    id: int
    uuid: str
    username: str
    email: str
    password_hash: str
    pepper_id: int | None
    password_expired: bool
    epoch: int
    disabled_at: float | None
    customer_id: str | None
    roles: frozenset[str]
    permissions: frozenset[str]

    @property
    def holder(self) -> Holder:
        return Holder(self.id, self.epoch)

    @property
    def customer(self) -> str:
        return self.customer_id or NO_CUSTOMER


_COLUMNS = (
    User.id,
    User.uuid,
    User.username,
    User.email,
    User.password_hash,
    User.pepper_id,
    User.password_expired,
    User.epoch,
    User.disabled_at,
    User.customer_id,
    User.roles,
    User.permissions,
)
_BY_LOGIN = (
    select(*_COLUMNS)
    .join(LoginName, LoginName.user_id == User.id)
    .where(LoginName.name == bindparam("login"))
)


class Decoy(NamedTuple):
    """The hash that the password of an unknown user is compared with."""

    password_hash: str
    pepper_id: int | None


# The first user from a point on; behind the last user it is the first of all. One statement either way.
_HASH = User.password_hash, User.pepper_id
_FROM_POINT = (
    select(literal_column("0").label("turn"), *_HASH)
    .where(User.uuid >= bindparam("point"))
    .order_by(User.uuid)
    .limit(1)
    .subquery()
)
_FROM_START = (
    select(literal_column("1").label("turn"), *_HASH).order_by(User.uuid).limit(1).subquery()
)
_EITHER = union_all(select(_FROM_POINT), select(_FROM_START)).subquery()
_DECOY = select(_EITHER.c.password_hash, _EITHER.c.pepper_id).order_by(_EITHER.c.turn).limit(1)
_BY_ID = select(*_COLUMNS).where(User.id == bindparam("id"))


def find(core: Core, login: str) -> Identity | None:
    """The user with this username or e-mail address, compared in folded form (``names.folded``)."""
    row = core.store.first(_BY_LOGIN, login=folded(login))
    return Identity(*row) if row else None


def get(core: Core, user_id: int) -> Identity:
    """By ``uid``. Raises Refused(NOT_FOUND)."""
    row = core.store.first(_BY_ID, id=user_id)
    if row is None:
        raise Refused(Refusal.NOT_FOUND, "no such user")
    return Identity(*row)


def decoy(core: Core, login: str) -> Decoy | None:
    """The hash of a user that follows from a login name, nearly always the same one; None without any user.

    UUIDs are random, so each user is as likely as any other.
    """
    row = core.store.first(_DECOY, point=core.keys.decoy_point(folded(login)))
    return Decoy(*row) if row else None
