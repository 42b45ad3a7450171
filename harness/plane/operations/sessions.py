"""``sessions``: which sessions of the world are live."""

from typing import Any

from app.core import listings
from app.core.refusals import Refusal
from app.http.answers import JsonAnswer
from app.http.contract import Call

from .. import schemas
from ..errors import Plane
from ..worlds import PLANE, Worlds
from .here import here

PAGE = 100


def mount(plane: Plane, _worlds: Worlds) -> None:
    @plane.operation(
        "GET",
        f"{PLANE}/sessions",
        summary="Live sessions",
        query=frozenset({"after"}),
        answer=JsonAnswer(schemas.SessionsResp()),
        refuses=frozenset({Refusal.NOT_FOUND}),
    )
    def live_sessions(call: Call) -> dict[str, Any]:
        """Oldest first, 100 at a time: ``after`` is the name of the last session of the page before."""
        core = here().core

        def page(after: str | None, limit: int) -> listings.Page[listings.SessionLine]:
            return listings.sessions(core, limit=limit, after=after)

        found = listings.filled(page, call.query.get("after"), PAGE)
        return {"sessions": [line._asdict() for line in found.lines]}
