"""A client of the session API: it logs in by itself, and refreshes an expired token once."""

from typing import Any

import requests

CLIENT_ID = "koms-web"
SECONDS = 5


class Client:
    """One user. ``fetch`` may be called at any time."""

    def __init__(self, url: str, email: str, password: str) -> None:
        self._url = url
        self._login = {"account_type": "traditional", "email": email, "password": password}
        self._tokens: dict[str, Any] = {}

    def fetch(self) -> dict[str, Any]:
        """Who the user is. Raises requests.HTTPError where a login or a refresh is refused."""
        if not self._tokens:
            self._tokens = self._ask("POST", "/session", self._login).json()
        answer = self._ask("GET", "/user")
        if answer.status_code == 401:
            self._refresh()
            answer = self._ask("GET", "/user")
        answer.raise_for_status()
        return answer.json()

    def _refresh(self) -> None:
        asked = {"refresh_token": self._tokens["refresh_token"]}
        try:
            answer = self._ask("PUT", "/session", asked)
        except requests.ConnectionError:
            # The answer was lost. The service gives the same new tokens to one that asks again at once.
            answer = self._ask("PUT", "/session", asked)
        answer.raise_for_status()
        self._tokens = answer.json()

    def _ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> requests.Response:
        headers = {"x-koms-clientid": CLIENT_ID, "Content-Type": "application/json"}
        if self._tokens:
            headers["Authorization"] = f"Bearer {self._tokens['access_token']}"
        return requests.request(
            method, self._url + path, json=body, headers=headers, timeout=SECONDS
        )
