"""The audit trail with filters, its live tail and its export, and the true reason behind a request id."""

from collections.abc import Mapping
from typing import Any

from flask import Response

from ...core import listings
from ...core.audit import Event
from ...core.listings import EventFilter, audit_export, audit_trail
from ...core.refusals import Refusal, Refused
from ...http.contract import Call
from .. import filters
from ..dialect import PREFIX, Console
from ..forms import asked
from ..operator import SignedIn, of
from ..rendering import shown

ROWS = 50
NOTHING: listings.Page[listings.AuditLine] = listings.Page([], None)
NO_EXPLANATION = listings.Explanation([], [])
FORMATS = {
    "csv": ("text/csv; charset=utf-8", audit_export.csv_lines),
    "jsonl": ("application/jsonl", audit_export.json_lines),
}


def mount(console: Console) -> None:
    gone = frozenset({Refusal.NOT_FOUND})
    query = frozenset(filters.EVENTS)

    @console.operation(
        "GET",
        f"{PREFIX}/audit",
        summary="Audit",
        query=query | {"before", "live"},
        credential=SignedIn(),
        refuses=gone,
    )
    def audit(call: Call) -> Response:
        return shown(call, of(call), "audit.html", title="Audit", **_events(call))

    @console.operation(
        "GET",
        f"{PREFIX}/audit/tail",
        summary="The newest events, asked for again and again",
        query=query | {"live"},
        # Nobody uses a session by leaving a page open.
        credential=SignedIn(keeps_alive=False),
        refuses=gone,
    )
    def tail(call: Call) -> Response:
        return shown(call, of(call), "tail.html", title="Audit", **_events(call))

    @console.operation(
        "GET",
        f"{PREFIX}/audit/export",
        summary="The events as a file",
        query=query | {"format"},
        credential=SignedIn(),
        refuses=gone,
    )
    def export(call: Call) -> Response:
        form = asked(call, "format") or "jsonl"
        if form not in FORMATS:
            raise Refused(
                Refusal.NOT_FOUND, f"There is no such format. There are: {', '.join(FORMATS)}."
            )
        media_type, write = FORMATS[form]
        text = write(audit_trail.export(call.core, _filter(call)))
        name = {"Content-Disposition": f'attachment; filename="audit.{form}"'}
        return Response(text, headers=name, content_type=media_type)

    @console.operation(
        "GET",
        f"{PREFIX}/audit/why",
        summary="Why",
        query=frozenset({"request"}),
        credential=SignedIn(),
    )
    def why(call: Call) -> Response:
        request = asked(call, "request")
        found = listings.why(call.core, request) if request else NO_EXPLANATION
        return shown(call, of(call), "why.html", title="Why?", request=request, found=found)


def _events(call: Call) -> Mapping[str, Any]:
    """What the page and its tail show."""
    query = filters.chosen(call, filters.EVENTS)
    which = filters.of_events(call.core, query)
    return {
        "found": NOTHING if query.faults else _page(call, which),
        "chosen": query,
        "live": "live" in call.query,
        "before": asked(call, "before"),
        "events": list(Event),
        "dialects": listings.doors(call.core),
    }


def _page(call: Call, which: EventFilter) -> listings.Page[listings.AuditLine]:
    text = asked(call, "before")
    if text and not (text.isascii() and text.isdigit() and len(text) < 19):
        raise Refused(Refusal.NOT_FOUND, "There is no such event: begin the list anew.")
    return audit_trail.events(call.core, which, limit=ROWS, before=int(text) if text else None)


def _filter(call: Call) -> EventFilter:
    """What is exported. Raises Refused(NOT_FOUND) for a filter that means nothing."""
    query = filters.chosen(call, filters.EVENTS)
    which = filters.of_events(call.core, query)
    if query.faults:
        raise Refused(Refusal.NOT_FOUND, " ".join(query.faults))
    return which
