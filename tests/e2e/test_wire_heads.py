"""Request lines and fields (RFC 9112 sections 2 to 5, RFC 9110 sections 7 and 10), on a real worker."""

import json
import time
from typing import NamedTuple

import pytest

from .conftest import CLIENT, PROXY, Server
from .wire import MANNERS, Silence, Wire, exchange, let_it_look

pytestmark = pytest.mark.e2e

HOST = b"Host: x\r\n"
GET = b"GET /healthz HTTP/1.1\r\n"
KEEPALIVE = b"GET /api/cascade.aaa/1.0/keepalive HTTP/1.1\r\n"

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


@pytest.mark.parametrize("manner", MANNERS)
@pytest.mark.parametrize("kind", NO_HTTP)
def test_what_is_no_request_is_refused_at_once_and_nothing_behind_it_is_answered(
    wired: Server, kind: str, manner: str
):
    """Nothing waits for a deadline: the client of another protocol speaks first only once."""
    seen = exchange(wired.port, NO_HTTP[kind], manner)
    assert not seen.goes_on
    assert len(seen.statuses) == 1
    assert seen.statuses[0] in (400, 405, 501, 505)
    assert seen.last.headers["connection"] == "close"


@pytest.mark.parametrize("kind", ["a TLS hello", "HTTP/0.9", "HTTP/0.9 with a bare line feed", "SSH", "SMTP",
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


@pytest.mark.parametrize("manner", MANNERS)
@pytest.mark.parametrize("kind", BAD_HOSTS)
def test_http_1_1_has_one_host_and_a_right_one(wired: Server, kind: str, manner: str):
    """RFC 9112 section 3.2."""
    seen = exchange(wired.port, GET + BAD_HOSTS[kind] + b"X-A: b\r\n\r\n", manner)
    assert seen.statuses == [400]
    assert not seen.goes_on


@pytest.mark.parametrize("host", GOOD_HOSTS)
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


@pytest.mark.parametrize("manner", MANNERS)
@pytest.mark.parametrize("kind", CONNECTION)
def test_the_connection_ends_when_either_side_says_so(wired: Server, kind: str, manner: str):
    """RFC 9112 section 9.3; a client of HTTP/1.0 waits for the word keep-alive."""
    case = CONNECTION[kind]
    seen = exchange(wired.port, case.lines + b"\r\n", manner)
    assert seen.statuses == [200]
    assert seen.goes_on is case.goes_on
    connection = seen.last.headers.get("connection", "")
    if not case.goes_on:
        assert connection == "close"
    elif b"HTTP/1.0" in case.lines:
        assert connection.lower() == "keep-alive"


@pytest.mark.parametrize("manner", MANNERS)
def test_a_later_minor_version_is_understood_or_refused(wired: Server, manner: str):
    """RFC 9110 section 2.5."""
    seen = exchange(wired.port, b"GET /healthz HTTP/1.2\r\n" + HOST + b"\r\n", manner)
    assert seen.statuses in ([200], [400], [505])
    assert seen.goes_on is (seen.statuses == [200])


@pytest.mark.parametrize("manner", MANNERS)
def test_empty_lines_before_a_request_are_ignored(wired: Server, manner: str):
    seen = exchange(wired.port, b"\r\n\r\n\r\n" + GET + HOST + b"\r\n\r\n\r\n", manner)
    assert (seen.statuses, seen.goes_on) == ([200], True)


def test_endless_empty_lines_are_no_request(wired: Server):
    with Wire(wired.port) as wire:
        wire.send(b"\r\n" * 2**19, step=65_536)
        wire.send(GET + HOST + b"Connection: close\r\n\r\n")
        answers = wire.answers()
    assert [answer.status for answer in answers] in ([200], [400], [414], [431], [])


UNHANDLED = ("//verify", "//healthz", "/%2Fhealthz", "/%2fverify", "/verify/", "/./verify", "/a/../verify",
             "/verify/.", "/verify%2F", "/Verify", "/verify;a", "/verify%00", "/%2E/verify", "///verify",
             "/healthz//", "//", "//x/verify", "/verify%20", "/verify%3FToken=a")  # fmt: skip


@pytest.mark.parametrize("form", ["{}", "http://x{}"], ids=["path", "absolute"])
@pytest.mark.parametrize("path", UNHANDLED)
def test_another_spelling_is_another_url(wired: Server, path: str, form: str):
    """A gateway's rule for one must not be passed by with the other."""
    line = f"GET {form.format(path)} HTTP/1.1\r\n".encode()
    seen = exchange(wired.port, line + HOST + b"\r\n")
    assert (seen.statuses, seen.goes_on) == ([404], True)


@pytest.mark.parametrize(
    ("path", "status"),
    [("/verify", 401), ("/verify?", 401), ("/%76erify", 401), ("/healthz?a=//b", 200)],
)
@pytest.mark.parametrize("form", ["{}", "http://y{}", "HTTP://y:80{}"])
def test_a_url_may_be_absolute_and_escaped(wired: Server, path: str, form: str, status: int):
    """RFC 9112 section 3.2.2: every server takes the absolute form."""
    line = f"GET {form.format(path)} HTTP/1.1\r\n".encode()
    seen = exchange(wired.port, line + HOST + b"\r\n")
    assert (seen.statuses, seen.goes_on) == ([status], True)


@pytest.mark.parametrize(
    "line",
    [b"OPTIONS * HTTP/1.1\r\n", b"GET * HTTP/1.1\r\n", b"CONNECT x:80 HTTP/1.1\r\n",
     b"CONNECT /verify HTTP/1.1\r\n",
     b"GET http://x HTTP/1.1\r\n", b"TRACE /healthz HTTP/1.1\r\n", b"FOO /healthz HTTP/1.1\r\n",
     b"get /healthz HTTP/1.1\r\n", b"M-SEARCH * HTTP/1.1\r\n", b"SOURCE /healthz ICE/1.0\r\n",
     b"PROPFIND /session HTTP/1.1\r\n", b"GET /a#b HTTP/1.1\r\n"],
)  # fmt: skip
@pytest.mark.parametrize("manner", MANNERS)
def test_other_methods_and_targets_get_one_error_and_open_no_tunnel(
    wired: Server, line: bytes, manner: str
):
    seen = exchange(wired.port, line + HOST + b"\r\n", manner)
    assert len(seen.statuses) == 1
    if b"/verify" not in line or seen.statuses != [401]:
        assert 400 <= seen.statuses[0] < 500 or seen.statuses[0] == 501


class TestExpectations:
    """RFC 9110 section 10.1.1: who expects 100 sends the body after it; from HTTP/1.0 nobody does."""

    BODY = b'{"UserLogin": 5}'
    LINE = b"POST /login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"

    def ask(self, server: Server, fields: bytes, manner: str = "late body", line: bytes = LINE):
        length = b"Content-Length: %d\r\n\r\n" % len(self.BODY)
        return exchange(server.port, line + fields + length + self.BODY, manner)

    @pytest.mark.parametrize("value", [b"100-continue", b"100-Continue", b" 100-CONTINUE "])
    def test_who_waits_is_told_to_go_on(self, wired: Server, value: bytes):
        seen = self.ask(wired, b"Expect:" + value + b"\r\n")
        assert [answer.status for answer in seen.answers] == [100, 400]
        assert seen.answers[0].lines == []
        assert seen.goes_on

    def test_it_is_told_to_go_on_for_a_chunked_body(self, wired: Server):
        request = self.LINE + b"Expect: 100-continue\r\nTransfer-Encoding: chunked\r\n\r\n"
        seen = exchange(wired.port, request + b"2\r\n{}\r\n0\r\n\r\n", "late body")
        assert [answer.status for answer in seen.answers] == [100, 400]

    @pytest.mark.parametrize("manner", MANNERS)
    def test_the_body_may_come_without_waiting(self, wired: Server, manner: str):
        seen = self.ask(wired, b"Expect: 100-continue\r\n", manner)
        assert [answer.status for answer in seen.answers] in ([400], [100, 400])
        assert seen.goes_on

    @pytest.mark.parametrize("manner", MANNERS)
    def test_http_1_0_never_gets_a_100(self, wired: Server, manner: str):
        line = self.LINE.replace(b"1.1", b"1.0")
        for value in (b"100-continue", b"something-else", b""):
            seen = self.ask(wired, b"Expect: " + value + b"\r\n", manner, line)
            assert all(answer.status >= 200 for answer in seen.answers)
            assert len(seen.answers) == 1

    @pytest.mark.parametrize("manner", MANNERS)
    @pytest.mark.parametrize(
        "lines",
        [b"Expect: something-else\r\n", b"Expect: 100-continue, something-else\r\n",
         b"Expect: something-else\r\nExpect: 100-continue\r\n", b"Expect: 100-continued\r\n",
         b"Expect: 100\r\n"],
    )  # fmt: skip
    def test_what_cannot_be_met_is_refused_without_asking_for_the_body(
        self, wired: Server, lines: bytes, manner: str
    ):
        seen = self.ask(wired, lines, manner)
        assert [answer.status for answer in seen.answers] == [417]
        assert "Result" in json.loads(seen.last.body)

    @pytest.mark.parametrize("manner", MANNERS)
    def test_an_empty_one_expects_nothing(self, wired: Server, manner: str):
        seen = self.ask(wired, b"Expect:\r\n", manner)
        assert [answer.status for answer in seen.answers] in ([400], [417])

    def test_without_a_body_there_is_nothing_to_go_on_with(self, wired: Server):
        seen = exchange(wired.port, GET + HOST + b"Expect: 100-continue\r\n\r\n")
        assert [answer.status for answer in seen.answers] == [200]
        assert seen.goes_on

    @pytest.mark.parametrize("length", [b"65537", b"9999999999999999999"])
    def test_too_large_a_body_is_refused_before_it_is_asked_for(self, wired: Server, length: bytes):
        request = self.LINE + b"Expect: 100-continue\r\nContent-Length: " + length + b"\r\n\r\n"
        with Wire(wired.port) as wire:
            wire.send(request)
            statuses = [answer.status for answer in wire.answers()]
        assert statuses in ([413], [400], [417])


@pytest.fixture(scope="module")
def sessid(wired: Server) -> str:
    user = wired.identities.add("wire.cookies")
    body = {"username": user.username, "password": user.password}
    return wired.ask("POST", "/api/common/1.0/login", body=body).json["session_id"]


class TestFieldsThatComeTwice:
    @pytest.mark.parametrize("manner", MANNERS)
    @pytest.mark.parametrize(
        "lines",
        ["Cookie: a=b\r\nCookie: SESSID={}", "Cookie: SESSID={}\r\nCookie: a=b",
         "Cookie: a=b\r\nX-A: c\r\ncookie: d=e\r\nCOOKIE: SESSID={}", "Cookie: a=b;\r\nCookie: SESSID={}"],
        ids=["second", "first", "third", "after a semicolon"],
    )  # fmt: skip
    def test_cookies_are_joined_as_one_line_would_have_them(
        self, wired: Server, sessid: str, lines: str, manner: str
    ):
        """RFC 9113 section 8.2.3; curl, undici and gateways from HTTP/2 send them so."""
        fields = HOST + lines.format(sessid).encode() + b"\r\n\r\n"
        for line in (KEEPALIVE, b"GET /verify HTTP/1.1\r\n"):
            seen = exchange(wired.port, line + fields, manner)
            assert (seen.statuses, seen.goes_on) == ([204], True)

    def test_no_cookie_is_made_of_the_seam_of_two_lines(self, wired: Server, sessid: str):
        lines = f"Cookie: SESSID={sessid[:32]}\r\nCookie: {sessid[32:]}\r\n\r\n".encode()
        assert exchange(wired.port, KEEPALIVE + HOST + lines).statuses == [401]

    @pytest.mark.parametrize("second", ["Bearer {}", "Bearer nonsense", "", "Basic YTpi"])
    def test_of_two_authorizations_none_is_chosen(self, wired: Server, sessid: str, second: str):
        user = wired.identities.add(f"wire.twice{len(second)}")
        body = {"UserLogin": user.email, "ApiKey": user.api_key}
        token = wired.ask("POST", "/login", body=body).json["Token"]
        for lines in (
            (f"Bearer {token}", second.format(token)),
            (second.format(token), f"Bearer {token}"),
        ):
            fields = "".join(f"Authorization: {line}\r\n" for line in lines).encode()
            request = b"GET /verify HTTP/1.1\r\n" + HOST + fields + b"\r\n"
            assert exchange(wired.port, request).statuses in ([400], [401])

    def test_of_two_media_types_none_is_chosen(self, wired: Server):
        types = b"Content-Type: application/json\r\nContent-Type: application/xml\r\n"
        request = b"POST /login HTTP/1.1\r\n" + HOST + types + b"Content-Length: 2\r\n\r\n{}"
        assert exchange(wired.port, request).statuses in ([400], [415])

    def test_addresses_of_two_lines_are_one_list(self, wired: Server):
        """A proxy may add a line of its own (RFC 9110 section 5.3): the last of them is its word."""
        fields = b"X-Forwarded-For: 198.51.100.1\r\nX-Forwarded-For: 203.0.113.9\r\n"
        request = KEEPALIVE + HOST + fields + b"X-Request-ID: two-lines\r\n"
        request += b"Authorization: Basic bm9ib2R5OndyZWluZw==\r\n\r\n"
        assert exchange(wired.port, request, source=PROXY).statuses == [401]
        [line] = [line for line in wired.log().splitlines() if '"two-lines"' in line]
        assert json.loads(line)["address"] == "203.0.113.9"


class TestWhatAProxySays:
    @pytest.mark.parametrize(
        ("source", "value", "secure"),
        [(PROXY, b"https", True), (PROXY, b"http", False), ("127.0.0.1", b"https", False)],
    )
    def test_the_scheme_is_a_trusted_proxys_to_say(
        self, wired: Server, source: str, value: bytes, secure: bool
    ):
        user = wired.identities.add(f"wire.scheme{source[-1]}{value.decode()}")
        body = json.dumps({"username": user.username, "password": user.password}).encode()
        request = (
            b"POST /api/common/1.0/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
            b"X-Forwarded-Proto: " + value + b"\r\nContent-Length: %d\r\n\r\n" % len(body) + body
        )
        seen = exchange(wired.port, request, source=source)
        assert seen.statuses == [200]
        assert ("Secure" in seen.last.headers["set-cookie"]) is secure

    @pytest.mark.parametrize("source", ["127.0.0.1", PROXY])
    def test_names_with_underscores_are_dropped(self, wired: Server, sessid: str, source: str):
        """They would be another header's name in the environment (PEP 3333), which no proxy cleared."""
        for name in (b"X_Original_URI: /?Token=%s", b"X_Forwarded_Uri: /?Token=%s"):
            fields = (
                name % sessid.encode() + b"\r\nX_Request_ID: smuggled\r\nHTTP_COOKIE: SESSID=a\r\n"
            )
            seen = exchange(
                wired.port, b"GET /verify HTTP/1.1\r\n" + HOST + fields + b"\r\n", source=source
            )
            assert seen.statuses == [401]
            assert seen.last.request_id != "smuggled"
            assert seen.last.headers["www-authenticate"] == "Bearer", "no token was found"


@pytest.mark.parametrize("manner", MANNERS)
def test_the_limits_of_a_head_end_it_before_it_is_there(wired: Server, manner: str):
    """However its bytes are spread, and though no line of it ever ends."""
    step = 4_096 if manner == "byte by byte" else None
    for endless in (
        b"GET /" + b"a" * 200_000,
        GET + HOST + b"X-A: " + b"a" * 200_000,
        GET + HOST + b"X" * 200_000,
        GET + HOST + b"X-A: b\r\n" * 20_000,
        GET + HOST + b"X-A: b\r\n" * 1_000 + b"\r\n",
        b"G" * 200_000,
    ):
        with Wire(wired.port) as wire:
            wire.send(endless, step)
            answer = wire.answer()
            assert answer is not None
            assert answer.status in (400, 405, 414, 431, 501)
            assert answer.headers["connection"] == "close"
            assert b"aaaa" not in answer.body


def test_a_head_of_many_fields_and_long_ones_is_taken(wired: Server):
    fields = b"".join(b"X-Field-%d: %s\r\n" % (number, b"a" * 400) for number in range(50))
    long = b"X-Long: " + b"a" * 8_000 + b"\r\n"
    line = b"GET /healthz?" + b"a" * 4_000 + b" HTTP/1.1\r\n"
    seen = exchange(wired.port, line + HOST + fields + long + b"\r\n")
    assert (seen.statuses, seen.goes_on) == ([200], True)


def test_half_a_head_is_no_request_and_is_not_answered_early(wired: Server):
    with Wire(wired.port) as wire:
        wire.send((GET + HOST)[:-4])
        let_it_look(wired.port)
        wire.socket.settimeout(0.1)
        with pytest.raises(Silence):
            wire.answer()


def test_values_reach_the_application_as_they_were_sent(wired: Server):
    """Latin-1 and white space around them (PEP 3333, RFC 9110 section 5.5)."""
    fields = b"x-koms-clientid: \t%b \t\r\nX-REQUEST-id:as.sent\r\n" % CLIENT.encode()
    fields += b"X-A: \xe4\tb \r\nX-Empty:\r\n"
    request = b"GET /session HTTP/1.1\r\n" + HOST + b"Content-Type:application/json\r\n" + fields
    seen = exchange(wired.port, request + b"Authorization: Bearer \xe4\r\n\r\n")
    assert seen.statuses == [401]
    assert seen.last.request_id == "as.sent"
