"""Which requests may wait, and so do not run in the event loop, however they are spelled."""

import base64
from typing import Any

from app.http.authorization import Basic, parse_authorization
from app.http.may_wait import always, may_wait
from app.serving.environ import base_environ
from app.serving.limits import Limits
from app.serving.parser import Parser
from tests.cases import each

GIVEN = base64.b64encode(b"somebody:something")


def environ_of(head: bytes) -> dict[str, Any]:
    base = base_environ(("127.0.0.1", 80), ("127.0.0.1", 5000), multiprocess=False)
    parser = Parser(base, Limits(), lambda _path: False, {})
    parser.feed(memoryview(head + b"\r\n\r\n"))
    return parser.ready[0].environ


@each("scheme", [b"Basic", b"basic", b"BASIC"])
@each("behind", [b" ", b"  ", b"\t", b" \t "])
@each("colon", [b":", b": ", b":  ", b":\t", b": \t "])
@each("name", [b"Authorization", b"authorization", b"AUTHORIZATION"])
def test_every_spelling_that_could_be_hashed_may_wait(
    name: bytes, colon: bytes, behind: bytes, scheme: bytes
):
    """No white space, two spaces or a tab behind the colon were hashed in the event loop once."""
    header = name + colon + scheme + behind + GIVEN
    environ = environ_of(b"GET /api/cascade.aaa/1.0/keepalive HTTP/1.1\r\nHost: a\r\n" + header)
    hashed = isinstance(parse_authorization(environ["HTTP_AUTHORIZATION"]), Basic)
    assert may_wait(environ) or not hashed


@each("header", ["Basic", "Basic ", "basic !", "Basic\u00a0x", "Basic,x", "BasicX y"])
def test_what_is_basic_to_the_credentials_is_basic_here(header: str):
    environ = {"REQUEST_METHOD": "GET", "HTTP_AUTHORIZATION": header}
    try:
        basic = isinstance(parse_authorization(header), Basic)
    except Exception:  # refused: without a hash
        basic = False
    assert may_wait(environ) or not basic


@each(
    ("line", "waits"),
    [("GET /verify", False), ("HEAD /verify", False), ("POST /verify", True), ("DELETE /session", True),
     ("BREW /verify", True), ("get /verify", True), ("OPTIONS /a", True)],
)  # fmt: skip
def test_what_reads_a_row_does_not_wait(line: str, waits: bool):
    environ = environ_of(f"{line} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer x".encode())
    assert may_wait(environ) is waits


def test_behind_a_socket_everything_waits():
    assert always(environ_of(b"GET /verify HTTP/1.1\r\nHost: a"))
