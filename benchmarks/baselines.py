"""The baselines, which do no work: bare WSGI, and a bare Flask JSON route."""

from collections.abc import Callable, Iterable
from typing import Any

from flask import Flask

ANSWER = b'{"active":true,"user":"user1@example.com","uid":1}'


def bare_wsgi(_environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    start_response(
        "200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(ANSWER)))]
    )
    return [ANSWER]


bare_flask = Flask(__name__, static_folder=None)


@bare_flask.get("/verify")
def verify() -> dict[str, object]:
    return {"active": True, "user": "user1@example.com", "uid": 1}
