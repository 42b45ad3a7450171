"""The overview: what a day, a week or a quarter looked like, and how the service stands now."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from flask import Response

from ...core import listings
from ...core.core import Core
from ...core.listings import SPANS, Series, Timeline
from ...core.refusals import Refusal, Refused
from ...core.upkeep.replicas import replicas
from ...http.contract import Call
from ..dialect import PREFIX, Console
from ..forms import asked
from ..operator import SignedIn, of
from ..rendering import shown
from ..words import words

SPAN_WORDS = {"24h": "24 hours", "7d": "7 days", "90d": "90 days"}
POINT_WORDS = {"24h": "hour", "7d": "six hours", "90d": "day"}


class Line(NamedTuple):
    """One line of a plot. One that is ``beside`` has an axis of its own, to the right, with its unit."""

    name: str
    values: list[float | None]
    unit: str
    beside: bool = False


class Plot(NamedTuple):
    """One plot, and the table behind it. ``empty`` says what to do where there is nothing to draw."""

    name: str
    unit: str
    lines: list[Line]
    empty: str


def mount(console: Console) -> None:
    @console.operation(
        "GET",
        PREFIX,
        summary="Overview",
        query=frozenset({"span"}),
        credential=SignedIn(),
        refuses=frozenset({Refusal.NOT_FOUND}),
    )
    def overview(call: Call) -> Response:
        span = asked(call, "span") or "24h"
        if span not in SPANS:
            raise Refused(
                Refusal.NOT_FOUND, f"There is no such span. There are: {', '.join(SPANS)}."
            )
        values = _figures(call.core, span)
        return shown(call, of(call), "overview.html", title="Overview", **values)


def _figures(core: Core, span: str) -> dict[str, Any]:
    timeline = listings.timeline(core, SPANS[span])
    return {
        "span": span,
        "spans": SPAN_WORDS,
        "point": POINT_WORDS[span],
        "timeline": timeline,
        "plots": list(_plots(timeline, core.clock.now())),
        "totals": {
            "Logins": sum(one.total for one in timeline.logins),
            "Refused": sum(one.total for one in timeline.refusals),
            "Sessions ended": sum(one.total for one in timeline.endings),
            "Tokens verified": sum(timeline.verified),
        },
        "state": listings.overview(core),
        "replicas": replicas(core),
    }


def _plots(timeline: Timeline, now: float) -> Iterator[Plot]:
    yield Plot("Logins by API", "logins", _counts(timeline.logins), "Nobody has logged in.")
    yield Plot(
        "Refused logins by reason", "refused", _counts(timeline.refusals), "Nobody was refused."
    )
    yield Plot(
        "Sessions that somebody ended, by reason",
        "sessions",
        _counts(timeline.endings),
        "Nobody has ended a session.",
    )
    rates = Line("Tokens verified a second", _rates(timeline, now), "a second")
    slowest = Line(
        "99 of 100 answered within",
        [None if it is None else it * 1_000 for it in timeline.p99],
        "milliseconds",
        beside=True,
    )
    yield Plot(
        "Verifications",
        "a second",
        [rates, slowest] if any(timeline.verified) else [],
        "No gateway has asked yet. Let one ask /verify.",
    )


def _counts(series: list[Series]) -> list[Line]:
    return [Line(words(one.name), [float(it) for it in one.counts], "") for one in series]


def _rates(timeline: Timeline, now: float) -> list[float | None]:
    """A point's count by its seconds; the last point is not over yet."""
    step = timeline.span.step
    return [
        round(count / max(1, min(step, now - time)), 2)
        for time, count in zip(timeline.times, timeline.verified, strict=True)
    ]
