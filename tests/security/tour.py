"""A tour through every feature, that notes each secret it types or is handed."""

import base64
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import quote, urlencode

from app.core import identities
from app.core.core import Core
from app.core.credentials import access_codes, api_keys, clients
from app.core.identities import registration
from app.core.upkeep import key_care
from tests.factories import ORIGIN
from tests.grants import CODES

from .conftest import Answer

Send = Callable[..., Answer]

JSON = {"Content-Type": "application/json"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
CLIENT = {**JSON, "x-koms-clientid": "koms-web"}
AAA = "/api/common/1.0"
V2 = "/api/v2/auth/token"

PASSWORD = "hunter2-correct-horse-battery"
NEW_PASSWORD = "staple-of-an-entirely-new-horse"
WRONG = "a-wrong-password-that-is-nearly-right"


def basic(name: str, secret: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{name}:{secret}".encode()).decode()}


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def wrapped(code: str) -> str:
    return base64.urlsafe_b64encode(b'{"alg":"none"}').decode().rstrip("=") + f".{code}."


class Tour:
    """Uses everything once, well and badly; afterwards ``secrets`` holds all that must not leak."""

    def __init__(self, core: Core, send: Send) -> None:
        self._core = core
        self._send = send
        self.secrets = [PASSWORD, NEW_PASSWORD, WRONG]

    def take(self) -> list[str]:
        """All secrets, in the form in which they travelled and, where that is another, as base64."""
        core = self._core
        self.user_id = registration.register(
            core,
            "Tour.Ist",
            "tour.ist@example.com",
            PASSWORD,
            ORIGIN,
            permissions=frozenset({"npm"}),
        )
        _, self.key = api_keys.issue(core, self.user_id, ORIGIN)
        clients.add(core, "koms-web", "Web", ORIGIN, confidential=False)
        self.client_secret = clients.add(core, "gateway", "Gateway", ORIGIN, confidential=True)
        assert self.client_secret is not None
        self._note(self.key, self.client_secret)
        self._aaa()
        self._token_v2()
        self._login()
        self._session()
        self._doors()
        self._operator()
        return self.secrets

    def _note(self, *secrets: str) -> None:
        self.secrets += secrets

    def _call(
        self, status: int, method: str, path: str, headers: dict[str, str], body: Any = None
    ) -> Any:
        if isinstance(body, dict):
            form = headers.get("Content-Type") == FORM["Content-Type"]
            body = (urlencode(body) if form else json.dumps(body)).encode()
        answer = self._send(method, path, headers, body)
        assert answer.status == status, (method, path, answer)
        try:
            return json.loads(answer.body)
        except ValueError:
            return None

    def _aaa(self) -> None:
        good = {"username": "tour.ist", "password": PASSWORD}
        self._call(401, "POST", f"{AAA}/login", JSON, {**good, "password": WRONG})
        self._call(401, "POST", f"{AAA}/login", JSON, {"username": PASSWORD, "password": WRONG})
        sessid = self._call(200, "POST", f"{AAA}/login", JSON, good)["session_id"]
        cookie = {"Cookie": f"SESSID={sessid}"}
        self._note(sessid)
        for wrong in (PASSWORD, WRONG):
            credentials = basic("tour.ist", wrong)
            self._note(credentials["Authorization"].removeprefix("Basic "))
            status = 204 if wrong == PASSWORD else 401
            self._call(status, "GET", "/api/cascade.aaa/1.0/keepalive", credentials)
        npm = self._call(200, "GET", "/api/cascade.aaa/1.0/npm_token", cookie)["access_token"]
        code = self._call(201, "POST", f"{AAA}/oauth/codes", cookie)["access_code"]
        grant = {"grant_type": "access_code", "assertion": wrapped(code), "state": "a-state"}
        oauth = self._call(200, "POST", f"{AAA}/oauth/token", FORM, grant)["access_token"]
        self._note(npm, code, oauth, wrapped(code))
        bad = {**grant, "assertion": wrapped(code[::-1])}
        self._call(401, "POST", f"{AAA}/oauth/token", FORM, bad)
        self._note(code[::-1])
        for headers in (bearer(npm), bearer(oauth), cookie):
            self._call(204, "GET", "/verify", headers)
        change = {"password": PASSWORD, "new_password": NEW_PASSWORD}
        self._call(204, "PUT", f"{AAA}/password", {**JSON, **cookie}, change)
        self._call(204, "POST", f"{AAA}/logout", cookie)
        self._call(401, "GET", "/verify", cookie)

    def _token_v2(self) -> None:
        login = {"username": "tour.ist", "password": NEW_PASSWORD}
        self._call(401, "POST", V2, JSON, {**login, "password": WRONG})
        pair = self._call(200, "POST", V2, JSON, login)["content"][0]
        new = self._call(200, "PUT", V2, JSON, {"refreshToken": pair["refreshToken"]})["content"][0]
        for each in (pair, new):
            self._note(each["token"], each["refreshToken"], each["token"].split(".")[2])
        self._call(401, "GET", "/verify", bearer(new["refreshToken"]))
        self._call(204, "GET", "/verify", bearer(new["token"]))
        self._call(204, "DELETE", V2, bearer(new["token"]))

    def _login(self) -> None:
        login = {"UserLogin": "tour.ist", "ApiKey": self.key}
        self._call(401, "POST", "/login", JSON, {**login, "ApiKey": self.client_secret})
        token = self._call(200, "POST", "/login", JSON, login)["Token"]
        self._note(token)
        self._call(204, "GET", f"/verify?Token={token}", {})
        original = {"X-Original-URI": f"/site?Token={quote(token)}"}
        self._call(204, "GET", "/verify", original)
        self._call(404, "GET", f"/nowhere?Token={token}", {})

    def _session(self) -> None:
        email = "another.tourist@example.com"
        self._call(201, "POST", "/user", CLIENT, {"email": email, "password": NEW_PASSWORD})
        self._call(409, "POST", "/user", CLIENT, {"email": email, "password": NEW_PASSWORD})
        login = {"account_type": "traditional", "email": email, "password": NEW_PASSWORD}
        self._call(401, "POST", "/session", CLIENT, {**login, "password": WRONG})
        pair = self._call(200, "POST", "/session", CLIENT, login)
        access = {**CLIENT, **bearer(pair["access_token"])}
        self._call(200, "GET", "/user", access)
        refresh = {"refresh_token": pair["refresh_token"]}
        new = self._call(200, "PUT", "/session", access, refresh)
        for each in (pair, new):
            self._note(each["access_token"], each["refresh_token"])
        self._call(204, "DELETE", "/session", {**CLIENT, **bearer(new["access_token"])})

    def _doors(self) -> None:
        token = self._call(
            200, "POST", "/login", JSON, {"UserLogin": "tour.ist", "ApiKey": self.key}
        )["Token"]
        self._note(token, basic("gateway", self.client_secret)["Authorization"][6:])
        form = {"token": token}
        proven = {**FORM, **basic("gateway", self.client_secret)}
        in_form = {**form, "client_id": "gateway", "client_secret": self.client_secret}
        self._call(200, "POST", "/oauth2/introspect", proven, form)
        self._call(200, "POST", "/oauth2/introspect", FORM, in_form)
        self._call(401, "POST", "/oauth2/revoke", {**FORM, **basic("gateway", WRONG)}, form)
        self._call(401, "POST", "/oauth2/revoke", {**FORM, **basic(PASSWORD, WRONG)}, form)
        self._call(200, "POST", "/oauth2/revoke", proven, form)

    def _operator(self) -> None:
        core = self._core
        code = access_codes.issue(core, CODES, self.user_id, ORIGIN)
        access_codes.revoke(core, code.id, ORIGIN)
        key_id, key = api_keys.issue(core, self.user_id, ORIGIN)
        api_keys.revoke(core, key_id, ORIGIN)
        self._note(code.code, key, clients.rotate_secret(core, "gateway", ORIGIN))
        clients.set_disabled(core, "koms-web", True, ORIGIN)
        identities.set_password(core, self.user_id, PASSWORD, ORIGIN)
        identities.expire_password(core, self.user_id, ORIGIN)
        user = identities.get(core, self.user_id)
        identities.set_roles(core, user.id, frozenset({"auditor"}), ORIGIN)
        identities.disable(core, user.id, ORIGIN)
        identities.enable(core, user.id, ORIGIN)
        identities.unlock(core, user, ORIGIN)
        identities.end_sessions(core, user.id, ORIGIN)
        for use in ("seal", "jwt", "pepper"):
            key_care.rotate(core, use, ORIGIN)
