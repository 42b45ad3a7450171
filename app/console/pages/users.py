"""Users: search as you type, and one user with sessions, credentials and last events."""

from typing import Any

from flask import Response

from ...core import identities, listings
from ...core.core import Core
from ...core.credentials import access_codes, api_keys
from ...core.guard import throttle
from ...core.identities import Identity
from ...core.listings import EventFilter, SessionFilter, audit_trail
from ...core.refusals import Refusal
from ...http.contract import Call
from ..dialect import PREFIX, Console
from ..forms import asked
from ..operator import SignedIn, of
from ..rendering import shown

ROWS = 40
SHOWN = 200
EVENTS = 20


def mount(console: Console) -> None:
    @console.operation(
        "GET",
        f"{PREFIX}/users",
        summary="Users",
        query=frozenset({"q", "after"}),
        credential=SignedIn(),
        refuses=frozenset({Refusal.NOT_FOUND}),
    )
    def users(call: Call) -> Response:
        found = listings.users(
            call.core, limit=ROWS, after=asked(call, "after") or None, search=asked(call, "q")
        )
        return shown(
            call,
            of(call),
            "users.html",
            title="Users",
            lines=found.lines,
            more=found.next,
            q=asked(call, "q"),
        )

    @console.operation(
        "GET",
        f"{PREFIX}/users/<uid:uid>",
        summary="A user",
        credential=SignedIn(),
        refuses=frozenset({Refusal.NOT_FOUND}),
    )
    def user(call: Call, uid: int) -> Response:
        found = identities.get(call.core, uid)
        return shown(
            call, of(call), "user.html", title=found.username, **_everything(call.core, found)
        )


def _everything(core: Core, user: Identity) -> dict[str, Any]:
    """What ``flask users show`` tells, and the last events."""
    names = (user.username, user.email)
    return {
        "user": listings.user(core, user.id),
        "pauses": [until for name in names if (until := throttle.paused_until(core, name))],
        "sessions": listings.sessions(core, SessionFilter(user_id=user.id), limit=SHOWN).lines,
        "keys": api_keys.listed(core, user.id, limit=SHOWN, live=True),
        "codes": access_codes.listed(core, user.id, limit=SHOWN, live=True),
        "events": audit_trail.events(core, EventFilter(user_id=user.id), limit=EVENTS).lines,
    }
