"""Secrets stay inside; logs, memory, and an orderly stop."""

import base64
import json
import re
import signal
from itertools import count

import pytest

from app.core import sessions
from tests.factories import CLIENT, PASSWORD
from tests.waiting import listens, wait_until

from .conftest import JSON, Server

pytestmark = pytest.mark.e2e

NUMBERS = count(1)


def traffic(server: Server) -> list[str]:
    """Good and bad requests in every dialect; every secret that was sent or received."""
    user = server.identities.add(f"somebody{next(NUMBERS)}")
    code = server.identities.code(user)
    wrong = f"a wrong password {next(NUMBERS)}"
    secrets = [PASSWORD, wrong, user.api_key, code]
    for password in (wrong, PASSWORD):
        body = {"account_type": "traditional", "email": user.email, "password": password}
        session = server.ask("POST", "/session", body=body)
        jwts = server.ask(
            "POST", "/api/v2/auth/token", body={"username": user.email, "password": password}
        )
        aaa = server.ask(
            "POST", "/api/common/1.0/login", body={"username": user.email, "password": password}
        )
        basic = base64.b64encode(f"{user.email}:{password}".encode()).decode()
        secrets.append(basic)
        npm = server.ask(
            "GET", "/api/cascade.aaa/1.0/npm_token", headers={"Authorization": f"Basic {basic}"}
        )
    login = server.ask("POST", "/login", body={"UserLogin": user.email, "ApiKey": user.api_key})
    pair, [content] = session.json, jwts.json["content"]
    refreshed = server.ask(
        "PUT", "/session", token=pair["access_token"], body={"refresh_token": pair["refresh_token"]}
    ).json
    token = login.json["Token"]
    sessid = aaa.json["session_id"]
    tokens = [pair["access_token"], pair["refresh_token"], refreshed["access_token"]]
    tokens += [refreshed["refresh_token"], content["token"], content["refreshToken"]]
    tokens += [token, sessid, npm.json["access_token"]]
    for each in tokens:
        server.ask("GET", f"/verify?Token={each}", headers={})
        server.ask("GET", f"/nothing/here?Token={each}", headers={})
        server.ask("GET", "/verify", token=each, headers={"X-Original-URI": f"/?Token={each}"})
        server.ask("GET", "/session", token=each)
        server.ask("DELETE", "/api/v2/auth/token", token=each + "x")
    assertion = "eyJhbGciOiJub25lIn0." + code + "."
    server.ask("POST", f"/api/common/1.0/oauth/token?grant_type=access_code&assertion={assertion}")
    server.ask("GET", "/api/cascade.aaa/1.0/keepalive", headers={"Cookie": f"SESSID={sessid}"})
    server.ask("POST", "/login", body={"UserLogin": user.email, "ApiKey": [user.api_key]})
    server.ask("POST", "/session", body={"password": {"deep": PASSWORD}})
    return secrets + tokens


def test_no_secret_reaches_the_log(server: Server):
    secrets = traffic(server)
    log = server.log()
    assert '"event": "request"' in log, "there is a log to look at"
    for secret in secrets:
        assert secret not in log
        assert secret[:24] not in log
        assert json.dumps(secret)[1:-1] not in log


def test_every_refused_request_is_found_in_the_log_by_its_id(server: Server):
    server.ask("GET", "/session", token="x", headers=JSON | {"X-Request-ID": "find-me-1"})
    made = server.ask("GET", "/session", token="x").headers["X-Request-ID"]
    events = [json.loads(line) for line in server.log().splitlines() if line.startswith("{")]
    for request_id in ("find-me-1", made):
        [event] = [event for event in events if event.get("request_id") == request_id]
        assert event["status"] == 401
        assert event["refusal"] == "token_malformed"
        assert event["path"] == "/session"


def test_a_log_line_cannot_be_forged(server: Server):
    for path in ("/session/%0a%7b%22event%22:%22forged%22%7d", "/%1b[31m"):
        server.ask("GET", path)
    for line in server.log().splitlines():
        assert not line.startswith('{"event":"forged"')
        assert "\x1b" not in line


def test_answers_over_a_socket_are_never_html(server: Server):
    for path in ("/", "/session", "/login", "/api/v2", "/api/common/1.0", "/verify", "/nothing"):
        answer = server.ask("GET", path, headers={})
        assert "html" not in answer.headers.get("Content-Type", "").lower()
        assert "<" not in answer.text


def pss_mib(pid: int) -> float:
    with open(f"/proc/{pid}/smaps_rollup") as rollup:
        return int(re.search(r"^Pss:\s+(\d+) kB", rollup.read(), re.MULTILINE)[1]) / 1024


def test_a_worker_weighs_less_than_90_mib_after_some_traffic(server: Server):
    for _ in range(5):
        traffic(server)
    token = log_in(server)
    connection = server.connect()
    for _ in range(1_000):
        assert server.ask("GET", "/verify", token=token, over=connection).status == 204
    connection.close()
    weights = [pss_mib(worker.pid) for worker in server.workers()]
    assert len(weights) == 2
    assert max(weights) < 90


def log_in(server: Server) -> str:
    user = server.identities.add(f"somebody{next(NUMBERS)}")
    body = {"account_type": "traditional", "email": user.email, "password": PASSWORD}
    token: str = server.ask("POST", "/session", body=body).json["access_token"]
    return token


def test_a_graceful_stop_finishes_the_request_that_is_running(server: Server):
    """The last test of its server: it stops it."""
    user = server.identities.add(f"somebody{next(NUMBERS)}")
    body = json.dumps({"account_type": "traditional", "email": user.email, "password": PASSWORD})
    connection = server.connect()
    connection.putrequest("POST", "/session")
    head = {**JSON, "Content-Length": str(len(body)), "Expect": "100-continue"}
    for name, value in head.items():
        connection.putheader(name, value)
    connection.endheaders()
    assert connection.sock.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
    connection.send(body[:10].encode())
    server.process.send_signal(signal.SIGTERM)
    wait_until(lambda: not listens(server.port))
    connection.send(body[10:].encode())
    response = connection.getresponse()
    assert response.status == 200
    pair = json.loads(response.read())
    connection.close()
    assert server.stop() == 0
    row = sessions.verify(server.core, pair["access_token"])
    assert row.client_id == CLIENT, "what was answered is true"
