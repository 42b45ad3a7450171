"""What a list is narrowed to: the query becomes a filter of the core, or a sentence on what is wrong."""

import datetime
import ipaddress
from collections.abc import Callable
from typing import NamedTuple, TypeVar

from ..core import identities, listings
from ..core.audit import Event
from ..core.core import Core
from ..core.listings import EventFilter, SessionFilter, UserState
from ..http.contract import Call
from .forms import asked

USERS = ("q", *UserState)
SESSIONS = ("user", "dialect", "client", "address", "every")
EVENTS = ("event", "user", "address", "dialect", "since", "until")


Value = TypeVar("Value")


class Fault(ValueError):
    """Why a text is no filter, as a sentence."""


class Chosen(NamedTuple):
    """The texts of a query, by name, and the faults of those that mean nothing."""

    texts: dict[str, str]
    faults: list[str]

    def read(self, name: str, parse: Callable[[str], Value]) -> Value | None:
        """The value of a text; None without one, and for one that is noted as a fault."""
        if not self.texts[name]:
            return None
        try:
            return parse(self.texts[name])
        except Fault as fault:
            self.faults.append(str(fault))
            return None


def chosen(call: Call, names: tuple[str, ...]) -> Chosen:
    return Chosen({name: asked(call, name) for name in names}, [])


def of_users(query: Chosen) -> list[UserState]:
    return [state for state in UserState if query.texts[state]]


def of_sessions(core: Core, query: Chosen) -> SessionFilter:
    return SessionFilter(
        user_id=query.read("user", lambda text: _user(core, text)),
        dialect=query.read("dialect", lambda text: _one_of(text, listings.dialects(core))),
        client_id=query.texts["client"] or None,
        address=query.read("address", _address),
        every=bool(query.texts["every"]),
    )


def of_events(core: Core, query: Chosen) -> EventFilter:
    return EventFilter(
        event=query.read("event", lambda text: Event(_one_of(text, list(Event)))),
        user_id=query.read("user", lambda text: _user(core, text)),
        address=query.read("address", _address),
        dialect=query.read("dialect", lambda text: _one_of(text, listings.doors(core))),
        since=query.read("since", _moment),
        until=query.read("until", _moment),
    )


def _user(core: Core, text: str) -> int:
    user = identities.find(core, text)
    if user is None:
        raise Fault("There is no user with this name or e-mail address.")
    return user.id


def _address(text: str) -> str:
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        raise Fault("The address is no IP address, such as 192.0.2.7 or 2001:db8::7.") from None


def _one_of(text: str, known: list[str]) -> str:
    if text not in known:
        raise Fault(f"There is no such choice. There are: {', '.join(known)}.")
    return text


def _moment(text: str) -> float:
    try:
        found = datetime.datetime.fromisoformat(text)
    except ValueError:
        raise Fault("A time is written as 2026-01-31T12:00, in UTC.") from None
    return (found if found.tzinfo else found.replace(tzinfo=datetime.UTC)).timestamp()
