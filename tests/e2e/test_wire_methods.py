"""Any token is a method (RFC 9110 sections 5.6.2 and 9.1), at ``/verify`` as the contract has it.

A gateway passes on what its client made up. Where the request ends does not depend on it.
"""

import json

import pytest

from tests.cases import each

from .conftest import Server
from .shapes import SHAPES, assert_in_the_shape_of
from .wire import MANNERS, exchange

pytestmark = pytest.mark.e2e

# Unknown to llhttp; of WebDAV; of RTSP, Icecast and HTTP/2; and those that begin as another does.
METHODS = ("BREW", "get", "Post", "X-A!#$%&'*+-.^_`|~0", "PROPFIND", "M-SEARCH", "PLAY", "SETUP", "SOURCE",
           "P", "GE", "GETS", "CONNECTED", "PRIVATE", "X" * 32)  # fmt: skip
HIDDEN = b"GET /healthz HTTP/1.1\r\nHost: x\r\nX-Request-ID: hidden\r\n\r\n"


@pytest.fixture(scope="module")
def token(wired: Server) -> str:
    user = wired.identities.add("wire.methods")
    body = {"username": user.username, "password": user.password}
    return wired.ask("POST", "/api/common/1.0/login", body=body).json["session_id"]


def request_of(method: str, target: str, *lines: str) -> bytes:
    return "\r\n".join([f"{method} {target} HTTP/1.1", "Host: x", *lines, "", ""]).encode()


@each("manner", MANNERS)
@each("method", METHODS)
def test_verify_answers_any_method_alike(wired: Server, token: str, method: str, manner: str):
    for target in ("/verify", "http://x/verify"):
        cookie = f"Cookie: SESSID={token}"
        seen = exchange(wired.port, request_of(method, target, cookie), manner)
        assert (seen.statuses, seen.goes_on) == ([204], True)
    seen = exchange(wired.port, request_of(method, "/verify"), manner)
    assert (seen.statuses, seen.goes_on) == ([401], True)
    seen = exchange(wired.port, request_of(method, f"/verify/envoy/a?Token={token}"), manner)
    assert (seen.statuses, seen.goes_on) == ([200], True)


@each("path", [path for path in SHAPES if path not in ("/verify", "/nothing")])
def test_elsewhere_an_unknown_method_is_405_in_the_shape_of_the_urls_owner(
    wired: Server, path: str
):
    for method in METHODS:
        seen = exchange(wired.port, request_of(method, path, "Content-Length: 2") + b"{}")
        assert (seen.statuses, seen.goes_on) == ([405], True), method
        assert_in_the_shape_of(path, seen.last)
        allowed = seen.last.headers["allow"].split(", ")
        assert allowed
        assert method not in allowed


def test_at_an_unknown_url_it_is_404(wired: Server):
    for method in METHODS:
        seen = exchange(wired.port, request_of(method, "/nothing"))
        assert (seen.statuses, seen.goes_on) == ([404], True), method


@each("manner", MANNERS)
@each("method", ["BREW", "get", "SOURCE"])
@each(
    "framed",
    {
        "length": b"Content-Length: %d\r\n\r\n" % len(HIDDEN) + HIDDEN,
        "chunks": b"Transfer-Encoding: chunked\r\n\r\n%x\r\n%b\r\n0\r\n\r\n"
        % (len(HIDDEN), HIDDEN),
    },
)
def test_its_body_is_never_a_request(wired: Server, method: str, framed: bytes, manner: str):
    for path, status in (("/nothing", 404), ("/session", 405), ("/verify", 401)):
        head = request_of(method, path).removesuffix(b"\r\n")
        seen = exchange(wired.port, head + framed, manner)
        assert seen.statuses == [status]
        assert seen.last.request_id != "hidden"


def test_many_in_one_piece_are_answered_in_order(wired: Server):
    data = b"".join(request_of(method, "/verify") for method in METHODS)
    seen = exchange(wired.port, data + request_of("GET", "/healthz") + data)
    assert seen.statuses == [401] * len(METHODS) + [200] + [401] * len(METHODS)
    assert seen.goes_on


@each("manner", MANNERS)
@each(
    ("line", "status"),
    [("X" * 33 + " /verify HTTP/1.1", 501), ("CONNECT x:80 HTTP/1.1", 501),
     ("CONNECT /verify HTTP/1.1", 501), ("GET /verify RTSP/1.0", 400), ("POST /verify RTSP/1.0", 400),
     ("OPTIONS * RTSP/1.0", 400), ("PLAY /verify RTSP/1.0", 400), ("SOURCE /verify ICE/1.0", 400),
     ("GET /verify ICE/1.0", 400), ("PRI /verify HTTP/1.1", 400), ("BR(W /verify HTTP/1.1", 400),
     ("BR\x7fW /verify HTTP/1.1", 400), ("B\u00c4W /verify HTTP/1.1", 400)],
)  # fmt: skip
def test_what_is_no_method_or_of_another_protocol_ends_the_connection(
    wired: Server, line: str, status: int, manner: str
):
    seen = exchange(wired.port, f"{line}\r\nHost: x\r\n\r\n".encode(), manner)
    assert (seen.statuses, seen.goes_on) == ([status], False)
    assert json.loads(seen.last.body)["status"] == status
