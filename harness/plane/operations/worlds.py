"""``worlds``: make one, list them, throw one away."""

from typing import Any

from app.core.refusals import Refused
from app.http.answers import JsonAnswer
from app.http.bodies import JsonBody
from app.http.contract import Call

from .. import schemas
from ..clock import VirtualClock
from ..errors import Plane, PlaneRefusal
from ..seeds import BadSeed
from ..sockets import Taken
from ..world import World
from ..worlds import DEFAULT, PLANE, Worlds
from .here import seed_refused


def mount(plane: Plane, worlds: Worlds) -> None:
    def shown(world: World) -> dict[str, str]:
        return {
            "name": world.name,
            "url": worlds.url_of(world),
            "control": worlds.control_of(world),
        }

    @plane.operation(
        "POST",
        f"{PLANE}/worlds",
        summary="Make a world",
        status=201,
        body=JsonBody(schemas.WorldReq(), required=False),
        answer=JsonAnswer(schemas.WorldResp()),
        refuses=frozenset({PlaneRefusal.WORLD_TAKEN, PlaneRefusal.SEED_INVALID}),
    )
    def make_world(call: Call) -> dict[str, str]:
        """A database, a clock, faults and a journal of its own. ``port`` 0 gives it any free port."""
        asked = call.body
        clock = VirtualClock(
            asked.get("now"), frozen=asked.get("frozen", False), rate=asked.get("rate", 1.0)
        )
        try:
            world = worlds.create(
                asked.get("name"), seed=asked.get("seed"), clock=clock, port=asked.get("port")
            )
        except Taken as taken:
            raise Refused(PlaneRefusal.WORLD_TAKEN, str(taken)) from None
        except BadSeed as bad:
            raise seed_refused(bad) from None
        return shown(world)

    @plane.operation(
        "GET",
        f"{PLANE}/worlds",
        summary="All worlds",
        answer=JsonAnswer(schemas.WorldsResp()),
    )
    def all_worlds(_call: Call) -> dict[str, Any]:
        """The default world is the first."""
        return {"worlds": [shown(world) for world in worlds.all()]}

    @plane.operation(
        "DELETE",
        f"{PLANE}/worlds/<name>",
        summary="Throw a world away",
        status=204,
        refuses=frozenset({PlaneRefusal.WORLD_UNKNOWN, PlaneRefusal.WORLD_STAYS}),
    )
    def delete_world(_call: Call, name: str) -> None:
        """Its database goes with it."""
        if name == DEFAULT:
            raise Refused(PlaneRefusal.WORLD_STAYS)
        if not worlds.delete(name):
            raise Refused(PlaneRefusal.WORLD_UNKNOWN)
