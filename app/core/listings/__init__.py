"""Lists for operators, in pages: users, sessions and the audit trail. This package writes nothing.

``scanning`` says what a page is. ``why`` tells the reason behind an answer.
"""

from .audit_trail import AuditLine, EventFilter
from .person import Person, person
from .scanning import Page, filled
from .session_search import SessionFilter
from .sessions import SessionLine, live_session, sessions
from .users import UserLine, UserState, user, users
from .why import Explanation, why

__all__ = [
    "AuditLine",
    "EventFilter",
    "Explanation",
    "Page",
    "Person",
    "SessionFilter",
    "SessionLine",
    "UserLine",
    "UserState",
    "filled",
    "live_session",
    "person",
    "sessions",
    "user",
    "users",
    "why",
]
