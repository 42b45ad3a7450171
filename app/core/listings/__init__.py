"""What operators read: users, sessions and the audit trail, in pages. Nothing is written in here."""

from .listings import (
    SessionLine,
    UserLine,
    live_session,
    sessions,
    user,
    users,
)

__all__ = [
    "SessionLine",
    "UserLine",
    "live_session",
    "sessions",
    "user",
    "users",
]
