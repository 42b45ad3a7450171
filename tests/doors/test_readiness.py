"""``/readyz`` while the database is read-only, and after a later version has migrated."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy import create_engine, text

from app.core.clock import ManualClock
from app.core.core import Core
from app.core.keys import Keys
from app.core.upkeep import preflight
from tests.conftest import OTHER_SECRET, TEST_SECRET
from tests.factories import Identities


@pytest.fixture(params=["sqlite", "postgresql"])
def either_database(request: pytest.FixtureRequest) -> str:
    return request.getfixturevalue(f"{request.param}_url")


class TestALockedDatabase:
    def test_is_not_ready_while_the_lock_is_held_and_ready_by_itself_afterwards(
        self, client: FlaskClient, sqlite_url: str, clock: ManualClock
    ):
        file = Path(sqlite_url.removeprefix("sqlite:///"))
        with closing(sqlite3.connect(file, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            locked = client.get("/readyz")
            assert (locked.status_code, locked.headers["Retry-After"]) == (503, "2")
            assert client.get("/healthz").status_code == 200
            assert client.get("/verify").status_code == 401
            other.execute("ROLLBACK")
        clock.advance(1)
        assert client.get("/readyz").json == {"status": "ok"}


class TestALaterVersionsMigration:
    @pytest.fixture
    def database_url(self, either_database: str) -> str:
        return either_database

    @pytest.mark.parametrize(
        ("revision", "migrated"), [("of_a_later_version", True), ("0001", False)]
    )
    def test_is_no_reason_to_leave_and_an_older_schema_is(
        self, client: FlaskClient, core: Core, database_url: str, revision: str, migrated: bool
    ):
        engine = create_engine(database_url)
        with engine.begin() as connection:
            connection.execute(text("UPDATE alembic_version SET version_num = :r"), {"r": revision})
        engine.dispose()
        assert preflight.is_migrated(core) is migrated
        assert client.get("/readyz").status_code == (200 if migrated else 503)


def test_the_probe_writes_one_row_however_often_it_is_asked(client: FlaskClient, rows, clock):
    for _ in range(3):
        assert client.get("/readyz").status_code == 200
        clock.advance(1)
    [row] = rows("SELECT * FROM leases WHERE name = 'readyz'")
    assert row["expires_at"] == clock.now() - 1


def test_a_verdict_counts_for_a_second_however_many_ask(client: FlaskClient, rows, clock):
    asked = "SELECT expires_at FROM leases WHERE name = 'readyz'"
    first = clock.now()
    statuses = set()
    for _ in range(20):
        statuses.add(client.get("/readyz").status_code)
        clock.advance(0.04)
    assert statuses == {200}
    assert rows(asked) == [{"expires_at": first}]
    clock.advance(0.3)
    assert client.get("/readyz").status_code == 200
    assert rows(asked) == [{"expires_at": clock.now()}]


def test_a_verdict_from_before_the_clock_was_stepped_back_does_not_count(
    client: FlaskClient, rows, clock
):
    client.get("/readyz")
    clock.advance(-3600)
    client.get("/readyz")
    assert rows("SELECT expires_at FROM leases") == [{"expires_at": clock.now()}]


class TestAKeyThatCannotBeUnwrapped:
    """Another process wrapped the keys under a secret that this one was not given."""

    @pytest.fixture
    def unusable(self, core: Core) -> Core:
        core.keys.load()
        Keys(core.store, core.clock, [OTHER_SECRET, TEST_SECRET], "HS256").rotate("seal")
        core.keys.reload()
        return core

    def test_is_not_ready_and_says_why_and_ready_by_itself_afterwards(
        self, client: FlaskClient, clock: ManualClock, unusable: Core
    ):
        response = client.get("/readyz")
        assert (response.status_code, response.headers["Retry-After"]) == (503, "2")
        assert response.json["title"] == "A signing key cannot be unwrapped"
        assert client.get("/healthz").status_code == 200
        Keys(unusable.store, clock, [TEST_SECRET, OTHER_SECRET], "HS256").rotate("seal")
        unusable.keys.reload()
        clock.advance(1)
        assert client.get("/readyz").json == {"status": "ok"}

    def test_what_is_asked_all_the_same_is_answered_with_the_keys_that_are_left(
        self, client: FlaskClient, identities: Identities, unusable: Core, rows
    ):
        identities.client()
        user = identities.add()
        body = {
            "account_type": "traditional",
            "email": user.email,
            "password": user.password,
        }
        headers = {"x-koms-clientid": "koms-web"}
        opened = client.post("/session", json=body, headers=headers)
        token = {"Authorization": f"Bearer {opened.json['access_token']}"}
        assert client.get("/verify", headers=token).status_code == 204
        ahead = Keys(unusable.store, unusable.clock, [OTHER_SECRET], "HS256")
        ahead.retire(rows("SELECT kid FROM signing_keys ORDER BY id LIMIT 1")[0]["kid"])
        unusable.keys.reload()
        assert client.get("/verify", headers=token).status_code == 401
        refused = client.post("/session", json=body, headers=headers)
        assert (refused.status_code, refused.headers["Retry-After"]) == (503, "2")
        assert refused.json["errorType"] == "ServiceUnavailable"
