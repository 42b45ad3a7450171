"""Request lines, hosts and the end of a connection (RFC 9112 sections 2, 3 and 9), on a real worker."""

import json
import time
from typing import NamedTuple

import pytest

from tests.cases import each

from .conftest import Server
from .wire import MANNERS, Wire, exchange

pytestmark = pytest.mark.e2e

HOST = b"Host: x\r\n"
GET = b"GET /healthz HTTP/1.1\r\n"

NO_HTTP = {
    "bare line feeds": b"GET /healthz HTTP/1.1\nHost: x\n\n",
    "a bare line feed behind the request line": b"GET /healthz HTTP/1.1\nHost: x\r\n\r\n",
    "a bare line feed behind a field": GET + b"Host: x\nX-A: b\r\n\r\n",
    "a bare line feed at the end": GET + HOST + b"\n",
    "a bare carriage return": GET + b"Host: x\rX-A: b\r\n\r\n",
    "a bare carriage return behind the request line": b"GET /healthz HTTP/1.1\rHost: x\r\n\r\n",
    "a doubled carriage return": GET + b"Host: x\r\r\n\r\n",
    "a TLS hello": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(range(256)),
    "the preface of HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00",
    "the PROXY protocol": b"PROXY TCP4 192.0.2.1 192.0.2.2 56324 443\r\n" + GET + HOST + b"\r\n",
    "SSH": b"SSH-2.0-OpenSSH_9.2p1\r\n",
    "SMTP": b"EHLO example.com\r\n",
    "nothing but zeros": bytes(64),
    "a word": b"hello\r\n\r\n",
    "HTTP/0.9": b"GET /healthz\r\n",
    "HTTP/0.9 with a bare line feed": b"GET /healthz\n",
    "HTTP/0.9 with fields": b"POST /login\r\nHost: x\r\nContent-Length: 40\r\n\r\n",
    "HTTP/0.9 that says so": b"GET /healthz HTTP/0.9\r\n" + HOST + b"\r\n",
    "HTTP/2.0": b"GET /healthz HTTP/2.0\r\n" + HOST + b"\r\n",
    "HTTP/3.0": b"GET /healthz HTTP/3.0\r\n" + HOST + b"\r\n",
    "HTTP/1": b"GET /healthz HTTP/1\r\n" + HOST + b"\r\n",
    "HTTP/1.10": b"GET /healthz HTTP/1.10\r\n" + HOST + b"\r\n",
    "http in lower case": b"GET /healthz http/1.1\r\n" + HOST + b"\r\n",
    "another protocol": b"GET /healthz FOO/1.1\r\n" + HOST + b"\r\n",
    "white space behind the version": b"GET /healthz HTTP/1.1 \r\n" + HOST + b"\r\n",
    "white space before the method": b" GET /healthz HTTP/1.1\r\n" + HOST + b"\r\n",
    "a tab in the request line": b"GET\t/healthz HTTP/1.1\r\n" + HOST + b"\r\n",
    "a space in the URL": b"GET /health z HTTP/1.1\r\n" + HOST + b"\r\n",
    "a control character in the URL": b"GET /healthz\x01 HTTP/1.1\r\n" + HOST + b"\r\n",
    "a NUL in the URL": b"GET /heal\x00thz HTTP/1.1\r\n" + HOST + b"\r\n",
    "raw UTF-8 in the URL": "GET /heälthz HTTP/1.1\r\n".encode() + HOST + b"\r\n",
    "a URL without a slash": b"GET healthz HTTP/1.1\r\n" + HOST + b"\r\n",
    "no URL": b"GET HTTP/1.1\r\n" + HOST + b"\r\n",
    "a folded field": GET + HOST + b"X-A: b\r\n c\r\n\r\n",
    "a folded first field": GET + b" X-A: b\r\n" + HOST + b"\r\n",
    "a space before the colon": GET + HOST + b"X-A : b\r\n\r\n",
    "a tab before the colon": GET + HOST + b"X-A\t: b\r\n\r\n",
    "a field without a colon": GET + HOST + b"X-A\r\n\r\n",
    "a field without a name": GET + HOST + b": b\r\n\r\n",
    "a NUL in a field": GET + HOST + b"X-A: b\x00c\r\n\r\n",
    "a control character in a field": GET + HOST + b"X-A: b\x01c\r\n\r\n",
    "DEL in a field": GET + HOST + b"X-A: b\x7fc\r\n\r\n",
    "a NUL in a name": GET + HOST + b"X\x00A: b\r\n\r\n",
    "a letter of Latin-1 in a name": GET + HOST + b"X-\xc4: b\r\n\r\n",
    "a bracket in a name": GET + HOST + b"X(A): b\r\n\r\n",
}  # fmt: skip

BAD_HOSTS = {
    "none": b"",
    "two": b"Host: x\r\nHost: y\r\n",
    "two alike": b"Host: x\r\nHost: x\r\n",
    "a space": b"Host: a b\r\n",
    "a path": b"Host: a/b\r\n",
    "a user": b"Host: a@b\r\n",
    "a list": b"Host: a, b\r\n",
    "a query": b"Host: a?b\r\n",
    "a fragment": b"Host: a#b\r\n",
    "an escape": b'Host: a"b\r\n',
    "a port that is none": b"Host: a:b\r\n",
    "two ports": b"Host: a:1:2\r\n",
    "an open bracket": b"Host: [::1\r\n",
    "a URL": b"Host: http://a\r\n",
}
GOOD_HOSTS = (
    b"x",
    b"x:80",
    b"x:",
    b"[::1]",
    b"[::1]:8000",
    b"192.0.2.1:8000",
    b"a_b-c.example",
    b"%C3%A4",
)


class Case(NamedTuple):
    lines: bytes
    goes_on: bool


@each("manner", MANNERS)
@each("data", NO_HTTP)
def test_what_is_no_request_is_refused_at_once_and_nothing_behind_it_is_answered(
    wired: Server, data: bytes, manner: str
):
    """Nothing waits for a deadline: the client of another protocol speaks first only once."""
    seen = exchange(wired.port, data, manner)
    assert not seen.goes_on
    assert len(seen.statuses) == 1
    assert seen.statuses[0] in (400, 405, 501, 505)
    assert seen.last.headers["connection"] == "close"


@each("kind", ["a TLS hello", "HTTP/0.9", "HTTP/0.9 with a bare line feed", "SSH", "SMTP",
                                  "a word", "nothing but zeros", "the preface of HTTP/2"])  # fmt: skip
def test_it_is_refused_though_nothing_comes_behind_it(wired: Server, kind: str):
    with Wire(wired.port) as wire:
        started = time.monotonic()
        wire.send(NO_HTTP[kind])
        answer = wire.answer()
        assert answer is not None
        assert answer.status in (400, 405, 501, 505)
        assert wire.answer() is None
        assert time.monotonic() - started < 4


@each("manner", MANNERS)
@each("host", BAD_HOSTS)
def test_http_1_1_has_one_host_and_a_right_one(wired: Server, host: bytes, manner: str):
    """RFC 9112 section 3.2."""
    seen = exchange(wired.port, GET + host + b"X-A: b\r\n\r\n", manner)
    assert seen.statuses == [400]
    assert not seen.goes_on


@each("host", GOOD_HOSTS)
def test_a_right_host_is_taken(wired: Server, host: bytes):
    seen = exchange(wired.port, GET + b"Host: " + host + b"\r\n\r\n")
    assert (seen.statuses, seen.goes_on) == ([200], True)


def test_http_1_0_needs_no_host_but_may_not_have_two(wired: Server):
    line = GET.replace(b"1.1", b"1.0")
    assert exchange(wired.port, line + b"\r\n").statuses == [200]
    assert exchange(wired.port, line + b"Host: x\r\nHost: y\r\n\r\n").statuses == [400]


CONNECTION = {
    "HTTP/1.1": Case(GET + HOST, goes_on=True),
    "HTTP/1.1 and close": Case(GET + HOST + b"Connection: close\r\n", goes_on=False),
    "Close in capitals": Case(GET + HOST + b"Connection: CLOSE\r\n", goes_on=False),
    "TE, close": Case(GET + HOST + b"Connection: TE, close\r\n", goes_on=False),
    "close, TE": Case(GET + HOST + b"Connection: close , TE\r\n", goes_on=False),
    "close without a space": Case(GET + HOST + b"Connection:TE,close\r\n", goes_on=False),
    "two lines": Case(GET + HOST + b"Connection: TE\r\nConnection: close\r\n", goes_on=False),
    "two lines, close first": Case(GET + HOST + b"Connection: close\r\nConnection: keep-alive\r\n",
                                   goes_on=False),
    "keep-alive and close": Case(GET + HOST + b"Connection: keep-alive, close\r\n", goes_on=False),
    "another word": Case(GET + HOST + b"Connection: closed, X-A\r\n", goes_on=True),
    "HTTP/1.0": Case(GET.replace(b"1.1", b"1.0") + HOST, goes_on=False),
    "HTTP/1.0 and keep-alive": Case(GET.replace(b"1.1", b"1.0") + b"Connection: Keep-Alive\r\n",
                                    goes_on=True),
    "HTTP/1.0, keep-alive in a list": Case(GET.replace(b"1.1", b"1.0") + b"Connection: TE, keep-alive\r\n",
                                           goes_on=True),
    "HTTP/1.0 and both": Case(GET.replace(b"1.1", b"1.0") + b"Connection: keep-alive, close\r\n",
                              goes_on=False),
}  # fmt: skip


@each("manner", MANNERS)
@each(("lines", "goes_on"), CONNECTION)
def test_the_connection_ends_when_either_side_says_so(
    wired: Server, lines: bytes, goes_on: bool, manner: str
):
    """RFC 9112 section 9.3; a client of HTTP/1.0 waits for the word keep-alive."""
    seen = exchange(wired.port, lines + b"\r\n", manner)
    assert seen.statuses == [200]
    assert seen.goes_on is goes_on
    connection = seen.last.headers.get("connection", "")
    if not goes_on:
        assert connection == "close"
    elif b"HTTP/1.0" in lines:
        assert connection.lower() == "keep-alive"


@each("manner", MANNERS)
@each("version", [b"1.2", b"1.9", b"0.9", b"2.0"])
def test_other_versions_are_refused_as_such(wired: Server, version: bytes, manner: str):
    """RFC 9110 section 15.6.6."""
    line = b"GET /session HTTP/" + version + b"\r\n"
    seen = exchange(wired.port, line + HOST + b"\r\n", manner)
    assert (seen.statuses, seen.goes_on) == ([505], False)
    assert json.loads(seen.last.body)["errorType"]


@pytest.mark.parametrize("manner", MANNERS)
def test_empty_lines_before_a_request_are_ignored(wired: Server, manner: str):
    seen = exchange(wired.port, b"\r\n\r\n\r\n" + GET + HOST + b"\r\n\r\n\r\n", manner)
    assert (seen.statuses, seen.goes_on) == ([200], True)


def test_endless_empty_lines_are_no_request(wired: Server):
    with Wire(wired.port) as wire:
        wire.send(b"\r\n" * 2**19, step=65_536)
        wire.send(GET + HOST + b"Connection: close\r\n\r\n")
        answers = wire.answers()
    assert [answer.status for answer in answers] == [414]


UNHANDLED = ("//verify", "//healthz", "/%2Fhealthz", "/%2fverify", "/verify/", "/./verify", "/a/../verify",
             "/verify/.", "/verify%2F", "/Verify", "/verify;a", "/verify%00", "/%2E/verify", "///verify",
             "/healthz//", "//", "//x/verify", "/verify%20", "/verify%3FToken=a")  # fmt: skip


@each("form", {"path": "{}", "absolute": "http://x{}"})
@each("path", UNHANDLED)
def test_another_spelling_is_another_url(wired: Server, path: str, form: str):
    """A gateway's rule for one of them must not be avoided with the other."""
    line = f"GET {form.format(path)} HTTP/1.1\r\n".encode()
    seen = exchange(wired.port, line + HOST + b"\r\n")
    assert (seen.statuses, seen.goes_on) == ([404], True)


@each(
    ("path", "status"),
    [("/verify", 401), ("/verify?", 401), ("/%76erify", 401), ("/healthz?a=//b", 200)],
)
@each("form", ["{}", "http://y{}", "HTTP://y:80{}"])
def test_a_url_may_be_absolute_and_escaped(wired: Server, path: str, form: str, status: int):
    """RFC 9112 section 3.2.2: every server takes the absolute form."""
    line = f"GET {form.format(path)} HTTP/1.1\r\n".encode()
    seen = exchange(wired.port, line + HOST + b"\r\n")
    assert (seen.statuses, seen.goes_on) == ([status], True)


@each(
    "line",
    [b"OPTIONS * HTTP/1.1\r\n", b"GET * HTTP/1.1\r\n", b"CONNECT x:80 HTTP/1.1\r\n",
     b"CONNECT /verify HTTP/1.1\r\n",
     b"GET ftp:x HTTP/1.1\r\n", b"TRACE /healthz HTTP/1.1\r\n", b"FOO /healthz HTTP/1.1\r\n",
     b"get /healthz HTTP/1.1\r\n", b"M-SEARCH * HTTP/1.1\r\n", b"SOURCE /healthz ICE/1.0\r\n",
     b"PROPFIND /session HTTP/1.1\r\n", b"GET /a#b HTTP/1.1\r\n"],
)  # fmt: skip
@each("manner", MANNERS)
def test_other_methods_and_targets_get_one_error_and_open_no_tunnel(
    wired: Server, line: bytes, manner: str
):
    seen = exchange(wired.port, line + HOST + b"\r\n", manner)
    assert len(seen.statuses) == 1
    if b"/verify" not in line or seen.statuses != [401]:
        assert 400 <= seen.statuses[0] < 500 or seen.statuses[0] == 501
