"""Clients that put id and secret into Basic as they are, against RFC 6749 section 2.3.1."""

from base64 import b64encode
from urllib.parse import quote_plus

import pytest

from app.core.credentials import clients
from tests.conftest import START

INACTIVE = {"active": False}
PATH = "/oauth2/introspect"


def encoded(name: str, secret: str) -> dict[str, str]:
    return raw(quote_plus(name), quote_plus(secret))


def raw(name: str, secret: str) -> dict[str, str]:
    return {"Authorization": f"Basic {b64encode(f'{name}:{secret}'.encode()).decode()}"}


@pytest.mark.parametrize("own", ["a+b" * 9, "100%" * 9, "%41+%zz" * 5, "%ff" * 9, "%00" * 9])
def test_a_percent_or_plus_in_the_secret_is_itself(client, core, own, rows):
    with core.store.write() as writing:
        clients.insert_client(writing, START, "odd", "Odd", own)
    for headers in (raw("odd", own), encoded("odd", own)):
        response = client.post(PATH, headers=headers, data={"token": "x"})
        assert response.json == INACTIVE
    assert rows("SELECT * FROM throttles") == []


def test_both_readings_together_are_one_attempt(client, identities, rows):
    identities.client("odd", confidential=True)
    response = client.post(PATH, headers=raw("odd", "wrong%41+"), data={"token": "x"})
    assert response.status_code == 401
    counts = rows("SELECT failures FROM throttles")
    assert counts == [{"failures": 1}] * 2, "its address's failures, and its events in an hour"
    events = rows("SELECT note FROM audit_events WHERE event = 'login_refused'")
    assert events == [{"note": "odd"}]


def test_an_id_with_a_plus_may_be_repeated_in_the_form(client, identities):
    secret = identities.client("a+b", confidential=True)
    form = {"client_id": "a+b", "token": "x"}
    response = client.post(PATH, headers=raw("a+b", secret), data=form)
    assert response.json == INACTIVE
    other = client.post(PATH, headers=raw("a+b", secret), data=form | {"client_id": "c"})
    assert (other.status_code, other.json["error"]) == (400, "invalid_request")
