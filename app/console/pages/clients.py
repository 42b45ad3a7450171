"""Client applications, public and confidential."""

from flask import Response

from ...core.credentials import clients as core_clients
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
        found = core_clients.listed(call.core, limit=ROWS + 1, after=asked(call, "after"))
        return shown(
            call,
            of(call),
            "clients.html",
            title="Clients",
            lines=found[:ROWS],
            more=found[ROWS - 1].client_id if len(found) > ROWS else None,
        )
