"""Somebody must be left who can use the console: one enabled user with the role ``admin``.

An operator cannot take that from himself. But two who disable or demote each other at the same moment would
both succeed, if each looked before the other has committed.
"""

from sqlalchemy import bindparam, select, text

from ...store.models import ADMIN, IS_ADMIN, User
from ...store.store import Writing
from ..refusals import Refusal, Refused

# PostgreSQL locks them until the transaction ends, all transactions in one order, so that there is no
# deadlock. Whoever has waited sees the rows as the other transaction left them. SQLite has one writing
# transaction at a time.
_ENABLED_ADMINS = (
    select(User.id)
    .where(text(IS_ADMIN), User.disabled_at.is_(None))
    .order_by(User.id)
    .with_for_update(key_share=True)
)
_STATE = (
    select(User.roles, User.disabled_at)
    .where(User.id == bindparam("uid"))
    .with_for_update(key_share=True)
)


def refuse(writing: Writing, user_id: int) -> None:
    """Stop a transaction that is to disable or demote a user, if that is the last enabled admin.

    It comes before the transaction locks the user. Raises Refused(LAST_ADMIN).
    """
    others = {row[0] for row in writing.execute(_ENABLED_ADMINS).all()} - {user_id}
    if others:
        return
    roles, disabled_at = writing.execute(_STATE, {"uid": user_id}).one()
    if ADMIN in roles and disabled_at is None:
        raise Refused(Refusal.LAST_ADMIN)
