"""Worlds never meet; each goes back to its seed, to a snapshot, and away without a trace."""

from pathlib import Path

import pytest
import requests

from harness.client import Watchword
from harness.control import ControlError
from harness.plane.worlds import Worlds
from tests.conftest import START

LOGIN = {"UserLogin": "komi", "ApiKey": "hDn/LFXIPESM036W+s7VKg=="}
OTHER = {"users": [{"username": "nessa", "email": "nessa@example.com", "password": "of-the-other"}]}


@pytest.fixture
def default(worlds: Worlds) -> Watchword:
    return Watchword(worlds.url_of(worlds.default))


def log_in(world: Watchword) -> requests.Response:
    return requests.post(f"{world.url}/login", json=LOGIN, timeout=5)


def counts(world: Watchword, token: str) -> bool:
    answer = requests.get(f"{world.url}/verify", params={"Token": token}, timeout=5)
    return answer.status_code == 204


def usernames(world: Watchword) -> list[str]:
    return [user["username"] for user in world.identities["users"]]


def test_a_token_of_one_world_is_nothing_in_another(world, default):
    other = default.world(now=START, frozen=True)
    token = log_in(world).json()["Token"]
    assert (counts(world, token), counts(other, token)) == (True, False)
    assert other.journal.count(operation="POST /login") == 0
    other.close()


def test_a_world_has_a_seed_of_its_own(default):
    other = default.world(seed=OTHER)
    assert usernames(other) == ["nessa"]
    assert log_in(other).status_code == 401
    other.close()


def test_a_world_with_a_port_is_reached_by_absolute_paths(default, worlds):
    other = default.world(port=0)
    assert other.url.count("/") == 2
    assert log_in(other).status_code == 200
    assert other.journal.count(operation="POST /login") == 1
    other.close()
    with pytest.raises(requests.ConnectionError):
        log_in(other)


def test_a_taken_name_and_a_taken_port_are_refused(default):
    other = default.world(name="taken", port=0)
    port = int(other.url.rpartition(":")[2])
    for wanted in ({"name": "taken"}, {"port": port}):
        with pytest.raises(ControlError) as refused:
            default.world(**wanted)
        assert refused.value.status == 409
    other.close()


def test_a_seed_that_is_wrong_makes_no_world(default, worlds):
    before = len(worlds.all())
    with pytest.raises(ControlError) as refused:
        default.world(seed={"users": [{"username": "nessa"}], "customs": []})
    assert refused.value.status == 422
    said = [fault["text"] for fault in refused.value.problem["faults"]]
    assert any("email: is missing" in text for text in said), said
    assert len(worlds.all()) == before


def test_a_name_is_free_again_when_its_seed_was_wrong(default):
    with pytest.raises(ControlError):
        default.world(name="again", seed={"users": [{"username": "nessa"}]})
    default.world(name="again", seed=OTHER).close()


def test_a_world_that_is_closed_leaves_nothing(default, worlds):
    other = default.world(name="gone")
    home: Path = worlds.home / "world-gone"
    assert home.is_dir()
    other.close()
    assert not home.exists()
    assert requests.get(f"{other.url}/healthz", timeout=5).status_code == 404


def test_the_default_world_stays(default):
    with pytest.raises(ControlError) as refused:
        default.ask("DELETE", "/worlds/default")
    assert refused.value.status == 409


def test_reset_goes_back_to_the_seed(world):
    token = log_in(world).json()["Token"]
    world.act(disable_user="komi")
    world.faults.add("POST /login", status=503)
    world.add_identities(OTHER)
    world.reset()
    assert not counts(world, token)
    assert log_in(world).status_code == 200
    assert usernames(world) == ["komi"]
    assert world.faults.all() == []


def test_a_snapshot_keeps_sessions_identities_and_the_clock(world):
    token = log_in(world).json()["Token"]
    world.clock.tick(19)
    world.snapshot("before")
    world.clock.tick(hours=1)
    world.add_identities(OTHER)
    assert not counts(world, token)
    world.restore("before")
    assert world.clock.now().timestamp() == START + 19
    assert counts(world, token)
    assert usernames(world) == ["komi"]


def test_a_snapshot_that_is_not_there_is_refused(world):
    with pytest.raises(ControlError) as refused:
        world.restore("never")
    assert refused.value.status == 404


def test_identities_are_refused_as_a_whole(world):
    wrong = {"users": [*OTHER["users"], {"username": "komi", "email": "x", "password": "short"}]}
    with pytest.raises(ControlError):
        world.add_identities(wrong)
    assert usernames(world) == ["komi"]


def test_every_answer_says_that_it_is_a_harness(world):
    for path in ("/healthz", "/nothing", "/__harness__/clock", "/__harness__/nothing"):
        answer = requests.get(world.url + path, timeout=5)
        assert answer.headers["X-Watchword-Harness"] == "true"


def test_a_path_of_no_world_is_a_problem(default):
    answer = requests.get(f"{default.url}/w/nobody/session", timeout=5)
    assert (answer.status_code, answer.json()["title"]) == (404, "There is no such world")
