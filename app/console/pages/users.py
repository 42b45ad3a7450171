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
from .. import filters
from ..dialect import PREFIX, Console
from ..forms import asked
from ..operator import SignedIn, of
from ..rendering import shown

ROWS = 40
SHOWN = 20
# More than anybody has.
CREDENTIALS = 1_000


def mount(console: Console) -> None:
    @console.operation(
        "GET",
        f"{PREFIX}/users",
        summary="Users",
        query=frozenset({*filters.USERS, "after"}),
        credential=SignedIn(),
        refuses=frozenset({Refusal.NOT_FOUND}),
    )
    def users(call: Call) -> Response:
        query = filters.chosen(call, filters.USERS)
        found = listings.users(
            call.core,
            limit=ROWS,
            after=asked(call, "after") or None,
            search=query.texts["q"],
            states=filters.of_users(query),
        )
        return shown(call, of(call), "users.html", title="Users", found=found, chosen=query)

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
    return {
        "user": listings.user(core, user.id),
        "until": throttle.user_paused_until(core, user.username, user.email),
        "sessions": listings.sessions(
            core, SessionFilter(user_id=user.id), limit=SHOWN, newest_first=True
        ),
        "keys": api_keys.listed(core, user.id, limit=CREDENTIALS, live=True),
        "codes": access_codes.listed(core, user.id, limit=CREDENTIALS, live=True),
        "events": audit_trail.events(core, EventFilter(user_id=user.id), limit=SHOWN).lines,
    }
