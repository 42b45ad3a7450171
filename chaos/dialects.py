"""The four dialects as their clients speak them: log in, refresh, end, and show a token."""

from dataclasses import dataclass
from typing import ClassVar

from .databases import CLIENT, Person
from .wire import Answer, Client, bearer


@dataclass(frozen=True)
class Pair:
    access: str
    refresh: str = ""


class Speaker:
    """A client of one dialect. ``error`` names the members of its error bodies."""

    path: ClassVar[str]
    error: ClassVar[frozenset[str]]
    refreshes: ClassVar[bool] = False
    ends: ClassVar[bool] = True

    def open(self, client: Client, person: Person) -> Answer | None:
        raise NotImplementedError

    def pair(self, answer: Answer) -> Pair:
        raise NotImplementedError

    def refresh(self, client: Client, pair: Pair) -> Answer | None:
        raise NotImplementedError

    def end(self, client: Client, pair: Pair) -> Answer | None:
        raise NotImplementedError

    def shown(self, pair: Pair) -> dict[str, str]:
        return bearer(pair.access)

    def verify(self, client: Client, pair: Pair) -> Answer | None:
        return client.ask("GET", "/verify", headers=self.shown(pair))

    def is_refusal(self, answer: Answer) -> bool:
        """Whether an answer has the shape of this dialect's errors."""
        body = answer.json
        return isinstance(body, dict) and self.error <= set(body)


class Session(Speaker):
    path = "/session"
    error = frozenset({"errorType", "httpStatus", "requestId", "message"})
    refreshes = True
    headers: ClassVar = {"x-koms-clientid": CLIENT, "Content-Type": "application/json"}

    def open(self, client: Client, person: Person) -> Answer | None:
        body = {"account_type": "traditional", "email": person.login, "password": person.password}
        return client.ask("POST", self.path, body, self.headers)

    def pair(self, answer: Answer) -> Pair:
        return Pair(answer.json["access_token"], answer.json["refresh_token"])

    def refresh(self, client: Client, pair: Pair) -> Answer | None:
        headers = self.headers | bearer(pair.access)
        return client.ask("PUT", self.path, {"refresh_token": pair.refresh}, headers)

    def end(self, client: Client, pair: Pair) -> Answer | None:
        return client.ask("DELETE", self.path, headers=self.headers | bearer(pair.access))

    def register(self, client: Client, person: Person) -> Answer | None:
        body = {"email": person.login, "password": person.password}
        return client.ask("POST", "/user", body, self.headers)


class TokenV2(Speaker):
    path = "/api/v2/auth/token"
    error = frozenset({"errorCode", "errorMessage", "content", "pageable"})
    refreshes = True

    def open(self, client: Client, person: Person) -> Answer | None:
        return client.ask(
            "POST", self.path, {"username": person.login, "password": person.password}
        )

    def pair(self, answer: Answer) -> Pair:
        content = answer.json["content"][0]
        return Pair(content["token"], content["refreshToken"])

    def refresh(self, client: Client, pair: Pair) -> Answer | None:
        return client.ask("PUT", self.path, {"refreshToken": pair.refresh})

    def end(self, client: Client, pair: Pair) -> Answer | None:
        return client.ask("DELETE", self.path, headers=bearer(pair.access))


class Aaa(Speaker):
    path = "/api/common/1.0/login"
    error = frozenset({"error_id", "error_text"})

    def open(self, client: Client, person: Person) -> Answer | None:
        return client.ask(
            "POST", self.path, {"username": person.login, "password": person.password}
        )

    def pair(self, answer: Answer) -> Pair:
        return Pair(answer.json["session_id"])

    def end(self, client: Client, pair: Pair) -> Answer | None:
        return client.ask("POST", "/api/common/1.0/logout", headers=self.shown(pair))

    def shown(self, pair: Pair) -> dict[str, str]:
        return {"Cookie": f"SESSID={pair.access}"}


class Login(Speaker):
    path = "/login"
    error = frozenset({"Result"})
    ends = False

    def open(self, client: Client, person: Person) -> Answer | None:
        return client.ask("POST", self.path, {"UserLogin": person.login, "ApiKey": person.api_key})

    def pair(self, answer: Answer) -> Pair:
        return Pair(answer.json["Token"])


SESSION = Session()
SPEAKERS: tuple[Speaker, ...] = (SESSION, TokenV2(), Aaa(), Login())
