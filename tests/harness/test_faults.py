"""Which requests a rule matches, how often it fires, and what is said of a rule that is wrong."""

import pytest
import requests

from harness.client import Watchword
from harness.control import ControlError


def status(world: Watchword, path: str = "/healthz", **headers: str) -> int:
    return requests.get(world.url + path, headers=headers, timeout=5).status_code


def statuses(world: Watchword, count: int) -> list[int]:
    return [status(world) for _ in range(count)]


def test_nth_is_one_request(world):
    world.faults.add("GET /healthz", nth=2, status=503)
    assert statuses(world, 3) == [200, 503, 200]


def test_skip_and_times_are_a_stretch_of_requests(world):
    world.faults.add("GET /healthz", skip=1, times=2, status=503)
    assert statuses(world, 4) == [200, 503, 503, 200]
    [rule] = world.faults.all()
    assert (rule["met"], rule["fired"]) == (4, 2)


def test_the_first_rule_that_fires_is_carried_out(world):
    world.faults.add("GET /healthz", nth=1, status=500)
    world.faults.add("GET /healthz", status=503)
    assert statuses(world, 2) == [500, 503]


def test_a_rule_matches_by_dialect_method_path_and_user(world):
    world.faults.add(dialect="doors", method="GET", path="/readyz", status=503)
    assert (status(world, "/readyz"), status(world)) == (503, 200)
    world.faults.clear()
    world.faults.add(user="Komi@Example.com", status=503)
    login = {"UserLogin": "komi@example.com", "ApiKey": "hDn/LFXIPESM036W+s7VKg=="}
    by_email = requests.post(f"{world.url}/login", json=login, timeout=5)
    assert (by_email.status_code, status(world)) == (503, 200)


def test_a_rule_knows_a_user_by_the_token_too(world):
    login = {"UserLogin": "komi", "ApiKey": "hDn/LFXIPESM036W+s7VKg=="}
    token = requests.post(f"{world.url}/login", json=login, timeout=5).json()["Token"]
    world.faults.add(user="komi", status=503)
    assert status(world, f"/verify?Token={token}") == 503
    assert status(world, "/verify?Token=00000000-0000-0000-0000-000000000000") == 401


def test_a_removed_rule_fires_no_more(world):
    number = world.faults.add("GET /healthz", status=503)
    world.faults.remove(number)
    assert status(world) == 200
    with pytest.raises(ControlError) as refused:
        world.faults.remove(number)
    assert refused.value.status == 404


@pytest.mark.parametrize(
    ("match", "effect", "place"),
    [
        ({"operation": 1}, {"status": 503}, "/match/operation"),
        ({"nth": 0}, {"status": 503}, "/match/nth"),
        ({"nth": 1, "times": 1}, {"status": 503}, "/match/nth"),
        ({"colour": "red"}, {"status": 503}, "/match/colour"),
        ({}, {}, "/effect"),
        ({}, {"status": 503, "disconnect": "after"}, "/effect"),
        ({}, {"status": 200}, "/effect/status"),
        ({}, {"status": True}, "/effect/status"),
        ({}, {"refuse": "NOTHING"}, "/effect/refuse"),
        ({}, {"refuse": "TOKEN_EXPIRED", "retry_after": 0}, "/effect/retry_after"),
        ({}, {"disconnect": "meanwhile"}, "/effect/disconnect"),
        ({}, {"truncate": -1}, "/effect/truncate"),
        ({}, {"malform": "yaml"}, "/effect/malform"),
        ({}, {"database": "slow"}, "/effect/database"),
        ({}, {"delay_seconds": 1e9}, "/effect/delay_seconds"),
        ({}, {"stall_seconds": 1, "every_bytes": 0}, "/effect/every_bytes"),
        ({}, {"clock_skew_seconds": "1"}, "/effect/clock_skew_seconds"),
        ({}, {"status": 503, "when": "after"}, "/effect/when"),
    ],
)
def test_a_rule_that_is_wrong_is_refused_by_its_place(world, match, effect, place):
    with pytest.raises(ControlError) as refused:
        world.ask("POST", "/faults", {"match": match, "effect": effect})
    assert refused.value.status == 422
    assert place in [fault["place"] for fault in refused.value.problem["faults"]]
    assert world.faults.all() == []
