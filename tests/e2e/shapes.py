"""The shape of errors for each dialect and door: the media type, and a check of the body."""

import json
from collections.abc import Callable
from typing import Any

from .wire import Answer

SHAPES: dict[str, tuple[str, Callable[[Any], bool]]] = {
    "/api/cascade.aaa/1.0/keepalive": ("application/json", lambda body: "error_id" in body),
    "/api/common/1.0/login": ("application/json", lambda body: "error_id" in body),
    "/api/v2/auth/token": (
        "application/json",
        lambda body: (
            set(body) == {"content", "errorCode", "errorMessage", "pageable"}
            and body["errorCode"].startswith("GEN_")
        ),
    ),
    "/login": ("application/json", lambda body: set(body["Result"]) >= {"Message", "Code"}),
    "/session": (
        "application/json",
        lambda body: set(body) == {"errorType", "httpStatus", "requestId", "message"},
    ),
    "/user": ("application/json", lambda body: "errorType" in body),
    "/oauth2/introspect": (
        "application/json",
        lambda body: set(body) == {"error", "error_description"},
    ),
    "/verify": ("application/problem+json", lambda body: body["type"] == "about:blank"),
    "/nothing": ("application/problem+json", lambda body: body["type"] == "about:blank"),
}


def assert_in_the_shape_of(path: str, answer: Answer) -> None:
    media_type, right = SHAPES[path]
    assert answer.headers["content-type"].partition(";")[0] == media_type
    assert right(json.loads(answer.body)), answer.body
