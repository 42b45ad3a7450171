"""Request smuggling: bytes that parsers may read as one request or as two, on a real gunicorn.

Every attack carries a second request, for ``/healthz``, where a lenient parser would see one. Its
answer must never come back.
"""

import json
import re

import pytest

from tests.cases import each

from .conftest import PROXY, Server

pytestmark = pytest.mark.e2e

LOGIN = b"POST /api/common/1.0/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
CHUNKED = LOGIN + b"Transfer-Encoding: chunked\r\n\r\n"
SECOND = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"

REFUSED = {
    "Content-Length and Transfer-Encoding": LOGIN
    + b"Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "Transfer-Encoding before Content-Length": LOGIN
    + b"Transfer-Encoding: chunked\r\nContent-Length: 6\r\n\r\n0\r\n\r\n",
    "two lengths that differ": LOGIN + b"Content-Length: 2\r\nContent-Length: 40\r\n\r\n{}",
    "two lengths alike": LOGIN + b"Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}",
    "a list of lengths": LOGIN + b"Content-Length: 2, 2\r\n\r\n{}",
    "a signed length": LOGIN + b"Content-Length: +2\r\n\r\n{}",
    "a negative length": LOGIN + b"Content-Length: -2\r\n\r\n{}",
    "a hexadecimal length": LOGIN + b"Content-Length: 0x2\r\n\r\n{}",
    "a length with an underscore": LOGIN + b"Content-Length: 1_0\r\n\r\n{}",
    "obsolete line folding": LOGIN + b"X-A: b\r\n Content-Length: 40\r\n\r\n{}",
    "a space before the colon": LOGIN + b"Content-Length : 2\r\n\r\n{}",
    "a space before the coding's colon": LOGIN + b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
    "bare line feeds": LOGIN.replace(b"\r\n", b"\n") + b"Content-Length: 2\n\n{}",
    "a bare carriage return": LOGIN + b"X-A: a\rContent-Length: 40\r\nContent-Length: 2\r\n\r\n{}",
    "an unknown coding": LOGIN + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    "a coding after chunked": LOGIN + b"Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
    "chunked twice": LOGIN
    + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "a control character in the coding": LOGIN + b"Transfer-Encoding:\x0bchunked\r\n\r\n0\r\n\r\n",
    "chunks in HTTP/1.0": CHUNKED.replace(b"HTTP/1.1", b"HTTP/1.0") + b"0\r\n\r\n",
    "a negative chunk": CHUNKED + b"-1\r\n{}\r\n0\r\n\r\n",
    "a chunk size with 0x": CHUNKED + b"0x2\r\n{}\r\n0\r\n\r\n",
    "a chunk size with an underscore": CHUNKED + b"0_2\r\n{}\r\n0\r\n\r\n",
    "a chunk longer than its size": CHUNKED + b"2\r\n{}X\r\n0\r\n\r\n",
    "chunks with bare line feeds": CHUNKED + b"2\n{}\n0\n\n",
    "a line feed in a chunk extension": CHUNKED + b"2;a\nxx\r\n{}\r\n0\r\n\r\n",
    "a NUL in a header": LOGIN + b"X-A: a\0b\r\nContent-Length: 2\r\n\r\n{}",
    "two hosts": b"GET /healthz HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
    "an escape in the URL": b"GET /heal\x1b[31mthz HTTP/1.1\r\nHost: x\r\n\r\n",
    "another protocol": b"GET /healthz FOO/9\r\n\r\n",
    "the preface of HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
}


def statuses(received: bytes) -> list[int]:
    return [int(status) for status in re.findall(rb"HTTP/1\.1 (\d{3})", received)]


@each("attack", REFUSED)
def test_an_ambiguous_request_is_refused_and_nothing_behind_it_is_answered(
    server: Server, attack: bytes
):
    received = server.wire(attack + SECOND)
    assert len(statuses(received)) <= 1, received
    assert all(status in (400, 417, 501) for status in statuses(received)), received
    assert b"Connection: close" in received or not received
    assert b"<" not in received, "no page, and nothing of the request"
    if received:
        assert json.loads(received.partition(b"\r\n\r\n")[2])


def test_a_body_that_nobody_reads_is_no_second_request(server: Server):
    hidden = b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n"
    request = b"GET /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % len(hidden)
    received = server.wire(request + hidden)
    assert statuses(received) == [200]
    assert b"watchword_requests" not in received


def test_a_token_at_verify_is_judged_by_its_own_request_only(server: Server):
    """The hot path ignores bodies: what stands in one is not the next request either."""
    hidden = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
    request = b"POST /verify HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % len(hidden)
    assert statuses(server.wire(request + hidden)) == [401]


def test_a_header_with_underscores_is_never_taken_for_another(server: Server):
    received = server.wire(
        b"GET /verify HTTP/1.1\r\nHost: x\r\nX_Original_URI: /?Token=a\r\n"
        b"X_Request_ID: smuggled\r\nConnection: close\r\n\r\n"
    )
    assert statuses(received) == [401]
    assert b"smuggled" not in received
    assert b'error="invalid_token"' not in received, "no token was found"


@pytest.mark.parametrize("name", ["SCRIPT_NAME", "PATH_INFO"])
def test_no_client_of_a_trusted_proxy_chooses_another_path(server: Server, name: str):
    for value in ("/foo", "/healthz", "/elsewhere"):
        answer = server.send("GET", "/foo/healthz", {name: value}, source=PROXY)
        assert answer.status == 404, (name, value)


def test_whole_requests_in_one_packet_are_each_answered_in_order(server: Server):
    """Pipelining is no attack: the parser's strictness costs nobody his second request."""
    missing = b"GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n"
    assert statuses(server.wire(SECOND + missing + SECOND)) == [200, 404, 200]
