"""Request lines and numbers of lines that programs read in different ways, through all six gateways."""

from contextlib import ExitStack

import pytest

from .conftest import Server
from .gateways import FORGED, Visitor, ask, protected_site, spoken
from .printed import Gateway
from .test_gateway_tricks import OPEN

pytestmark = pytest.mark.e2e

# Programs differ in what they take for the path of these. The last one is plain.
LINES = [
    "GET http://a?Token=x&q@127.0.0.1/public/x HTTP/1.1",
    "GET http://a?@127.0.0.1/public/x HTTP/1.1",
    "GET http://a\\@127.0.0.1/public/x HTTP/1.1",
    "GET http://a#@127.0.0.1/public/x HTTP/1.1",
    "GET http://a:1@127.0.0.1/public/x HTTP/1.1",
    "GET http://127.0.0.1?/public/x HTTP/1.1",
    "GET http://127.0.0.1#/public/x HTTP/1.1",
    "GET http://127.0.0.1/page?http://127.0.0.1/public/x HTTP/1.1",
    "GET http://127.0.0.1/page#/public/x HTTP/1.1",
    "GET http:///public/x HTTP/1.1",
    "GET http:/public/x HTTP/1.1",
    "GET http:public/x HTTP/1.1",
    "GET HTTP://127.0.0.1/public/x HTTP/1.1",
    "GET https://127.0.0.1/public/x HTTP/1.1",
    "GET ftp://127.0.0.1/public/x HTTP/1.1",
    "GET javascript:/public/x HTTP/1.1",
    "GET 127.0.0.1/public/x HTTP/1.1",
    "GET //a/public/x HTTP/1.1",
    "GET ///public/x HTTP/1.1",
    "GET public/x HTTP/1.1",
    "GET ?/public/x HTTP/1.1",
    "GET */public/x HTTP/1.1",
    "GET /public/x#/../page HTTP/1.1",
    "GET /page?/public/x HTTP/1.1",
    "GET /page /public/x HTTP/1.1",
    "GET  /public/x HTTP/1.1",
    "GET\t/public/x HTTP/1.1",
    "GET /public/x HTTP/2.0",
    "GET * HTTP/1.1",
    "OPTIONS * HTTP/1.1",
    "CONNECT 127.0.0.1:80 HTTP/1.1",
    "CONNECT 127.0.0.1:80/public/x HTTP/1.1",
    "CONNECT http://127.0.0.1/public/x HTTP/1.1",
    "CONNECT /public/x HTTP/1.1",
    "CONNECT /page HTTP/1.1",
    "GET http://127.0.0.1/public/x HTTP/1.1",
]


def test_the_site_gets_a_method_and_a_path_whatever_the_request_line_says(
    gateway: int, visitor: Visitor
):
    for headers in (FORGED, visitor.headers):
        for line in LINES:
            answer = spoken(gateway, line, headers)
            # Some answer "OPTIONS *", and hosts that they do not know, with an empty 200.
            if answer.status == 200 and answer.text:
                method, path, _ = answer.json["line"].split(" ")
                assert path.startswith("/"), line
                assert method != "CONNECT", line
                if not OPEN.fullmatch(path.partition("?")[0]):
                    assert answer.who == visitor.who, line
            else:
                assert answer.status in {200, 400, 401, 403, 404, 405, 426, 501, 505}, line
        assert answer.json["line"].startswith("GET /public/x HTTP/1."), "the plain one is open"


def lines_of(name: str, number: int) -> dict[str, str]:
    """One header whose line comes so many times."""
    return {name: f"\r\n{name}: ".join(["a"] * number)}


def test_no_number_of_lines_and_cookies_stops_a_gateway(gateway: int, visitor: Visitor):
    """Lua asks for HAProxy, which crashed at more than 100 headers of such a question."""
    for headers in (
        *({"Cookie": "SESSID=a; " * number} for number in (20, 101, 150, 3_000)),
        lines_of("X-Request-Id", 60) | {"Cookie": "SESSID=a; " * 60},
        lines_of("Authorization", 90) | {"Cookie": "SESSID=a; " * 20},
        lines_of("Traceparent", 95) | lines_of("Tracestate", 95),
    ):
        # nginx makes a 500 of any other refusal of Watchword (docs/gateways/nginx.md).
        assert spoken(gateway, "GET /page HTTP/1.1", headers).status in {400, 401, 431, 500}
    answer = ask(gateway, headers=visitor.headers)
    assert (answer.status, answer.who) == (200, visitor.who)


def test_where_haproxys_function_fails_nobody_is_let_in(sqlite_server: Server, visitor: Visitor):
    broken = {"answer.headers[name][0]": 'answer.headers["x-auth-nobody"][0]'}
    with protected_site() as site, ExitStack() as stack:
        haproxy = Gateway("haproxy", site, sqlite_server.port, broken)
        stack.callback(haproxy.stop)
        assert ask(haproxy.port, headers=visitor.headers).status == 503
        assert ask(haproxy.port, "/public/x").status == 200
