"""Injection: a client's text never becomes a header, a log line or an address."""

import ipaddress
import json
import sys
from urllib.parse import unquote

import pytest

from app.http.addresses import client_address
from app.http.logs import configure
from tests.cases import each
from tests.conftest import settings_for

from .conftest import PROXY, Server
from .tour import AAA, FORM, JSON, basic, wrapped

PROXIES = [ipaddress.ip_network("10.0.0.0/8"), ipaddress.ip_network("fd00::/8")]
EVIL = 'a\r\nSet-Cookie: evil=1\r\n\r\n<script>\x1b[31m\x9b{}"}'


@pytest.fixture
def settings(database_url: str, monkeypatch, logged):
    return settings_for(database_url, monkeypatch, log_level="debug")


@each(
    ("forwarded", "address"),
    [
        ("", "10.0.0.1"),
        (",", "10.0.0.1"),
        ("198.51.100.7,", "198.51.100.7"),
        ("1.1.1.1, 198.51.100.7, ,\t,", "198.51.100.7"),
        (", 10.0.0.2", "10.0.0.2"),
        ("198.51.100.7, , 10.0.0.2", "198.51.100.7"),
        ("198.51.100.7, unknown, 10.0.0.2", "10.0.0.2"),
        ("::ffff:198.51.100.7", "198.51.100.7"),
        ("198.51.100.7, ::ffff:10.0.0.2", "198.51.100.7"),
        ("2001:DB8:0:0:0:0:0:7", "2001:db8::7"),
        ("fe80::1%eth0", "fe80::1"),
        (f"fe80::1%{'x' * 300}", "10.0.0.1"),
        ("198.51.100.7:4711", "198.51.100.7"),
        ("198.51.100.7" + "," * 40, "10.0.0.1"),
        ("unknown", "10.0.0.1"),
    ],
)
def test_what_is_no_address_ends_the_search_for_one(forwarded: str, address: str):
    assert client_address("10.0.0.1", forwarded, PROXIES) == address


def test_a_proxy_on_an_ipv6_socket_is_the_proxy_that_was_named():
    assert client_address("::ffff:10.0.0.1", "198.51.100.7", PROXIES) == "198.51.100.7"


@pytest.mark.e2e
@pytest.mark.parametrize(
    ("source", "address"), [("127.0.0.1", "127.0.0.1"), (PROXY, "203.0.113.9")]
)
def test_a_forwarded_address_counts_from_a_trusted_proxy_alone(
    server: Server, source: str, address: str
):
    headers = {
        "X-Forwarded-For": "203.0.113.9",
        "X-Request-ID": f"from-{source}",
        **basic("nobody", "wrong"),
    }
    server.send("GET", "/api/cascade.aaa/1.0/keepalive", headers, source=source)
    events = server.rows(f"SELECT address FROM audit_events WHERE request_id = 'from-{source}'")
    assert events == [{"address": address}]


@each("given", ["a\tb", "a b", "x" * 129, "<script>", 'a"b', "a\x1b[31m", "ä", ""])
def test_an_insane_request_id_is_replaced_everywhere(client, logged, given: str):
    response = client.get("/nothing", headers={"X-Request-ID": given})
    name = response.headers["X-Request-ID"]
    assert len(name) == 32
    assert response.json["instance"] == f"urn:request:{name}"
    assert json.loads(logged.getvalue().splitlines()[-1])["request_id"] == name


@pytest.mark.parametrize(
    "username", ["a\r\nX-Evil: 1", "a\nb", "a\0b", "a\x1b[31mb", "a\x85b", " a"]
)
def test_a_name_with_control_characters_is_nobodys(client, identities, username: str):
    identities.client()
    body = {"email": f"{username}@example.com", "password": "correct horse battery staple"}
    response = client.post("/user", json=body, headers={"x-koms-clientid": "koms-web"})
    assert response.status_code == 400
    assert response.json["errorType"] == "BadRequest"


def test_a_name_outside_ascii_reaches_the_gateway_percent_encoded(client, identities):
    name = "Zoë%0d%0aX-Evil"
    user = identities.add(name, email="zoe@example.com")
    login = client.post("/login", json={"UserLogin": name, "ApiKey": user.api_key})
    response = client.get("/verify", headers={"Authorization": f"Bearer {login.json['Token']}"})
    shown = response.headers["X-Auth-User"]
    assert shown.isascii()
    assert "%0d%0aX" not in shown, "an encoded line end in the name itself is encoded once more"
    assert unquote(shown) == name
    assert "X-Evil" not in response.headers


def test_state_is_echoed_as_data_only(client, identities):
    code = identities.code(identities.add())
    form = {
        "grant_type": "access_code",
        "assertion": wrapped(code),
        "state": EVIL.replace("\0", ""),
    }
    response = client.post(f"{AAA}/oauth/token", data=form)
    assert response.status_code == 200
    assert response.json["state"] == EVIL
    assert response.content_type == "application/json"
    assert "Set-Cookie" not in response.headers
    assert EVIL not in str(response.headers)


def test_a_codes_place_is_made_of_a_number_and_no_header_of_the_client(client, identities):
    user = identities.add()
    headers = {
        **basic(user.username, user.password),
        "Host": "evil.example",
        "X-Forwarded-Host": "evil.example",
        "X-Forwarded-Prefix": "//evil.example",
    }
    response = client.post(f"{AAA}/oauth/codes", headers=headers)
    assert response.headers["Location"] == f"{AAA}/oauth/codes/{response.json['id']}"


@each("path", ["/%0d%0aX-Evil:%201", "/a%00b", "/%1b[31m", "//evil.example/", "/%ff"])
def test_no_url_is_reflected_in_an_answer(client, path: str):
    # Werkzeug's client would take what follows two slashes for a host.
    response = client.get("/", environ_overrides={"PATH_INFO": unquote(path, "latin-1")})
    assert response.status_code == 404
    assert "evil" not in response.text.lower() + str(response.headers).lower()


INJECTIONS = {
    "the path": ("GET", "/nothing/%0a%7B%22event%22:%22forged%22%7D%1b[2J", {}, None),
    "the path of a write": ("POST", "/login/%0d%0a%22,%22level%22:%22debug", JSON, b"{}"),
    "the method": ("X-LEVEL", "/nothing", {}, None),
    "a query": ("GET", "/nothing?a=%0a%1b[31m\"}", {}, None),
    "a body": ("POST", f"{AAA}/login", JSON, json.dumps({"username": EVIL, "password": EVIL}).encode()),
    "Basic": ("GET", "/api/cascade.aaa/1.0/keepalive", basic(EVIL, EVIL), None),
    "a form": ("POST", f"{AAA}/oauth/token", FORM, b"grant_type=%0a%1b&assertion=%0a&state=%0a"),
    "a user agent": ("GET", "/nothing", {"User-Agent": "{\"a\x1b[31m"}, None),
}  # fmt: skip


def one_object_a_line(log: str) -> list[dict[str, object]]:
    """Every line, parsed; nothing in it steers a terminal or ends a line early."""
    assert all(character == "\n" or character.isprintable() for character in log)
    return [json.loads(line) for line in log.splitlines()]


@pytest.mark.parametrize("where", INJECTIONS)
def test_each_log_line_stays_one_json_object(client, logged, where: str):
    method, path, headers, body = INJECTIONS[where]
    client.open(path, method=method, headers=headers, data=body)
    [line] = one_object_a_line(logged.getvalue())
    assert line["event"] == "request"
    assert line["level"] in ("info", "debug")
    assert len(line) <= 11


@pytest.mark.e2e
def test_each_line_of_a_real_server_stays_one_json_object(server: Server):
    before = len(server.log())
    for method, path, headers, body in INJECTIONS.values():
        server.send(method, path.replace('"', "%22"), headers, body)
    server.wire(b'GET /\n{"event":"forged"}\x1b[2J HTTP/1.1\r\nHost: x\r\n\r\n')
    server.wire(b'GET / HTTP/1.1\r\nHost: x\r\nX: "\x1b[31m"}\r\n{"event":"forged"}\r\n\r\n')
    lines = one_object_a_line(server.log()[before:])
    assert len(lines) >= len(INJECTIONS)
    assert all(line["event"] != "forged" for line in lines)


def test_a_developers_log_is_not_steered_by_a_path_either(client, logged, monkeypatch):
    monkeypatch.setattr(sys, "stderr", logged)
    configure("debug", development=True)
    try:
        client.get("/%1b[2J%0aforged")
        assert "\x1b[2J" not in logged.getvalue()
        assert logged.getvalue().count("\n") == 1
    finally:
        configure("error", development=False)
