"""One request to the control plane of a harness, with the standard library alone."""

import http.client
import json
from typing import Any
from urllib.parse import urlsplit

Json = dict[str, Any]


class ControlError(Exception):
    """The control plane refused. ``status`` is HTTP's, ``problem`` the problem details (RFC 9457)."""

    def __init__(self, status: int, problem: Json) -> None:
        places = "; ".join(f"{at['place']} {at['text']}" for at in problem.get("faults", ()))
        title = problem.get("title", "refused")
        super().__init__(f"{status}: {title}{': ' + places if places else ''}")
        self.status = status
        self.problem = problem


def ask(control: str, method: str, path: str, body: Any = None, *, timeout: float = 90) -> Json:
    """What it answers. ``control`` is the URL of the plane; ``path`` begins with a slash.

    Raises ControlError, and OSError or HTTPException if there is no answer.
    """
    target = urlsplit(f"{control}{path}")
    assert target.hostname is not None, "the control plane's URL names a host"
    connection = http.client.HTTPConnection(target.hostname, target.port, timeout=timeout)
    try:
        headers = {} if body is None else {"Content-Type": "application/json"}
        whole = f"{target.path}?{target.query}" if target.query else target.path
        data = None if body is None else json.dumps(body)
        connection.request(method, whole, data, headers)
        response = connection.getresponse()
        raw = response.read()
    finally:
        connection.close()
    answer: Json = json.loads(raw) if raw else {}
    if response.status >= 400:
        raise ControlError(response.status, answer)
    return answer
