"""Fields of a head (RFC 9112 section 5, RFC 9110 sections 5 to 10), on a real worker."""

import json

import pytest

from tests.cases import each
from tests.factories import CLIENT

from .conftest import PROXY, Server
from .wire import MANNERS, Silence, Wire, exchange, let_it_look

pytestmark = pytest.mark.e2e

HOST = b"Host: x\r\n"
GET = b"GET /healthz HTTP/1.1\r\n"
KEEPALIVE = b"GET /api/cascade.aaa/1.0/keepalive HTTP/1.1\r\n"
PING = b"GET /api/common/1.0/ping HTTP/1.1\r\n"


class TestExpectations:
    """RFC 9110 section 10.1.1: a client that expects 100 sends the body after it. HTTP/1.0 has no 100."""

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

    @each("manner", MANNERS)
    @each(
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
        for value in (b"", b" ", b" ,", b"\t"):
            seen = self.ask(wired, b"Expect:" + value + b"\r\n", manner)
            assert [answer.status for answer in seen.answers] == [400]
            assert seen.goes_on

    def test_without_a_body_there_is_nothing_to_go_on_with(self, wired: Server):
        seen = exchange(wired.port, GET + HOST + b"Expect: 100-continue\r\n\r\n")
        assert [answer.status for answer in seen.answers] == [200]
        assert seen.goes_on

    @pytest.mark.parametrize(("length", "status"), [(b"65537", 413), (b"9999999999999999999", 400)])
    def test_too_large_a_body_is_refused_before_it_is_asked_for(
        self, wired: Server, length: bytes, status: int
    ):
        request = self.LINE + b"Expect: 100-continue\r\nContent-Length: " + length + b"\r\n\r\n"
        with Wire(wired.port) as wire:
            wire.send(request)
            statuses = [answer.status for answer in wire.answers()]
        assert statuses == [status]


@pytest.fixture(scope="module")
def sessid(wired: Server) -> str:
    user = wired.identities.add("wire.cookies")
    body = {"username": user.username, "password": user.password}
    return wired.ask("POST", "/api/common/1.0/login", body=body).json["session_id"]


class TestFieldsThatComeTwice:
    @each("manner", MANNERS)
    @each(
        "lines",
        {
            "second": "Cookie: a=b\r\nCookie: SESSID={}",
            "first": "Cookie: SESSID={}\r\nCookie: a=b",
            "third": "Cookie: a=b\r\nX-A: c\r\ncookie: d=e\r\nCOOKIE: SESSID={}",
            "after a semicolon": "Cookie: a=b;\r\nCookie: SESSID={}",
        },
    )
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
    """Wherever its bytes are cut, and even if no line ever ends."""
    step = 4_096 if manner == "byte by byte" else None
    for endless in (
        b"GET /" + b"z" * 200_000,
        GET + HOST + b"X-A: " + b"z" * 200_000,
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
            assert b"zzzz" not in answer.body


def test_the_limits_are_what_the_settings_say_to_the_byte(wired: Server):
    """16 KiB for the request line, 17 KiB for a field, 100 fields; a gateway sends the URL in both."""
    line = b"GET /healthz?" + b"a" * (16 * 1024 - len(b"GET /healthz? HTTP/1.1\r\n"))
    field = b"X-Original-URI: /" + b"a" * (17 * 1024 - len(b"X-Original-URI: /\r\n"))
    fields = HOST + b"X-A: b\r\n" * 99
    for request, more, status in (
        (line + b"%b HTTP/1.1\r\n" + HOST + b"\r\n", b"a", 414),
        (GET + HOST + field + b"%b\r\n\r\n", b"a", 431),
        (GET + fields + b"%b\r\n", b"X-B: c\r\n", 431),
    ):
        seen = exchange(wired.port, request % b"")
        assert (seen.statuses, seen.goes_on) == ([200], True)
        seen = exchange(wired.port, request % more)
        assert (seen.statuses, seen.goes_on) == ([status], False)


def test_a_head_of_many_fields_and_long_ones_is_taken(wired: Server):
    fields = b"".join(b"X-Field-%d: %s\r\n" % (number, b"a" * 400) for number in range(50))
    long = b"X-Long: " + b"a" * 8_000 + b"\r\n"
    line = b"GET /healthz?" + b"a" * 4_000 + b" HTTP/1.1\r\n"
    seen = exchange(wired.port, line + HOST + fields + long + b"\r\n")
    assert (seen.statuses, seen.goes_on) == ([200], True)


@pytest.mark.parametrize("upgrade", [b"websocket", b"WebSocket, h2c", b"TLS/1.3, HTTP/1.1"])
def test_an_upgrade_is_passed_over(wired: Server, upgrade: bytes):
    """RFC 9110 section 7.8; a gateway may pass on what a browser asked the protected site for."""
    fields = HOST + b"Connection: Upgrade\r\nUpgrade: " + upgrade + b"\r\n\r\n"
    for line, status in ((GET, 200), (KEEPALIVE, 401), (PING, 204)):
        seen = exchange(wired.port, line + fields)
        assert (seen.statuses, seen.goes_on) == ([status], True)


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
