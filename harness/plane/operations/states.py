"""``reset`` and ``snapshots``: a world's states."""

from typing import Any

from app.core.refusals import Refused
from app.http.answers import JsonAnswer
from app.http.contract import Call

from .. import schemas
from ..errors import Plane, PlaneRefusal
from ..worlds import PLANE, Worlds
from .here import here


def mount(plane: Plane, _worlds: Worlds) -> None:
    @plane.operation("POST", f"{PLANE}/reset", summary="Back to the seed", status=204)
    def reset(_call: Call) -> None:
        """Database, faults, journal and snapshots; the clock goes on."""
        here().reset()

    @plane.operation(
        "GET",
        f"{PLANE}/snapshots",
        summary="All snapshots",
        answer=JsonAnswer(schemas.NamesResp()),
    )
    def all_snapshots(_call: Call) -> dict[str, Any]:
        """By name."""
        return {"snapshots": sorted(here().snapshots)}

    @plane.operation(
        "POST", f"{PLANE}/snapshots/<name>", summary="Keep the state of this world", status=204
    )
    def keep(_call: Call, name: str) -> None:
        """Clock included. One of the same name is replaced."""
        here().keep(name)

    @plane.operation(
        "PUT",
        f"{PLANE}/snapshots/<name>",
        summary="Restore a state",
        status=204,
        refuses=frozenset({PlaneRefusal.SNAPSHOT_UNKNOWN}),
    )
    def restore(_call: Call, name: str) -> None:
        """The clock shows its time again."""
        try:
            here().restore(name)
        except KeyError:
            raise Refused(PlaneRefusal.SNAPSHOT_UNKNOWN) from None
