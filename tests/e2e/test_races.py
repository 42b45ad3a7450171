"""Races between real workers: one pair, and nothing alive after an end."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from threading import Barrier
from typing import Any

import pytest

from tests.factories import PASSWORD

from .conftest import Answer, Server

pytestmark = pytest.mark.e2e

NUMBERS = count(1)
ROUNDS = 15


def log_in(server: Server) -> dict[str, Any]:
    user = server.identities.add(f"racer{next(NUMBERS)}")
    body = {"account_type": "traditional", "email": user.email, "password": PASSWORD}
    answer = server.ask("POST", "/session", body=body)
    assert answer.status == 200, answer
    return dict(answer.json)


def refresh(server: Server, pair: dict[str, Any], **over: Any) -> Answer:
    body = {"refresh_token": pair["refresh_token"]}
    return server.ask("PUT", "/session", token=pair["access_token"], body=body, **over)


def lives(server: Server, pair: dict[str, Any]) -> list[int]:
    """The statuses of a few requests on connections of their own, so that all workers are met."""
    return [server.ask("GET", "/session", token=pair["access_token"]).status for _ in range(8)]


def together(number: int, call: Callable[[int], Answer]) -> list[Answer]:
    start = Barrier(number)

    def run(index: int) -> Answer:
        start.wait()
        return call(index)

    with ThreadPoolExecutor(number) as threads:
        return list(threads.map(run, range(number)))


def test_twenty_clients_refresh_one_token_and_get_one_pair_that_lives(server: Server):
    for _ in range(3):
        old = log_in(server)
        answers = together(20, lambda _, old=old: refresh(server, old))
        assert {answer.status for answer in answers} == {200}
        [pair] = {(a.json["access_token"], a.json["refresh_token"]) for a in answers}
        assert lives(server, answers[0].json) == [200] * 8
        assert lives(server, old) == [401] * 8
        assert pair[0] != old["access_token"]


def test_a_refresh_against_a_delete_leaves_nothing_alive(server: Server):
    for _ in range(ROUNDS):
        old = log_in(server)

        def act(index: int, old: dict[str, Any] = old) -> Answer:
            if index == 0:
                return server.ask("DELETE", "/session", token=old["access_token"])
            return refresh(server, old)

        ended, *refreshed = together(4, act)
        assert ended.status == 204
        assert {answer.status for answer in refreshed} <= {200, 401}
        for pair in [old, *(answer.json for answer in refreshed if answer.status == 200)]:
            assert server.ask("GET", "/session", token=pair["access_token"]).status == 401
            assert refresh(server, pair).status == 401


def connections_to_every_worker(server: Server) -> list[Any]:
    """Open, used connections, enough of them that each worker holds at least one."""
    opened = []
    for _ in range(200):
        connection = server.connect()
        server.ask("GET", "/healthz", over=connection)
        opened.append(connection)
        holding = [
            any(end.laddr.port == server.port and end.raddr for end in worker.net_connections())
            for worker in server.workers()
        ]
        if len(holding) == 2 and all(holding) and len(opened) >= 8:
            return opened
    pytest.fail("one worker takes all connections")


def test_a_session_ended_on_one_connection_is_refused_by_the_next_request_on_every_worker(
    server: Server,
):
    connections = connections_to_every_worker(server)
    for ending in connections[:4]:
        token = log_in(server)["access_token"]
        for path in ("/session", "/verify"):
            asked = [server.ask("GET", path, token=token, over=each) for each in connections]
            assert {answer.status for answer in asked} <= {200, 204}
        assert server.ask("DELETE", "/session", token=token, over=ending).status == 204
        for path in ("/session", "/verify"):
            asked = [server.ask("GET", path, token=token, over=each) for each in connections]
            assert {answer.status for answer in asked} == {401}
    for connection in connections:
        connection.close()


def test_twenty_wrong_passwords_at_once_are_counted_by_all_workers_together(server: Server):
    user = server.identities.add(f"victim{next(NUMBERS)}")
    body = {"account_type": "traditional", "email": user.email, "password": "wrong"}
    statuses: list[int] = []
    while statuses.count(401) < 10:
        statuses += [
            a.status for a in together(4, lambda _: server.ask("POST", "/session", body=body))
        ]
        assert set(statuses) <= {401, 429, 503}, "503: every hashing slot was taken"
        if 429 in statuses:
            break
    right = server.ask("POST", "/session", body=body | {"password": PASSWORD})
    assert right.status == 429
    assert 1 <= int(right.headers["Retry-After"]) <= 3600
