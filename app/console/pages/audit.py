"""The audit trail, and the true reason behind a request id."""

from flask import Response

from ...core import listings
from ...core.listings import audit_trail
from ...core.refusals import Refusal
from ...http.contract import Call
from ..dialect import PREFIX, Console
from ..forms import asked
from ..operator import SignedIn, of
from ..rendering import shown

ROWS = 50


def mount(console: Console) -> None:
    @console.operation(
        "GET",
        f"{PREFIX}/audit",
        summary="Audit",
        query=frozenset({"user"}),
        credential=SignedIn(),
        refuses=frozenset({Refusal.NOT_FOUND}),
    )
    def audit(call: Call) -> Response:
        found = audit_trail.events(call.core, limit=ROWS)
        return shown(call, of(call), "audit.html", title="Audit", lines=found.lines)

    @console.operation(
        "GET",
        f"{PREFIX}/audit/why",
        summary="Why",
        query=frozenset({"request"}),
        credential=SignedIn(),
    )
    def why(call: Call) -> Response:
        request = asked(call, "request")
        lines = listings.why(call.core, request).events if request else []
        return shown(call, of(call), "why.html", title="Why?", request=request, lines=lines)
