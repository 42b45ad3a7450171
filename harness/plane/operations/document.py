"""``openapi.json``: the contract of the control plane."""

import json
from functools import cache

from app.http.answers import RawAnswer, Reply
from app.http.contract import Call

from ..errors import Plane
from ..worlds import PLANE, Worlds


def mount(plane: Plane, _worlds: Worlds) -> None:
    @cache
    def document() -> bytes:
        from app.http import openapi

        return json.dumps(openapi.document([plane]), separators=(",", ":")).encode()

    @plane.operation(
        "GET",
        f"{PLANE}/openapi.json",
        summary="This document",
        answer=RawAnswer("application/json"),
    )
    def openapi_json(_call: Call) -> Reply:
        """OpenAPI 3.1 of the control plane, made from what validates its requests."""
        return Reply(document())
