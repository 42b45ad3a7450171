"""The world that a request of the control plane is about."""

from flask import request

from app.core.refusals import Refused

from ..errors import PlaneRefusal
from ..seeds import BadSeed
from ..world import World
from ..worlds import WORLD


def here() -> World:
    """The world of the current request. Raises Refused(WORLD_UNKNOWN)."""
    world: World | None = request.environ[WORLD]
    if world is None:
        raise Refused(PlaneRefusal.WORLD_UNKNOWN)
    return world


def seed_refused(bad: BadSeed) -> Refused:
    refused = Refused(PlaneRefusal.SEED_INVALID)
    refused.faults = {"": bad.faults}
    return refused
