"""Sessions: the live ones, and the button that ends them."""

from flask import Response

from ...core import listings
from ...core.refusals import Refusal
from ...http.contract import Call
from ..dialect import PREFIX, Console
from ..forms import asked
from ..operator import SignedIn, of
from ..rendering import shown

ROWS = 40


def mount(console: Console) -> None:
    @console.operation(
        "GET",
        f"{PREFIX}/sessions",
        summary="Sessions",
        query=frozenset({"after"}),
        credential=SignedIn(),
        refuses=frozenset({Refusal.NOT_FOUND}),
    )
    def sessions(call: Call) -> Response:
        found = listings.sessions(call.core, limit=ROWS, after=asked(call, "after") or None)
        return shown(
            call,
            of(call),
            "sessions.html",
            title="Sessions",
            lines=found.lines,
            more=found.next,
        )
