"""The surroundings of a gateway under test: a protected site behind it, and clients before it."""

import base64
import hashlib
import http.server
import json
import re
import socket
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPResponse
from typing import Any, NamedTuple

from app.core import identities, sessions
from app.core.core import Core
from tests import grants
from tests.factories import CLIENT, ORIGIN, Identities

Named = list[list[str]]
# The headers of a client that pretends to be another user.
FORGED = {
    "X-Auth-User": "admin",
    "x-auth-user-id": "00000000-0000-0000-0000-000000000000",
    "X-AUTH-DIALECT": "cli",
    "X-Auth-Session": "0" * 16,
}


# RFC 6455, section 1.3
WEBSOCKET = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
HELLO = b"hello"


class Site(http.server.BaseHTTPRequestHandler):
    """The protected site: it answers with the user that the gateway names, and what it received."""

    protocol_version = "HTTP/1.1"

    def answer(self) -> None:
        size = int(self.headers.get("Content-Length", 0))
        asked = self.headers.get("Upgrade", "").lower() == "websocket"
        upgrading = asked and "Sec-WebSocket-Key" in self.headers
        if upgrading:
            self._upgrade()
            size = len(HELLO)
        answer = {
            "line": self.requestline,
            "path": self.path,
            "who": [pair for pair in self.headers.items() if _names_somebody(pair[0])],
            "upgrade": ",".join(self.headers.get_all("Upgrade", [])),
            "connection": self.headers.get("Connection", ""),
            "received": len(self.rfile.read(size)),
        }
        body = json.dumps(answer).encode() + b"\n"
        if not upgrading:
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
        self.wfile.write(body)

    def _upgrade(self) -> None:
        """Agree (RFC 6455, section 4.2.2). What follows is bare text, which no gateway looks into."""
        key = self.headers["Sec-WebSocket-Key"].encode()
        accepted = base64.b64encode(hashlib.sha1(key + WEBSOCKET).digest()).decode()
        self.send_response(101)
        for name, text in (("Upgrade", "websocket"), ("Connection", "Upgrade")):
            self.send_header(name, text)
        self.send_header("Sec-WebSocket-Accept", accepted)
        self.end_headers()
        self.close_connection = True

    do_GET = do_POST = do_PUT = do_DELETE = do_PROPFIND = answer  # noqa: N815
    do_CONNECT = do_OPTIONS = do_TRACE = do_PRI = answer  # noqa: N815

    def log_message(self, *_arguments: object) -> None:
        """Nothing on the test's output."""


def _names_somebody(name: str) -> bool:
    """As lighttpd reads names; others read fewer characters as a dash."""
    return re.sub("[^a-z0-9]", "-", name.lower()).startswith("x-auth-")


class Server(http.server.ThreadingHTTPServer):
    def handle_error(self, *_arguments: object) -> None:
        """A gateway may close the connection: no fault of the site."""


@contextmanager
def protected_site() -> Iterator[int]:
    """Its port."""
    site = Server(("127.0.0.1", 0), Site)
    threading.Thread(target=site.serve_forever, daemon=True).start()
    yield site.server_port
    site.shutdown()
    site.server_close()


class Answer(NamedTuple):
    status: int
    headers: dict[str, str]
    text: str

    @property
    def json(self) -> Any:
        return json.loads(self.text)

    def header(self, name: str) -> str:
        """By its name in any spelling; empty if there is none."""
        return {known.lower(): text for known, text in self.headers.items()}.get(name.lower(), "")

    @property
    def who(self) -> Named:
        """The X-Auth headers that reached the site, by name.

        Whether percent signs are followed by small letters does not count (RFC 3986, section 2.1).
        """
        return sorted(
            [name.lower(), re.sub("%[0-9a-f]{2}", lambda it: it[0].upper(), text)]
            for name, text in self.json["who"]
        )


def ask(
    port: int,
    path: str = "/",
    headers: dict[str, str] | None = None,
    *,
    method: str = "GET",
    **more: Any,
) -> Answer:
    connection = HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request(method, path, headers=headers or {}, **more)
    response = connection.getresponse()
    answer = Answer(response.status, dict(response.headers), response.read().decode())
    connection.close()
    return answer


def spoken(port: int, line: str, headers: dict[str, str]) -> Answer:
    """The answer to a request with this first line, whatever that is."""
    asked = {"Host": "127.0.0.1", "Connection": "close"} | headers
    lines = [line, *(f"{name}: {text}" for name, text in asked.items()), "", ""]
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall("\r\n".join(lines).encode())
        response = HTTPResponse(connection, method="GET")
        response.begin()
        answer = Answer(response.status, dict(response.headers), response.read().decode())
        response.close()
    return answer


def upgraded(port: int, path: str, headers: dict[str, str]) -> Answer:
    """Open a WebSocket and say hello; the answer's text is what the site says then."""
    asked = {
        "Host": "127.0.0.1",
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    } | headers
    lines = [f"GET {path} HTTP/1.1", *(f"{name}: {text}" for name, text in asked.items()), "", ""]
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall("\r\n".join(lines).encode())
        response = HTTPResponse(connection, method="GET")
        response.begin()
        text = ""
        if response.status == 101:
            connection.sendall(HELLO)
            # Not until its end: Envoy waits a second before it closes.
            text = response.fp.readline().decode()
        answer = Answer(response.status, dict(response.headers), text)
        response.close()
    return answer


def answers(port: int) -> bool:
    try:
        ask(port)
    except OSError:
        return False
    return True


def keeps_out(port: int) -> bool:
    """Whether it has loaded its routes: Traefik answers 404 before."""
    try:
        return ask(port).status == 401
    except OSError:
        return False


def described(core: Core, token: str, username: str) -> Named:
    """The headers that the site must get for a live token."""
    row = sessions.verify(core, token)
    return sorted(
        [
            ["x-auth-user", username],
            ["x-auth-user-id", row.user_uuid],
            ["x-auth-dialect", row.dialect],
            ["x-auth-session", row.name],
        ]
    )


class Visitor(NamedTuple):
    """Somebody with a live token, as a header, and what the site is to be told of him."""

    headers: dict[str, str]
    who: Named

    @property
    def token(self) -> str:
        return self.headers["Authorization"].removeprefix("Bearer ")

    @classmethod
    def arriving(cls, core: Core) -> "Visitor":
        name = f"visitor-{uuid.uuid4().hex}"
        user = Identities(core).add(name, email=f"{name}@example.com")
        pair = grants.session_pair(core, identities.get(core, user.id), CLIENT, ORIGIN)
        headers = {"Authorization": f"Bearer {pair.access}"}
        return cls(headers, described(core, pair.access, name))
