"""The operator's acts: done by the core's own functions, and refused by name where there is no such act."""

import pytest
import requests

from harness.client import Watchword
from harness.control import ControlError

LOGIN = {"UserLogin": "komi", "ApiKey": "hDn/LFXIPESM036W+s7VKg=="}


def log_in(world: Watchword) -> requests.Response:
    return requests.post(f"{world.url}/login", json=LOGIN, timeout=5)


def is_live(world: Watchword, token: str) -> bool:
    headers = {"Authorization": f"Bearer {token}"}
    return requests.get(f"{world.url}/verify", headers=headers, timeout=5).status_code == 204


def test_a_session_is_ended_by_its_name(world):
    token = world.token("komi", "session")
    assert is_live(world, token["access"])
    assert world.act(end_session=token["session"]) == {"ended": 1}
    assert not is_live(world, token["access"])


def test_a_disabled_user_is_refused_and_an_enabled_one_is_not(world):
    assert world.act(disable_user="komi") == {"changed": True}
    assert log_in(world).status_code == 401
    assert world.act(enable_user="komi") == {"changed": True}
    assert log_in(world).status_code == 200


def test_a_revoked_api_key_opens_nothing(world):
    assert log_in(world).status_code == 200
    world.act(revoke_api_key=1)
    assert log_in(world).status_code == 401
    assert world.journal.entries(status=401)[0]["refusal"] == "api_key_revoked"


def test_rotated_keys_sign_and_the_old_ones_still_count(world):
    old = world.token("komi", "token_v2")["access"]
    assert set(world.act(rotate_keys=True)["keys"]) == {"seal", "jwt"}
    assert set(world.act(rotate_keys="jwt")["keys"]) == {"jwt"}
    assert is_live(world, old)
    assert is_live(world, world.token("komi", "token_v2")["access"])


def test_a_new_password_replaces_the_old_one(world):
    world.act(set_password={"user": "komi", "password": "another demonstration"})
    body = {"account_type": "traditional", "email": "komi@example.com"}
    headers = {"Content-Type": "application/json", "x-koms-clientid": "koms-web"}

    def opens(password: str) -> int:
        whole = {**body, "password": password}
        return requests.post(
            f"{world.url}/session", json=whole, headers=headers, timeout=5
        ).status_code

    assert (opens("demonstration-of-session"), opens("another demonstration")) == (401, 200)


@pytest.mark.parametrize(
    ("action", "status"),
    [
        ({"rotate_keys": "all"}, 422),
        ({"rotate_keys": 1}, 422),
        ({"dance": True}, 422),
        ({"disable_user": "komi", "enable_user": "komi"}, 422),
        ({"disable_user": "nobody"}, 404),
        ({"disable_user": 7}, 404),
        ({"end_session": "0000000000000000"}, 404),
        ({"revoke_api_key": "1"}, 422),
        ({"revoke_api_key": 99}, 404),
        ({"set_password": "komi"}, 422),
    ],
)
def test_an_act_that_cannot_be_done_is_refused(world, action, status):
    with pytest.raises(ControlError) as refused:
        world.ask("POST", "/actions", action)
    assert refused.value.status == status
