"""The requests of each variant, as its clients would send them."""

import base64
import json
from xml.sax.saxutils import escape

from .data import Database
from .filling import CLIENT, PASSWORD
from .load import Load, http

JSON = {"Content-Type": "application/json"}
CLIENT_HEADERS = {**JSON, "x-koms-clientid": CLIENT}
KEEPALIVE = "/api/cascade.aaa/1.0/keepalive"


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def _broken(token: str) -> str:
    """The token with another first character of the same alphabet."""
    return ("b" if token[0] != "b" else "c") + token[1:]


def verify(database: Database, kind: str) -> Load:
    """``GET /verify`` with random live tokens of a kind."""

    def request(token: str) -> str:
        headers = {"Cookie": f"SESSID={token}"} if kind == "sessid" else bearer(token)
        return http("GET", "/verify", headers)

    tokens = database.noted(kind)
    return Load.of(map(request, tokens), status=204, wrong=request(_broken(tokens[0])))


def bare(database: Database) -> Load:
    """The same requests for a server that ignores their content."""
    tokens = database.noted("session")
    return Load.of((http("GET", "/verify", bearer(token)) for token in tokens), status=200)


def session_info(database: Database) -> Load:
    """``GET /session`` with random access tokens."""

    def request(token: str) -> str:
        return http("GET", "/session", {**CLIENT_HEADERS, **bearer(token)})

    tokens = database.noted("session")
    return Load.of(map(request, tokens), status=200, wrong=request(_broken(tokens[0])))


def keepalive(database: Database) -> Load:
    """Keepalive with random OAuth tokens as Bearer."""
    tokens = database.noted("oauth")
    requests = (http("GET", KEEPALIVE, bearer(token)) for token in tokens)
    wrong = http("GET", KEEPALIVE, bearer(_broken(tokens[0])))
    return Load.of(requests, status=204, wrong=wrong)


def keepalive_basic() -> Load:
    """Keepalive with the same Basic credentials again and again."""

    def request(password: str) -> str:
        pair = base64.b64encode(f"user1@example.com:{password}".encode()).decode()
        return http("GET", KEEPALIVE, {"Authorization": f"Basic {pair}"})

    return Load.of([request(PASSWORD)], status=204, wrong=request(PASSWORD + "!"))


def api_key_login(database: Database, media_type: str) -> Load:
    """``POST /login`` with random users' API keys, in JSON or XML."""

    def request(login: str, key: str) -> str:
        if media_type == "application/json":
            body = json.dumps({"Result": None, "UserLogin": login, "ApiKey": key})
        else:
            body = (
                f"<Request> <UserLogin>{escape(login)}</UserLogin> "
                f"<ApiKey>{escape(key)}</ApiKey> </Request>"
            )
        return http("POST", "/login", {"Content-Type": media_type, "Accept": media_type}, body)

    pairs = [line.split("\t") for line in database.noted("apikeys")]
    wrong = request(pairs[0][0], pairs[1][1])
    return Load.of((request(*pair) for pair in pairs), status=200, wrong=wrong)


def password_login(database: Database, *, keep_alive: bool = True) -> Load:
    """``POST /session`` with the password of random users."""
    headers = CLIENT_HEADERS if keep_alive else {**CLIENT_HEADERS, "Connection": "close"}

    def request(login: str, password: str = PASSWORD) -> str:
        body = {"account_type": "traditional", "email": login, "password": password}
        return http("POST", "/session", headers, json.dumps(body))

    logins = [line.split("\t")[0] for line in database.noted("apikeys")]
    wrong = request(logins[0], PASSWORD + "!")
    return Load.of(map(request, logins), status=200, wrong=wrong)


def rotation(database: Database) -> Load:
    """``PUT /session``, each session once."""

    def request(access: str, refresh: str) -> str:
        body = json.dumps({"refresh_token": refresh})
        return http("PUT", "/session", {**CLIENT_HEADERS, **bearer(access)}, body)

    pairs = list(zip(database.noted("session"), database.noted("session-refresh"), strict=True))
    wrong = request(pairs[0][0], _broken(pairs[0][1]))
    requests = (request(*pair) for pair in pairs)
    return Load.of(requests, status=200, wrong=wrong, each_once=True)


def peer_validation(tokens: list[str], header: str) -> Load:
    """A peer's validation; ``header`` as ``Name: prefix {}``."""

    def request(token: str) -> str:
        name, _, text = header.format(token).partition(": ")
        return http("GET", "/verify", {name: text, "Accept": "application/json"})

    return Load.of(map(request, tokens), status=200, wrong=request(_broken(tokens[0])))
