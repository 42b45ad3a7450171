"""Another primary behind the same address: two real servers, and connections left open to the old one."""

import time
from collections.abc import Iterator
from functools import partial

import pytest
from flask import Flask
from sqlalchemy import create_engine, delete, select, text

from app import create_app
from app.core import identities
from app.store.faults import StoreUnavailable
from app.store.models import Lease
from chaos.failover import (
    Forwarder,
    Standby,
    fence,
    one_address,
    standby_of,
    unfence,
    wait_for_replay,
)
from tests import grants
from tests.conftest import settings_for
from tests.factories import ORIGIN, Identities
from tests.waiting import wait_until

JSON = {"x-koms-clientid": "koms-web"}


class House:
    """The service behind an address that leads to a primary, which has a standby."""

    def __init__(self, primary: str, app: Flask, address: Forwarder, standby: Standby) -> None:
        self.primary = primary
        self.address = address
        self.standby = standby
        self.app = app
        self.core = self.app.extensions["watchword"].core
        self.user = Identities(self.core).add()
        Identities(self.core).client("koms-web")
        identity = identities.prove(self.core, self.user.username, self.user.password, ORIGIN)
        self.token = grants.session_pair(self.core, identity, "koms-web", ORIGIN).access
        wait_for_replay(primary, standby.url)

    def statuses(self) -> list[int]:
        """What the hot path, a login, a write through the engine and the probe say."""
        client = self.app.test_client(use_cookies=False)
        body = {
            "account_type": "traditional",
            "email": self.user.email,
            "password": self.user.password,
        }
        bearer = {"Authorization": f"Bearer {self.token}"}
        wrong = body | {"password": "not the password at all"}
        return [
            client.get("/verify", headers=bearer).status_code,
            client.post("/session", json=body, headers=JSON).status_code,
            client.post("/session", json=wrong, headers=JSON).status_code,
            client.get("/readyz").status_code,
        ]

    def take_over(self) -> None:
        """The standby becomes the primary and is where new connections lead; the session ends there."""
        self.address.target = self.standby.socket
        self.standby.promote()
        engine = create_engine(self.standby.url)
        with engine.begin() as connection:
            connection.execute(text("UPDATE sessions SET ended_at = 1, end_reason = 'logout'"))
        engine.dispose()


@pytest.fixture
def house(postgresql_server, postgresql_url: str, monkeypatch) -> Iterator[House]:
    with (
        one_address(postgresql_url) as (address, url),
        standby_of(postgresql_url, postgresql_server.user) as standby,
    ):
        app = create_app(settings_for(url, monkeypatch))
        try:
            yield House(postgresql_url, app, address, standby)
        finally:
            unfence(postgresql_url)
            app.extensions["watchword"].core.close()


def until(expected: list[int], house: House, seconds: float) -> list[int]:
    """The service's answers, as soon as they are as expected, or when the time is over."""
    deadline = time.monotonic() + seconds
    found: list[int] = []
    while found != expected and time.monotonic() < deadline:
        found = house.statuses()
    return found


def test_a_fenced_primary_is_left_for_the_new_one_and_nothing_is_trusted_meanwhile(house: House):
    assert house.statuses() == [204, 200, 401, 200]
    fence(house.primary)
    # Nothing but the fenced one can be reached: no dialect and no door trusts what it reads there.
    assert until([503] * 4, house, 5) == [503] * 4
    assert house.statuses() == [503] * 4
    # A standby is no better.
    house.address.target = house.standby.socket
    assert house.statuses() == [503] * 4
    house.take_over()
    assert until([401, 200, 401, 200], house, 5) == [401, 200, 401, 200]


BACKEND = select(text("pg_backend_pid()"))


@pytest.mark.parametrize("alone", [False, True])
def test_a_write_refused_as_read_only_ends_the_trust_in_every_connection(
    postgresql_url: str, open_store, monkeypatch, alone: bool
):
    """Those too that were asked a moment ago, and would be trusted a while longer."""
    monkeypatch.setattr("app.store.connections.TRUSTED_SECONDS", 3_600)
    store = open_store(postgresql_url)
    backend = partial(store.store.first, BACKEND)
    asked = [store.connections.take() for _ in range(3)]
    for connection in asked:
        store.connections.give(connection)
    fence(postgresql_url)
    try:
        assert backend(), "nobody has noticed yet"
        with pytest.raises(StoreUnavailable), store.store.write(alone=alone) as writing:
            writing.execute(delete(Lease), {})
        for _ in asked:
            with pytest.raises(StoreUnavailable):
                backend()
        assert all(connection.closed for connection in asked)
    finally:
        unfence(postgresql_url)
    assert backend()


def test_no_connection_outlives_its_life_however_busy_it_is(postgresql_url: str, open_store):
    store = open_store(postgresql_url, life_seconds=0.2)
    backend = partial(store.store.first, BACKEND)
    first = backend()
    assert backend() == first
    wait_until(lambda: backend() != first)

    def written() -> object:
        with store.store.write() as writing:
            return writing.execute(BACKEND).one()

    first = written()
    wait_until(lambda: written() != first)
