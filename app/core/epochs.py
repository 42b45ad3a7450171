"""A user's epoch: it counts what ends all that stands on a password, a new one or being disabled.

What is opened carries the epoch that was proven for it, and counts in no other.
"""

from sqlalchemy import Connection, update

from ..store.models import User
from . import session_rows


def renew(
    connection: Connection, now: float, user_id: int, reason: str, *, keep: int | None = None
) -> None:
    """End what was opened on the old password, also by a login that is under way right now."""
    epoch = connection.execute(
        update(User).where(User.id == user_id).values(epoch=User.epoch + 1).returning(User.epoch)
    ).scalar_one()
    session_rows.end_all(connection, now, reason, user_id=user_id, keep=keep)
    if keep is not None:
        session_rows.carry_over(connection, keep, epoch)
