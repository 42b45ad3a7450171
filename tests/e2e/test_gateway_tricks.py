"""Requests that are written to get past a gateway of docs/gateways, with its page's configuration."""

import re

import pytest

from tests.cases import each

from .conftest import Server
from .gateways import FORGED, Visitor, ask, upgraded
from .printed import Gateway, overview

pytestmark = pytest.mark.e2e

# Sites resolve dots, ";", "\\" and percent signs each in their own way: some read /page in these, or in
# those that a gateway resolves.
CLIMBING = [
    "/public/../page",
    "/public/%2e%2e/page",
    "/public/..%2fpage",
    "/public/%2e%2e%2Fpage",
    "/public/%252e%252e/page",
    "/public/..%252fpage",
    "/public/..;/page",
    "/public/..;a=b/page",
    "/public/..%3b/page",
    "/public/;/../../page",
    "/public/\\..\\page",
    "/public/..\\page",
    "/public/%5c..%5cpage",
    "/public/..%5Cpage",
    "/public/%c0%ae%c0%ae/page",
    "/public/..%00/page",
    "/public/..%0a/page",
    "/public/x%0a",
    "/public/#/../../page",
    "/PUBLIC/page",
    "/Public/../page",
    "/public",
    "/publicpage",
    "/public%2f..%2fpage",
    "//public/../page",
    "/public/..//page",
    "/public//../../page",
    "/./public/./../page",
    "/page/../public/x",
    "/page/%2e%2e/public/x",
    "/page/..%2fpublic/x",
    "/page%2f../public/x",
    "/page/..;/public/x",
    "/page;/../public/x",
    "/page/..\\public/x",
    "/page?/public/x",
    "//page/../public/x",
    "/%70ublic/../page",
    "http://127.0.0.1/public/../page",
    "http://127.0.0.1/page/../public/x",
]
UPGRADES = [
    {"Upgrade": "h2c"},
    {"Upgrade": "H2C"},
    {"Upgrade": "websocket, h2c"},
    {"Upgrade": "websocket,h2c"},
    {"Upgrade": "h2c, websocket"},
    {"Upgrade": "h2c", "upgrade": "websocket"},
    {"Upgrade": "websocket", "upgrade": "h2c"},
    {"Upgrade": "WebSocket", "upgrade": "websocket, h2c"},
]
OTHER_UPGRADES = ["h2", "HTTP/2.0", "TLS/1.0", "h2c/1", "foo", "websocket/13", "websocket, foo"]
# As the site gets it. Whatever it resolves in such a path, it stays below /public/.
OPEN = re.compile(r"/public/[A-Za-z0-9/_~-]*([.][A-Za-z0-9/_~-]+)*")
HOPS = [
    *({"Connection": f"close, {name}"} for name in FORGED),
    {"Connection": f"keep-alive,\t{',,'.join(FORGED)} ,"},
    {"Connection": "close", "connection": "x-auth-user , X_Auth_User"},
    {"connection": "X-Auth-User-Id", "CONNECTION": "close"},
    {"Connection": "x-ax-auth-useruth-user,X-Auth-User"},
    {"Connection": "Transfer-Encoding, Content-Length, Cookie"},
]


def test_without_a_token_the_site_gets_open_paths_only(gateway: int):
    for path in CLIMBING:
        for headers in ({}, FORGED):
            answer = ask(gateway, path, headers)
            if answer.status == 200:
                seen = answer.json["path"].partition("?")[0]
                assert OPEN.fullmatch(seen), (path, seen)
                assert answer.who == [], path
            else:
                assert answer.status in {400, 401, 404}, path


@each(
    "path",
    [
        "/public/",
        "/public/a.b/~c_-9/d.html?x=../&y=%5c",
        "/public//a/./b",
        "/public/" + "a." * 1_000 + "b",
    ],
)
def test_a_plain_path_of_an_anonymous_route_is_open(gateway: int, path: str):
    answer = ask(gateway, path)
    assert (answer.status, answer.who) == (200, [])
    assert answer.json["path"].endswith(path.rpartition("/")[2])


@each("hop", HOPS)
def test_a_client_takes_no_name_from_the_site_by_connection(
    gateway: int, visitor: Visitor, hop: dict[str, str]
):
    """A gateway, and a proxy before the site, remove what ``Connection`` lists (RFC 9110, section 7.6.1)."""
    for path, who in (("/page", visitor.who), ("/public/page", [])):
        for forged in ({}, FORGED):
            answer = ask(gateway, path, visitor.headers | forged | hop)
            assert answer.status in {200, 400}
            if answer.status == 200:
                assert answer.who == who
                assert answer.json["connection"].lower() in {"", "close", "keep-alive"}
    assert ask(gateway, headers=FORGED | hop).status in {400, 401}


def test_a_websockets_connection_takes_no_name_either(gateway: int, visitor: Visitor):
    for listed in ("Upgrade, X-Auth-User", f"{','.join(FORGED)}, upgrade"):
        answer = upgraded(gateway, "/live", visitor.headers | FORGED | {"Connection": listed})
        if answer.status == 101:
            assert answer.who == visitor.who
            assert "x-auth-" not in answer.json["connection"].lower()
        else:
            assert answer.status == 400
    plain = {"Connection": "keep-alive, Upgrade", "Upgrade": "WebSocket"}
    assert upgraded(gateway, "/live", visitor.headers | plain).who == visitor.who


@each("upgrade", UPGRADES)
def test_the_site_is_never_asked_for_http_2(
    gateway: int, visitor: Visitor, upgrade: dict[str, str]
):
    """After ``101`` a gateway looks into nothing: forged names would follow (RFC 7540, section 3.2)."""
    listed = {"Connection": "Upgrade, HTTP2-Settings"}
    for more in (listed, {"Connection": "upgrade"}, {"Connection": "keep-alive"}):
        asked = visitor.headers | {"HTTP2-Settings": "AAMAAABkAAQAoAAAAAIAAAAA"} | more | upgrade
        for path in ("/page", "/public/page"):
            answer = ask(gateway, path, asked)
            assert answer.status in {200, 400, 403}
            if answer.status == 200:
                assert answer.json["upgrade"].lower() in {"", "websocket"}


def test_the_site_is_asked_for_no_other_protocol_either(gateway: int, visitor: Visitor):
    for protocol in OTHER_UPGRADES:
        asked = visitor.headers | {"Connection": "Upgrade", "Upgrade": protocol}
        for path in ("/page", "/public/page"):
            answer = ask(gateway, path, asked)
            assert answer.status in {200, 400, 403}
            if answer.status == 200:
                assert answer.json["upgrade"] in {"", "websocket"}


def test_a_session_counts_among_as_many_cookies_as_the_overview_says(
    request: pytest.FixtureRequest, gateway: int, visitor: Visitor
):
    name = request.node.callspec.params["gateway"]
    row = re.compile(rf"\| {name} \| .* \| ([\d,]+) \| (.*) \|", re.IGNORECASE)
    [(promised, beyond)] = [found.groups() for line in overview() if (found := row.fullmatch(line))]
    sessid = f"SESSID={visitor.token}"

    def status(size: int) -> int:
        """Of both orders, with that many bytes of cookies."""
        other = "site=" + "x" * (size - len(f"site=; {sessid}"))
        [found] = {
            ask(gateway, headers={"Cookie": f"{first}; {second}"}).status
            for first, second in ((sessid, other), (other, sessid))
        }
        return found

    size = int(promised.replace(",", ""))
    assert status(size) == 200
    statuses = [status(size + 1_000), status(70_000)]
    assert beyond == ", then ".join(dict.fromkeys(map(str, statuses)))


def test_caddy_reads_a_head_as_long_as_its_page_says(gateways: dict[str, Gateway]):
    line = len("GET  HTTP/1.1\r\nHost: 127.0.0.1:65535\r\nAccept-Encoding: identity\r\n\r\n")
    for size, status in ((20 * 1024 - line, 200), (21 * 1024, 431)):
        path = "/public/?".ljust(size, "x")
        assert ask(gateways["caddy"].port, path).status == status


def test_a_planted_session_cookie_never_wins(
    request: pytest.FixtureRequest, gateway: int, sqlite_server: Server, visitor: Visitor
):
    planted = Visitor.arriving(sqlite_server.core).token
    sent = [
        f"a=1 SESSID={planted}; SESSID={visitor.token}",
        f"XSESSID={planted}; SESSID={visitor.token}",
        f"SESSID={visitor.token}; SESSID={visitor.token}",
        f"SESSID={visitor.token}; SESSID={planted}",
        f"a=SESSID={planted}",
        f"a=1 SESSID={planted}",
        f"sessid={planted}",
    ]
    if request.node.callspec.params["gateway"] != "apache":  # its page says so
        sent.append(f"SESSID={planted}; b=2;SESSID={visitor.token}")
    for cookies in sent:
        answer = ask(gateway, headers={"Cookie": cookies})
        assert answer.status == 401 or answer.who == visitor.who


def test_a_preflight_is_asked_about_as_any_request(gateway: int):
    asked = {"Origin": "https://a.example", "Access-Control-Request-Method": "POST"}
    assert ask(gateway, headers=asked, method="OPTIONS").status == 401


def test_two_cookie_lines_count_as_one_or_not_at_all(
    request: pytest.FixtureRequest, gateway: int, visitor: Visitor
):
    blind = request.node.callspec.params["gateway"] in {"envoy", "apache"}
    sessid = f"SESSID={visitor.token}"
    for lines in ({"Cookie": "a=1", "cookie": sessid}, {"Cookie": sessid, "cookie": "a=1"}):
        assert ask(gateway, headers=lines).status == (401 if blind else 200)
