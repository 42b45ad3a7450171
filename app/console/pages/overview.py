"""The overview: what the last day, week or quarter looked like."""

from flask import Response

from ...http.contract import Call
from ..dialect import PREFIX, Console
from ..operator import SignedIn, of
from ..rendering import shown


def mount(console: Console) -> None:
    @console.operation("GET", PREFIX, summary="Overview", credential=SignedIn())
    def overview(call: Call) -> Response:
        return shown(call, of(call), "overview.html", title="Overview")
