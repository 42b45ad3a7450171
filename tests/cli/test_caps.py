"""The caps on codes and keys, in the commands."""

import base64

import pytest

from tests.conftest import settings_for
from tests.factories import PASSWORD, Identities

CAPPED = "2 are live already, the most there may be: revoke one first."


@pytest.fixture
def settings(database_url, monkeypatch):
    return settings_for(database_url, monkeypatch, access_codes_per_user=2, api_keys_per_user=2)


def keys(number: int, first: int = 0) -> list[str]:
    return [base64.b64encode(bytes([first + place] * 16)).decode() for place in range(number)]


def nessa(*api_keys: str) -> dict[str, object]:
    return {
        "username": "nessa",
        "email": "nessa@example.com",
        "password": PASSWORD,
        "api_keys": api_keys,
    }


def test_a_code_or_key_beyond_the_cap_is_refused_in_a_line(done, refused, identities: Identities):
    identities.add("John.Doo")
    done("api-keys", "issue", "john.doo")
    assert refused("api-keys", "issue", "john.doo") == CAPPED
    for _ in range(2):
        done("access-codes", "issue", "john.doo")
    assert refused("access-codes", "issue", "john.doo") == CAPPED


def test_a_seed_of_too_many_keys_is_refused_with_the_place(done, run, seed_file, rows):
    place = "users[0].api_keys: would be more live keys than the 2 a user may have"
    result = run("seed", seed_file(users=[nessa(*keys(3))]))
    assert (result.exit_code, place in result.stderr) == (1, True)
    done("seed", seed_file(users=[nessa(*keys(1))]))
    result = run("seed", seed_file(users=[nessa(*keys(3))]))
    assert (result.exit_code, place in result.stderr) == (1, True)
    assert len(rows("SELECT id FROM api_keys")) == 1
    done("seed", seed_file(users=[nessa(*keys(2))]))
    done("api-keys", "revoke", 1)
    done("seed", seed_file(users=[nessa(*keys(1, first=9))]))
    assert len(rows("SELECT id FROM api_keys WHERE revoked_at IS NULL")) == 2
