"""The clock of a world is exact, and everything that the world tells is its time."""

import base64
import json

import pytest
import requests

from harness.client import Watchword
from harness.control import ControlError
from tests.conftest import START

LOGIN = {"UserLogin": "komi", "ApiKey": "hDn/LFXIPESM036W+s7VKg=="}
JSON = {"Content-Type": "application/json", "x-koms-clientid": "koms-web"}


def login_token(world: Watchword) -> str:
    return requests.post(f"{world.url}/login", json=LOGIN, timeout=5).json()["Token"]


def verify(world: Watchword, token: str) -> requests.Response:
    return requests.get(f"{world.url}/verify?Token={token}", timeout=5)


def test_a_token_of_20_seconds_is_taken_at_19_999_and_refused_at_20(world):
    token = login_token(world)
    world.clock.tick(19.999)
    assert verify(world, token).status_code == 204
    world.clock.tick(0.001)
    assert verify(world, token).status_code == 401
    assert world.journal.entries(status=401)[0]["refusal"] == "session_expired"


def test_turning_the_clock_tells_what_came_due(world):
    login_token(world)
    assert world.clock.tick(seconds=19)["sessions"] == 0
    assert world.clock.tick(seconds=1)["sessions"] == 1


def test_date_and_jwt_times_are_the_worlds(world):
    world.clock.move_to("2027-03-28T00:59:50Z")
    credentials = {"username": "komi", "password": "demonstration-of-session"}
    answer = requests.post(f"{world.url}/api/v2/auth/token", json=credentials, timeout=5)
    assert answer.headers["Date"] == "Sun, 28 Mar 2027 00:59:50 GMT"
    payload = answer.json()["content"][0]["token"].split(".")[1]
    claims = json.loads(base64.urlsafe_b64decode(payload + "=="))
    assert (claims["iat"], claims["exp"]) == (1_806_195_590, 1_806_199_190)


def test_a_clock_goes_back_only_when_it_is_told_to(world):
    with pytest.raises(ControlError) as refused:
        world.clock.move_to(START - 1)
    assert refused.value.status == 409
    assert world.clock.now().timestamp() == START
    world.clock.move_to(START - 1, rewind=True)
    assert world.clock.now().timestamp() == START - 1


def test_a_thawed_clock_runs_and_a_rate_makes_it_run_faster(world):
    world.clock.thaw()
    before = world.clock.now().timestamp()
    world.ask("PUT", "/clock", {"rate": 100_000})
    assert world.clock.now().timestamp() > before
    world.clock.freeze()
    stopped = world.clock.now()
    assert world.clock.now() == stopped


def test_the_pause_of_the_guard_follows_the_clock(world):
    world.act(pause_user="komi")
    body = {
        "account_type": "traditional",
        "email": "komi@example.com",
        "password": "demonstration-of-session",
    }

    def log_in() -> int:
        return requests.post(f"{world.url}/session", json=body, headers=JSON, timeout=5).status_code

    assert log_in() == 429
    world.clock.tick(59)
    assert log_in() == 429
    assert world.clock.tick(1)["pauses"] == 2  # of the username, and of the address
    assert log_in() == 200


@pytest.mark.parametrize("when", ["2027-03-28T00:59:50", "tomorrow", [1], True])
def test_a_time_without_a_zone_is_refused_by_its_place(world, when):
    with pytest.raises(ControlError) as refused:
        world.ask("PUT", "/clock", {"now": when})
    assert refused.value.status == 422
    assert refused.value.problem["faults"][0]["place"] == "/now"


def test_worlds_have_clocks_of_their_own(world, worlds):
    other = Watchword(worlds.url_of(worlds.default)).world(now=START, frozen=True)
    try:
        world.clock.tick(hours=1)
        assert other.clock.now().timestamp() == START
    finally:
        other.close()
