"""All that an operator sees of one user on one page."""

from typing import NamedTuple

from ..core import Core
from ..credentials import access_codes, api_keys
from ..guard import throttle
from ..identities import get
from . import audit_trail
from .audit_trail import AuditLine
from .event_filter import EventFilter
from .scanning import Page
from .session_search import SessionFilter
from .sessions import SessionLine, sessions
from .users import UserLine, user

# Of each kind of credential, of sessions, and of events; the lists have the rest.
SHOWN = 20


class Person(NamedTuple):
    """A user with what belongs to it. Lists have SHOWN rows at most; of sessions and events the newest first.

    ``paused_until`` is a NumericDate, None if no login name of the user is paused.
    """

    user: UserLine
    paused_until: float | None
    sessions: Page[SessionLine]
    api_keys: list[api_keys.KeyLine]
    access_codes: list[access_codes.CodeLine]
    events: Page[AuditLine]


def person(core: Core, user_id: int, *, shown: int = SHOWN) -> Person:
    """The page of a user. Raises Refused(NOT_FOUND)."""
    identity = get(core, user_id)
    return Person(
        user=user(core, user_id),
        paused_until=throttle.user_paused_until(core, identity.username, identity.email),
        sessions=sessions(core, SessionFilter(user_id=user_id), limit=shown, newest_first=True),
        api_keys=api_keys.listed(core, user_id, limit=shown),
        access_codes=access_codes.listed(core, user_id, limit=shown),
        events=audit_trail.events(core, EventFilter(user_id=user_id), limit=shown),
    )
