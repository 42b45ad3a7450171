"""``clock``: the time of a world, and turning it."""

from typing import Any

from app.core.refusals import Refused
from app.http.answers import JsonAnswer
from app.http.bodies import JsonBody
from app.http.contract import Call

from .. import due, schemas
from ..clock import Backwards
from ..errors import Plane, PlaneRefusal
from ..schemas import iso
from ..world import World
from ..worlds import PLANE, Worlds
from .here import here


def _shown_clock(world: World) -> dict[str, Any]:
    clock = world.clock
    now = clock.true_now()
    return {"now": now, "iso": iso(now), "frozen": clock.frozen, "rate": clock.rate}


def mount(plane: Plane, _worlds: Worlds) -> None:
    answer = JsonAnswer(schemas.ClockResp())

    @plane.operation("GET", f"{PLANE}/clock", summary="The time of this world", answer=answer)
    def time_of_world(_call: Call) -> dict[str, Any]:
        """As the service sees it."""
        return _shown_clock(here())

    @plane.operation(
        "PUT",
        f"{PLANE}/clock",
        summary="Turn the clock",
        body=JsonBody(schemas.ClockReq()),
        answer=answer,
        refuses=frozenset({PlaneRefusal.CLOCK_BACKWARDS}),
    )
    def turn_clock(call: Call) -> dict[str, Any]:
        """Set it, advance it, stop it, or let it run at a rate. It goes back only with ``rewind``."""
        world, asked = here(), call.body
        try:
            before, after = world.clock.turn(
                now=asked.get("now"),
                advance=asked["advance_seconds"],
                frozen=asked.get("frozen"),
                rate=asked.get("rate"),
                rewind=asked["rewind"],
            )
        except Backwards:
            raise Refused(PlaneRefusal.CLOCK_BACKWARDS) from None
        came_due = due.between(world.core, before, after)
        due.keep_house(world.core)
        return {**_shown_clock(world), "due": came_due}
