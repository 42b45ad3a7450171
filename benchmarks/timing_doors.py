"""The doors that ``benchmarks.timing`` knocks at with a wrong secret."""

import base64
import json
import re
from collections.abc import Callable
from http.client import HTTPConnection
from typing import NamedTuple
from urllib.parse import urlencode

Request = tuple[str, str, dict[str, str], bytes | None]
Asking = Callable[[str], Request]
# A door may look around on its connection first.
Door = Callable[[HTTPConnection], Asking]
CONSOLE = "/console/login"
NOT_LET_IN = b"That is not the name and password of an admin."
_FORM_TOKEN = re.compile(r'name="form" value="([^"]+)"')


class Row(NamedTuple):
    """One comparison: a door, names that exist, and names that do not."""

    name: str
    door: Door
    known: list[str]
    unknown: list[str]


def _aaa_login(name: str) -> Request:
    return _posted("/api/common/1.0/login", {"username": name, "password": "wrong"})


def _aaa_basic(name: str) -> Request:
    credentials = base64.b64encode(f"{name}:wrong".encode()).decode()
    return "GET", "/api/cascade.aaa/1.0/keepalive", {"Authorization": f"Basic {credentials}"}, None


def _token_v2(name: str) -> Request:
    return _posted("/api/v2/auth/token", {"username": name, "password": "wrong"})


def _session(name: str) -> Request:
    fields = {"account_type": "traditional", "email": name, "password": "wrong"}
    return _posted("/session", fields)


def _login(name: str) -> Request:
    return _posted("/login", {"UserLogin": name, "ApiKey": "d3Jvbmctd3Jvbmctd3Jvbg=="})


def _posted(path: str, fields: dict[str, str]) -> Request:
    headers = {"Content-Type": "application/json", "x-koms-clientid": "koms-web"}
    return "POST", path, headers, json.dumps(fields).encode()


def _console(connection: HTTPConnection) -> Asking:
    """With the token and the cookie of a login form."""
    connection.request("GET", CONSOLE)
    response = connection.getresponse()
    [token] = _FORM_TOKEN.findall(response.read().decode())
    headers = {
        "Cookie": response.headers["Set-Cookie"].partition(";")[0],
        "Content-Type": "application/x-www-form-urlencoded",
        "Sec-Fetch-Site": "same-origin",
    }

    def ask(name: str) -> Request:
        form = {"username": name, "password": "wrong", "form": token}
        return "POST", CONSOLE, headers, urlencode(form).encode()

    return ask


def _plain(asking: Asking) -> Door:
    return lambda _connection: asking


DOORS: dict[str, Door] = {
    "AAA login": _plain(_aaa_login),
    "AAA Basic": _plain(_aaa_basic),
    "token v2": _plain(_token_v2),
    "session": _plain(_session),
    "login (API key)": _plain(_login),
    "console": _console,
}
