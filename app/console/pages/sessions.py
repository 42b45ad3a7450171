"""Sessions: the live ones, narrowed, the newest first; and the buttons that end them."""

from typing import Any

from flask import Response

from ...core import listings
from ...core.refusals import Refusal
from ...http.contract import Call
from .. import filters
from ..dialect import PREFIX, Console
from ..forms import asked
from ..operator import SignedIn, of
from ..rendering import shown

ROWS = 40
NOBODYS: listings.Page[listings.SessionLine] = listings.Page([], None)


def mount(console: Console) -> None:
    @console.operation(
        "GET",
        f"{PREFIX}/sessions",
        summary="Sessions",
        query=frozenset({*filters.SESSIONS, "after"}),
        credential=SignedIn(),
        refuses=frozenset({Refusal.NOT_FOUND}),
    )
    def sessions(call: Call) -> Response:
        return shown(call, of(call), "sessions.html", title="Sessions", **_sessions(call))


def _sessions(call: Call) -> dict[str, Any]:
    query = filters.chosen(call, filters.SESSIONS)
    which = filters.of_sessions(call.core, query)
    return {
        "found": NOBODYS if query.faults else _page(call, which),
        "chosen": query,
        "dialects": listings.dialects(call.core),
    }


def _page(call: Call, which: listings.SessionFilter) -> listings.Page[listings.SessionLine]:
    after = asked(call, "after") or None
    return listings.sessions(call.core, which, limit=ROWS, after=after, newest_first=True)
