"""``identities`` and ``actions``: who there is, and the operator's acts."""

from typing import Any

from app.core.refusals import Refusal
from app.http.answers import JsonAnswer
from app.http.bodies import JsonBody
from app.http.contract import Call

from .. import actions, schemas, seeds
from ..errors import Plane, PlaneRefusal
from ..seeds import BadSeed
from ..worlds import PLANE, Worlds
from .here import here, seed_refused


def mount(plane: Plane, _worlds: Worlds) -> None:
    answer = JsonAnswer(schemas.SeedDocument())

    @plane.operation(
        "POST",
        f"{PLANE}/identities",
        summary="Add identities",
        status=201,
        body=JsonBody(schemas.AnyObject()),
        answer=answer,
        refuses=frozenset({PlaneRefusal.SEED_INVALID}),
    )
    def add_identities(call: Call) -> dict[str, Any]:
        """A seed document: customers, clients, users. It is refused as a whole."""
        world = here()
        try:
            world.seeded = seeds.sow(world.core, call.body, world.seeded)
        except BadSeed as bad:
            raise seed_refused(bad) from None
        return world.seeded.as_json()

    @plane.operation("GET", f"{PLANE}/identities", summary="Who there is", answer=answer)
    def all_identities(_call: Call) -> dict[str, Any]:
        """With the passwords in clear: it is a harness."""
        return here().seeded.as_json()

    @plane.operation(
        "POST",
        f"{PLANE}/actions",
        summary="An operator's act",
        body=JsonBody(schemas.AnyObject()),
        answer=JsonAnswer(schemas.DoneResp()),
        refuses=frozenset(
            {
                PlaneRefusal.ACTION_INVALID,
                PlaneRefusal.USER_UNKNOWN,
                Refusal.NOT_FOUND,
                Refusal.PASSWORD_UNACCEPTABLE,
                Refusal.BUSY,
            }
        ),
    )
    def act(call: Call) -> dict[str, Any]:
        """One of them: ``{"disable_user": "komi"}``, ``{"rotate_keys": "seal"}`` …"""
        return {"done": actions.act(here().core, call.body)}
