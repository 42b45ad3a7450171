"""``tokens``: one in the state asked for, without a login."""

from typing import Any

from app.http.answers import JsonAnswer
from app.http.bodies import JsonBody
from app.http.contract import Call

from .. import schemas, tokens
from ..errors import Plane, PlaneRefusal
from ..world import World
from ..worlds import PLANE, Worlds
from .here import here

SEED = {
    "clients": [{"client_id": tokens.STRANGER, "name": "A client of another deployment"}],
    "users": [
        {
            "username": tokens.STRANGER,
            "email": f"{tokens.STRANGER}@example.com",
            "password": "of-another-deployment",
        }
    ],
}


def mount(plane: Plane, worlds: Worlds) -> None:
    @plane.operation(
        "POST",
        f"{PLANE}/tokens",
        summary="A token without a login",
        status=201,
        body=JsonBody(schemas.TokenReq()),
        answer=JsonAnswer(schemas.TokenResp()),
        refuses=frozenset({PlaneRefusal.USER_UNKNOWN, PlaneRefusal.TOKEN_IMPOSSIBLE}),
    )
    def make_token(call: Call) -> dict[str, Any]:
        """``state`` is live, expired, superseded, reused, ended, user_disabled, password_expired,
        key_retired, forged or foreign. The act that leads to it is done: a disabled user stays so."""
        asked = call.body
        strangers: list[World] = []

        def elsewhere() -> World:
            strangers.append(worlds.create(seed=SEED))
            return strangers[0]

        try:
            made = tokens.make(
                here(),
                elsewhere,
                user=asked["user"],
                dialect=asked["dialect"],
                state=asked["state"],
                client_id=asked.get("client_id"),
            )
        finally:
            for world in strangers:
                worlds.delete(world.name)
        return made._asdict()
