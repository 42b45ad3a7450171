"""``journal``: what was asked and answered."""

from typing import Any

from flask import request

from app.core.refusals import Refused
from app.http.answers import JsonAnswer
from app.http.contract import Call

from .. import schemas
from ..errors import Plane, PlaneRefusal
from ..journal import Journal
from ..worlds import PLANE, Worlds
from .here import here

LONGEST_WAIT_SECONDS = 60.0
QUERY = frozenset({*Journal.FILTERS, "after"})


def _wanted(call: Call) -> tuple[dict[str, str], int]:
    """The filters of a journal query, and the number that it goes on behind."""
    wanted = {name: value for name, value in call.query.items() if name in Journal.FILTERS}
    unknown = set(request.args) - QUERY - {"seconds"}
    if unknown:
        raise Refused(PlaneRefusal.FILTER_UNKNOWN, f"there is no {min(unknown)}")
    return wanted, int(_number(call.query.get("after", "0"), "after"))


def _number(text: str, name: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise Refused(PlaneRefusal.FILTER_UNKNOWN, f"{name} must be a number") from None


def mount(plane: Plane, worlds: Worlds) -> None:
    answer = JsonAnswer(schemas.JournalResp())
    refuses = frozenset({PlaneRefusal.FILTER_UNKNOWN})

    @plane.operation(
        "GET",
        f"{PLANE}/journal",
        summary="What was asked and answered",
        query=QUERY,
        answer=answer,
        refuses=refuses,
    )
    def journal_entries(call: Call) -> dict[str, Any]:
        """The newest 10,000 requests, oldest first, those of the query."""
        wanted, behind = _wanted(call)
        return {"entries": [entry.as_json() for entry in here().journal.find(wanted, behind)]}

    @plane.operation(
        "GET",
        f"{PLANE}/journal/wait",
        summary="Wait for a request",
        query=QUERY | {"seconds"},
        answer=JsonAnswer(schemas.WaitedResp()),
        refuses=refuses,
    )
    def wait_for_entry(call: Call) -> dict[str, Any]:
        """Answers as soon as one matches; with none after ``seconds`` (10, at most 60). If 12 requests of the
        process wait already, or it ends, the answer comes at once: see ``waited_seconds``."""
        wanted, behind = _wanted(call)
        seconds = _number(call.query.get("seconds", "10"), "seconds")
        with worlds.place_to_wait() as free:
            most = min(max(seconds, 0), LONGEST_WAIT_SECONDS) if free else 0
            entries, waited = here().journal.wait(wanted, behind, most)
        return {"entries": [entry.as_json() for entry in entries], "waited_seconds": waited}

    @plane.operation("DELETE", f"{PLANE}/journal", summary="Forget all entries", status=204)
    def forget_journal(_call: Call) -> None:
        """The numbers go on."""
        here().journal.clear()
