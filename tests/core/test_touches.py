"""The idle expiry of a session in use is moved at once or a little later, and no request waits for it."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import create_engine, insert, text

from app.core import sessions
from app.core.clock import ManualClock
from app.core.core import Core
from app.core.identities import prove
from app.core.sessions.rows import Live
from app.store.faults import StoreUnavailable
from app.store.models import Lease
from tests import grants
from tests.conftest import START
from tests.factories import ORIGIN, Identities

LEASE = {"name": "other", "holder": "me", "expires_at": 1.5}
LOCKS = {
    "sqlite": ["BEGIN IMMEDIATE"],
    # Of the row, as a change of the password has it; of the table, as an index that is built.
    "postgresql": ["SELECT id FROM sessions FOR UPDATE", "LOCK TABLE sessions IN SHARE MODE"],
}


@pytest.fixture
def sessid(core: Core, identities: Identities, clock: ManualClock) -> str:
    """Of a session whose touch is due."""
    user = identities.add()
    sessid = grants.aaa_session(core, prove(core, user.username, user.password, ORIGIN), ORIGIN)
    clock.advance(100)
    return sessid


@pytest.fixture
def row(core: Core, sessid: str) -> Live:
    return sessions.verify(core, sessid)


@contextmanager
def locked(url: str, statement: str) -> Iterator[None]:
    """Another process's transaction, under way."""
    engine = create_engine(
        url, isolation_level="AUTOCOMMIT" if "sqlite" in url else "READ COMMITTED"
    )
    with engine.connect() as connection:
        connection.execute(text(statement))
        yield
        connection.execute(text("ROLLBACK"))
    engine.dispose()


def expiry(rows) -> float:
    [session] = rows("SELECT expires_at FROM sessions")
    return session["expires_at"]


@pytest.mark.parametrize("which", [0, 1])
def test_a_touch_does_not_wait_for_another_writer_and_is_made_up_for(
    core: Core, row: Live, database_url, which: int, rows
):
    statements = LOCKS[core.store.backend]
    with locked(database_url, statements[which % len(statements)]):
        sessions.touch(core, row)
        assert expiry(rows) == START + 1_800, "it waits in memory, and the request is answered"
    core.touches.flush()
    assert expiry(rows) == START + 100 + 1_800
    core.touches.flush()
    assert expiry(rows) == START + 100 + 1_800


@pytest.mark.parametrize("url", ["/verify", "/api/cascade.aaa/1.0/keepalive"])
def test_no_door_holds_its_answer_up_for_a_touch(core, sessid, url, client, database_url, rows):
    with locked(database_url, LOCKS[core.store.backend][0]):
        assert client.get(url, headers={"Cookie": f"SESSID={sessid}"}).status_code == 204
        assert len(core.touches) == 1
    core.touches.flush()
    assert expiry(rows) == START + 100 + 1_800


def test_a_touch_does_not_wait_for_a_writer_of_its_own_process(core: Core, row: Live, rows):
    # PostgreSQL's writers do not exclude each other: there the touch is made beside the other write.
    excluded = core.store.backend == "sqlite"
    meanwhile = START + 1_800 if excluded else START + 100 + 1_800
    for alone in (False, True):
        with core.store.write(alone=alone) as writing:
            writing.execute(insert(Lease), LEASE)
            sessions.touch(core, row)
            assert expiry(rows) == meanwhile
            writing.execute(Lease.__table__.delete())
    core.touches.flush()
    assert expiry(rows) == START + 100 + 1_800


def test_a_late_touch_counts_as_of_when_it_was_made(core, row, database_url, clock, rows):
    with locked(database_url, LOCKS[core.store.backend][0]):
        sessions.touch(core, row)
    clock.advance(60)
    core.touches.flush()
    assert expiry(rows) == START + 100 + 1_800


def test_a_late_touch_brings_no_ended_session_back(core, row, database_url, rows):
    with locked(database_url, LOCKS[core.store.backend][0]):
        sessions.touch(core, row)
    sessions.end_row(core, row, ORIGIN)
    core.touches.flush()
    assert expiry(rows) == START + 100


def test_touches_that_cannot_be_written_yet_stay_until_they_can(core, row, database_url, rows):
    with locked(database_url, LOCKS[core.store.backend][0]):
        sessions.touch(core, row)
    write, core.store.write = core.store.write, away
    with pytest.raises(StoreUnavailable):
        core.touches.flush()
    core.store.write = write
    core.touches.flush()
    assert expiry(rows) == START + 100 + 1_800


def away() -> None:
    raise StoreUnavailable("OperationalError")


def test_writes_wait_as_ever_after_a_touch_that_did_not(core, row, database_url, rows):
    with locked(database_url, LOCKS[core.store.backend][0]):
        sessions.touch(core, row)
    sessions.touch(core, row)
    assert expiry(rows) == START + 100 + 1_800
    if core.store.backend == "sqlite":
        asked, expected = "PRAGMA busy_timeout", 2_000
    else:
        asked, expected = "SHOW lock_timeout", "2s"
    with core.store.write() as writing:
        shown = writing.execute(text(asked), {}).first()
    assert tuple(shown) == (expected,)
