"""Client applications, public and confidential."""

from flask import Response

from ...core import listings
from ...http.contract import Call
from ..dialect import PREFIX, Console
from ..forms import asked
from ..operator import SignedIn, of
from ..rendering import shown

ROWS = 40


def mount(console: Console) -> None:
    @console.operation(
        "GET",
        f"{PREFIX}/clients",
        summary="Clients",
        query=frozenset({"after"}),
        credential=SignedIn(),
    )
    def clients(call: Call) -> Response:
        found = listings.clients(call.core, limit=ROWS, after=asked(call, "after"))
        return shown(call, of(call), "clients.html", title="Clients", found=found)
