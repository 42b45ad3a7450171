"""``/readyz`` while the database can be read and not written, and beside a later version's migration."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy import create_engine, text

from app.core import preflight
from app.core.clock import ManualClock
from app.core.wiring import Core


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
