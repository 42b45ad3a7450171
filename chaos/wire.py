"""A client with one connection. It returns None if there is no answer, and never retries."""

import http.client
import json
from contextlib import suppress
from typing import Any, NamedTuple


class Answer(NamedTuple):
    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Client:
    """``address`` is its own, as a trusted proxy names it (WATCHWORD_TRUSTED_PROXIES=127.0.0.1)."""

    def __init__(self, port: int, timeout: float = 10, address: str | None = None) -> None:
        self.port = port
        self._timeout = timeout
        self._forwarded = {"X-Forwarded-For": address} if address else {}
        self._connection: http.client.HTTPConnection | None = None

    def ask(
        self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None
    ) -> Answer | None:
        lines = {**(headers or {}), **self._forwarded}
        data = None
        if body is not None:
            data = json.dumps(body).encode()
            lines.setdefault("Content-Type", "application/json")
        if self._connection is None:
            self._connection = http.client.HTTPConnection("127.0.0.1", self.port, self._timeout)
        try:
            self._connection.request(method, path, data, lines)
            response = self._connection.getresponse()
            return Answer(response.status, response.headers, response.read())
        except (OSError, http.client.HTTPException):
            self.close()
            return None

    def get(self, path: str, token: str | None = None) -> Answer | None:
        return self.ask("GET", path, headers=bearer(token) if token else None)

    def close(self) -> None:
        if self._connection is not None:
            with suppress(OSError):
                self._connection.close()
        self._connection = None


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}
