"""Lists for operators, in pages: users, sessions and the audit trail. This package writes nothing."""

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
