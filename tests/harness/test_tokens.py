"""A token without a login, in every state and dialect: what a gateway hears, and the true reason."""

import pytest
import requests

from harness.client import Watchword
from harness.control import ControlError

DIALECTS = ("aaa", "token_v2", "login", "session")
REFRESHED = ("token_v2", "session")
SIGNED = REFRESHED


def reason(world: Watchword, token: str) -> str | None:
    """Why a gateway refuses a token; None if it does not."""
    headers = {"Authorization": f"Bearer {token}"}
    answer = requests.get(f"{world.url}/verify", headers=headers, timeout=5)
    refusal = world.journal.entries(path="/verify")[-1]["refusal"]
    assert answer.status_code == (401 if refusal else 204)
    return refusal


def made(world: Watchword, dialect: str, state: str) -> str:
    return world.token("komi", dialect, state)["access"]


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_live_token_counts_for_its_user(world, dialect):
    token = world.token("komi", dialect)
    assert reason(world, token["access"]) is None
    entry = world.journal.entries(path="/verify")[-1]
    assert (entry["user"], entry["session"]) == ("komi", token["session"])
    assert bool(token["refresh"]) == (dialect in REFRESHED)


@pytest.mark.parametrize(
    ("dialect", "expected"),
    [
        ("aaa", "session_expired"),
        ("token_v2", "token_expired"),
        ("login", "session_expired"),
        ("session", "token_expired"),
    ],
)
def test_an_expired_token_is_expired_to_the_second(world, dialect, expected):
    assert reason(world, made(world, dialect, "expired")) == expected


@pytest.mark.parametrize(
    ("state", "expected"),
    [("superseded", "token_superseded"), ("reused", "session_ended"), ("ended", "session_ended")],
)
@pytest.mark.parametrize("dialect", REFRESHED)
def test_a_token_that_was_refreshed_reused_or_ended(world, dialect, state, expected):
    assert reason(world, made(world, dialect, state)) == expected


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_token_of_a_disabled_user_and_of_an_expired_password(world, dialect):
    if dialect != "login":
        assert reason(world, made(world, dialect, "password_expired")) == "password_expired"
        world.reset()
    assert reason(world, made(world, dialect, "user_disabled")) == "session_disabled"


@pytest.mark.parametrize("dialect", SIGNED)
def test_a_token_whose_key_is_retired(world, dialect):
    assert reason(world, made(world, dialect, "key_retired")) == "token_forged"
    assert reason(world, made(world, dialect, "live")) is None


@pytest.mark.parametrize("state", ["forged", "foreign"])
@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_token_that_this_world_never_made(world, worlds, dialect, state):
    before = len(worlds.all())
    expected = "token_forged" if dialect in SIGNED else "token_unknown"
    assert reason(world, made(world, dialect, state)) == expected
    assert len(worlds.all()) == before


@pytest.mark.parametrize(
    ("user", "dialect", "state", "status"),
    [
        ("nobody", "aaa", "live", 404),
        ("komi", "soap", "live", 422),
        ("komi", "aaa", "tired", 422),
        ("komi", "aaa", "superseded", 422),
        ("komi", "login", "password_expired", 422),
        ("komi", "login", "key_retired", 422),
    ],
)
def test_what_there_cannot_be_is_refused(world, user, dialect, state, status):
    with pytest.raises(ControlError) as refused:
        world.token(user, dialect, state)
    assert refused.value.status == status
