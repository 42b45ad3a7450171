"""Errors of the server itself, for bytes that are no request, have the shape of the URL's dialect or door."""

import json
import re
from email.utils import parsedate_to_datetime

import pytest

from tests.cases import each

from .conftest import Server
from .shapes import SHAPES, assert_in_the_shape_of
from .wire import MANNERS, Answer, Wire, exchange

pytestmark = pytest.mark.e2e


# Faults and their statuses.
FAULTS: dict[str, tuple[bytes, set[int]]] = {
    "a field without a colon": (b"Host: x\r\nX-A\r\n\r\n", {400}),
    "a NUL in a field": (b"Host: x\r\nX-A: \0\r\n\r\n", {400}),
    "a bare line feed": (b"Host: x\nX-A: b\r\n\r\n", {400}),
    "a folded field": (b"Host: x\r\nX-A: b\r\n c\r\n\r\n", {400}),
    "no host": (b"X-A: b\r\n\r\n", {400}),
    "a wrong host": (b"Host: a/b\r\n\r\n", {400}),
    "a wrong length": (b"Host: x\r\nContent-Length: +1\r\n\r\n", {400}),
    "two lengths": (b"Host: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", {400}),
    "an unknown coding": (b"Host: x\r\nTransfer-Encoding: xchunked\r\n\r\n", {400, 501}),
    "an unknown expectation": (b"Host: x\r\nExpect: more\r\n\r\n", {417}),
    "too long a field": (b"Host: x\r\nX-A: " + b"z" * 70_000 + b"\r\n\r\n", {400, 431}),
    "too many fields": (b"Host: x\r\n" + b"X-A: b\r\n" * 400 + b"\r\n", {400, 431}),
}


def common(answer: Answer) -> None:
    """What every answer of the service has, and one that ends the connection."""
    headers = answer.headers
    assert len(headers) == len(answer.lines), "no header comes twice"
    assert headers["connection"] == "close"
    assert headers["cache-control"] == "no-store"
    assert headers["x-content-type-options"] == "nosniff"
    assert re.fullmatch(r"[A-Za-z0-9._-]{1,128}", headers["x-request-id"])
    # An HTTP-date (RFC 9110 section 5.6.7).
    assert re.fullmatch(r"\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT", headers["date"])
    assert parsedate_to_datetime(headers["date"])
    assert b"<" not in answer.body


@each("path", list(SHAPES))
@each(("lines", "statuses"), FAULTS)
def test_a_fault_of_the_head_has_the_shape_of_its_urls_owner(
    wired: Server, lines: bytes, statuses: set[int], path: str
):
    seen = exchange(wired.port, b"POST " + path.encode() + b"?Token=x HTTP/1.1\r\n" + lines)
    assert not seen.goes_on
    [answer] = seen.answers
    assert answer.status in statuses
    common(answer)
    assert_in_the_shape_of(path, answer)
    assert b"zzzz" not in answer.body
    assert b"Token" not in answer.body


@each(("lines", "statuses"), FAULTS)
@each("method", [b"GET", b"PUT"])
def test_aaa_says_that_it_is_a_header(
    wired: Server, lines: bytes, statuses: set[int], method: bytes
):
    """It must not say that a body could not be parsed, because there is none."""
    request = method + b" /api/common/1.0/password HTTP/1.1\r\n" + lines
    [answer] = exchange(wired.port, request).answers
    assert answer.status in statuses
    assert json.loads(answer.body)["error_id"] == "HTTP_INVALID_HEADER"


def test_aaa_says_that_it_is_the_body(wired: Server):
    request = (
        b"POST /api/common/1.0/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello, this is no chunk\r\n"
    )
    [answer] = exchange(wired.port, request).answers
    common(answer)
    assert answer.status == 400
    assert json.loads(answer.body)["error_id"] == "REQUEST_INVALID_INPUT"


@each("path", list(SHAPES))
@each("fault", ["a NUL in a field", "no host", "an unknown expectation"])
def test_an_error_to_head_has_no_body(wired: Server, fault: str, path: str):
    seen = exchange(wired.port, b"HEAD " + path.encode() + b" HTTP/1.1\r\n" + FAULTS[fault][0])
    assert not seen.goes_on
    assert len(seen.statuses) == 1
    common(seen.last)


# In the URL itself: as far as it could be read before, it is known.
IN_THE_URL = {
    "raw UTF-8": "{}/\u00e4",
    "raw UTF-8 in the query": "{}?a=\u00e4",
    "a control character": "{}\x01",
    "a NUL": "{}/a\x00b",
    "DEL": "{}?\x7f",
    "an escape": "{}/\x1b[31m",
    "raw UTF-8 in an absolute URL": "http://x{}?\u00e4",
    "a space": "{} b",
    "a fragment": "{}#a",
    "HTTP/1.2": "{} HTTP/1.2\r\nX-A:",
}


@each("manner", MANNERS)
@each("path", list(SHAPES))
def test_a_fault_of_the_request_line_has_the_shape_of_its_urls_owner(
    wired: Server, path: str, manner: str
):
    for kind, url in IN_THE_URL.items():
        line = f"GET {url.format(path)} HTTP/1.1\r\nHost: x\r\n\r\n".encode()
        seen = exchange(wired.port, line, manner)
        assert not seen.goes_on
        [answer] = seen.answers
        assert answer.status == (505 if kind == "HTTP/1.2" else 400), kind
        common(answer)
        assert_in_the_shape_of(path, answer)


@pytest.mark.parametrize(
    "data",
    [
        b"\x16\x03\x01\x02\x00\x01\x00",
        b"GET /verify\r\n",
        b"\x00\r\n\r\n",
        b"GET /\xff HTTP/1.1\r\n\r\n",
    ],
)
def test_what_has_no_url_gets_problem_details(wired: Server, data: bytes):
    [answer] = exchange(wired.port, data).answers
    common(answer)
    assert answer.headers["content-type"] == "application/problem+json"
    body = json.loads(answer.body)
    assert body["status"] == answer.status
    assert body["instance"] == f"urn:request:{answer.request_id}"


def test_its_id_is_found_in_the_log_and_what_was_sent_is_not(wired: Server):
    request = b"GET /session?Token=secret1 HTTP/1.1\r\nHost: x\r\nsecret2\x1b[2J: secret3\r\n\r\n"
    [answer] = exchange(wired.port, request).answers
    lines = [line for line in wired.log().splitlines() if answer.request_id in line]
    assert answer.status in [json.loads(line).get("status") for line in lines]
    assert "secret" not in wired.log()


@each(
    ("request_", "method", "status"),
    [
        (b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n", "GET", 200),
        (b"HEAD /healthz HTTP/1.1\r\nHost: x\r\n\r\n", "HEAD", 200),
        (b"GET /api/common/1.0/ping HTTP/1.1\r\nHost: x\r\n\r\n", "GET", 204),
        (b"GET /verify HTTP/1.1\r\nHost: x\r\n\r\n", "GET", 401),
        (b"HEAD /verify HTTP/1.1\r\nHost: x\r\n\r\n", "HEAD", 401),
        (b"GET /session HTTP/1.1\r\nHost: x\r\n\r\n", "GET", 400),
        (b"HEAD /docs/swagger-ui-bundle.js HTTP/1.1\r\nHost: x\r\n\r\n", "HEAD", 200),
        (b"GET /docs/swagger-ui-bundle.js HTTP/1.1\r\nHost: x\r\n\r\n", "GET", 200),
        (b"GET /healthz HTTP/1.0\r\n\r\n", "GET", 200),
    ],
)
def test_every_answer_is_dated_and_has_its_length(
    wired: Server, request_: bytes, method: str, status: int
):
    """RFC 9110 sections 6.6.1 and 8.6: none in a 204, and what GET would have sent to HEAD."""
    seen = exchange(wired.port, request_)
    answer = seen.answers[0]
    assert answer.status == status
    assert len(answer.headers) == len(answer.lines)
    assert parsedate_to_datetime(answer.headers["date"])
    assert ("content-length" in answer.headers) is (status != 204)
    assert "transfer-encoding" not in answer.headers
    if method == "HEAD":
        assert int(answer.headers["content-length"]) > 0
        got = exchange(wired.port, request_.replace(b"HEAD", b"GET")).answers[0]
        assert got.headers["content-length"] == answer.headers["content-length"]


def test_a_client_of_http_1_0_can_read_its_answer(wired: Server):
    with Wire(wired.port) as wire:
        wire.send(b"GET /metrics HTTP/1.0\r\n\r\n")
        answer = wire.answer()
        assert answer is not None
        assert answer.status == 200
        assert wire.answer() is None


@pytest.mark.parametrize(
    "path", ["/login", "/session", "/api/v2/auth/token", "/api/common/1.0/login"]
)
def test_the_log_names_the_method_that_was_sent(wired: Server, path: str):
    for method, lines in (
        (b"POST", b"Host: x\r\nContent-Length: 65537\r\n\r\n"),
        (b"PUT", b"Host: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n"),
    ):
        seen = exchange(wired.port, method + b" " + path.encode() + b" HTTP/1.1\r\n" + lines)
        [answer] = seen.answers
        told = [json.loads(line) for line in wired.log().splitlines() if answer.request_id in line]
        [request] = [line for line in told if line["event"] == "request"]
        assert (request["method"], request["status"]) == (method.decode(), answer.status)
