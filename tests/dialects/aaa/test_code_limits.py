"""How many codes a user may have."""

import pytest

from tests.conftest import settings_for

from .conftest import CODES, assert_refused, basic


@pytest.fixture
def settings(database_url, monkeypatch):
    return settings_for(database_url, monkeypatch, access_codes_per_user=2)


def test_a_code_beyond_the_cap_is_forbidden_and_the_answer_says_what_to_do(client, user, rows):
    headers = basic(user.username, user.password)
    for _ in range(2):
        assert client.post(CODES, headers=headers).status_code == 201
    refused = client.post(CODES, headers=headers)
    assert_refused(refused, "AUTH_FORBIDDEN", reason="revoke one first")
    assert len(rows("SELECT id FROM access_codes")) == 2
    assert client.delete(f"{CODES}/1", headers=headers).status_code == 204
    assert client.post(CODES, headers=headers).status_code == 201
