"""Lists for operators, in pages: users, sessions and the audit trail. This package writes nothing.

``scanning`` says what a page is. ``why`` tells the reason behind an answer.
"""

from .audit_trail import AuditLine
from .event_filter import EventFilter
from .origins import dialects, doors
from .overview import ClientLine, KeyLine, Overview, clients, keys, overview
from .person import Person, person
from .scanning import Page, filled
from .session_search import SessionFilter
from .sessions import SessionLine, live_session, sessions
from .timelines import SPANS, Series, Span, Timeline, timeline
from .users import UserLine, UserState, user, users
from .why import Explanation, why

__all__ = [
    "SPANS",
    "AuditLine",
    "ClientLine",
    "EventFilter",
    "Explanation",
    "KeyLine",
    "Overview",
    "Page",
    "Person",
    "Series",
    "SessionFilter",
    "SessionLine",
    "Span",
    "Timeline",
    "UserLine",
    "UserState",
    "clients",
    "dialects",
    "doors",
    "filled",
    "keys",
    "live_session",
    "overview",
    "person",
    "sessions",
    "timeline",
    "user",
    "users",
    "why",
]
