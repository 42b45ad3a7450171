"""The fixture ``watchword`` is a world of the test's own: the real service, with a clock that turns."""

import pytest
from app.client import Client

LOGIN = ("komi@example.com", "demonstration-of-session")


def test_an_expired_token_is_refreshed_once(watchword):
    client = Client(watchword.url, *LOGIN)
    client.fetch()
    watchword.clock.tick(hours=1)
    assert client.fetch()["email"] == "komi@example.com"
    assert watchword.journal.count(operation="PUT /session", status=200) == 1


@pytest.mark.watchword(seed="tests/identities.yaml", now="2027-03-28T00:59:50Z")
def test_a_lost_answer_costs_nobody_the_session(watchword):
    client = Client(watchword.url, *LOGIN)
    client.fetch()
    watchword.faults.add("PUT /session", nth=1, disconnect="after")  # committed, never answered
    watchword.clock.tick(hours=1)
    client.fetch()
    assert watchword.journal.count(operation="PUT /session") == 2
    assert watchword.journal.count(operation="POST /session") == 1
