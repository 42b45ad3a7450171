"""The housekeeping thread purges, reads new keys, and survives outages of the database."""

import sqlite3
import threading
import uuid
from collections.abc import Callable
from types import SimpleNamespace

import pytest

from app.core import identities
from app.core.core import Core
from app.core.keys import Keys
from app.core.keys.keyring import KeysUnusable
from app.core.refusals import Refusal
from app.core.upkeep import housekeeping, purge
from app.core.upkeep.housekeeping import Housekeeper
from app.store.faults import StoreUnavailable
from tests import grants
from tests.conftest import OTHER_SECRET, TEST_SECRET
from tests.factories import ORIGIN, Identities, Somebody
from tests.waiting import wait_until


@pytest.fixture
def housekeeper(core: Core, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(housekeeping, "ROUND_SECONDS", 0.01)
    thread = Housekeeper(core)
    assert thread.daemon, "it keeps no process alive"
    yield thread
    thread.stop()
    thread.join(5)
    assert not thread.is_alive(), "it stops when it is told to"


def test_what_was_counted_is_written_when_it_ends(core: Core, housekeeper, monkeypatch, rows):
    monkeypatch.setattr(housekeeping, "ROUND_SECONDS", 60)
    housekeeper.start()
    for _ in range(5):
        core.tally.note(Refusal.ACCOUNT_PAUSED, ORIGIN)
    assert rows("SELECT count FROM audit_events") == [{"count": 1}]
    housekeeper.stop()
    housekeeper.join(5)
    assert rows("SELECT count FROM audit_events") == [{"count": 5}]


def test_it_makes_up_for_touches_that_found_the_writer_busy(
    core, housekeeper, identities, monkeypatch, rows
):
    now = core.clock.now()
    grants.aaa_session(core, proven(core, identities.add()), ORIGIN)
    [session] = rows("SELECT id FROM sessions")
    with monkeypatch.context() as patch:
        patch.setattr(core.store, "write_at_once", lambda *_: False)
        core.touches.push(session["id"], now, now + 9_000)
    housekeeper.start()
    wait_until(lambda: rows("SELECT expires_at FROM sessions") == [{"expires_at": now + 9_000}])


def test_it_purges_under_a_lease(core, housekeeper, identities: Identities, clock, rows):
    user = identities.add()
    grants.aaa_session(core, proven(core, user), ORIGIN)
    clock.advance(1800 + 3600)
    housekeeper.start()
    wait_until(lambda: rows("SELECT id FROM sessions") == [])
    [lease] = rows("SELECT * FROM leases")
    assert lease["name"] == "purge"
    assert lease["expires_at"] == clock.now() + 90
    assert uuid.UUID(lease["holder"]), "nobody else's, on no machine"


def proven(core: Core, user: Somebody) -> identities.Identity:
    return identities.prove(core, user.username, user.password, ORIGIN)


def test_it_leaves_the_purge_to_whoever_holds_the_lease(core, housekeeper, identities, clock, rows):
    grants.aaa_session(core, proven(core, identities.add()), ORIGIN)
    clock.advance(1800 + 3600)
    assert purge.acquire_lease(core, "another worker", 90)
    loads = count_loads(core)
    housekeeper.start()
    wait_until(lambda: len(loads) >= 3)
    assert len(rows("SELECT id FROM sessions")) == 1


def test_a_clock_that_is_set_back_does_not_stop_it(core, housekeeper, identities, clock, rows):
    clock.advance(365 * 86_400)
    loads = count_loads(core)
    housekeeper.start()
    wait_until(lambda: rows("SELECT expires_at FROM leases") == [{"expires_at": clock.now() + 90}])
    clock.advance(-365 * 86_400)
    grants.aaa_session(core, proven(core, identities.add()), ORIGIN)
    clock.advance(1800 + 3600)
    wait_until(lambda: rows("SELECT id FROM sessions") == [])
    assert len(loads) >= 2


def test_of_two_on_one_database_one_purges_until_it_is_gone(core, clock, monkeypatch):
    monkeypatch.setattr(housekeeping, "ROUND_SECONDS", 0.01)
    purged: list[threading.Thread] = []
    monkeypatch.setattr(
        purge, "purge", lambda *_: purged.append(threading.current_thread()) or {"sessions": 0}
    )
    rounds = [0, 0]
    house = [Housekeeper(core, counting(rounds, place)) for place in (0, 1)]
    try:
        for keeper in house:
            keeper.start()
        wait_until(lambda: rounds == [1, 1])
        clock.advance(60)
        wait_until(lambda: rounds == [2, 2])
        [first] = set(purged)
        assert len(purged) == 2
        first.stop()
        first.join(5)
        clock.advance(60)
        wait_until(lambda: max(rounds) == 3)
        assert len(purged) == 2, "its lease has half a minute to go"
        clock.advance(60)
        wait_until(lambda: max(rounds) == 4)
        assert [keeper for keeper in house if keeper is not first] == purged[2:]
    finally:
        for keeper in house:
            keeper.stop()
            keeper.join(5)


def counting(rounds: list[int], place: int) -> Callable[[Core], None]:
    """What a housekeeper calls after each purge interval."""

    def count(_core: Core) -> None:
        rounds[place] += 1

    return count


def test_two_in_one_process_are_two_holders(core: Core):
    assert Housekeeper(core).holder != Housekeeper(core).holder


def count_loads(core: Core, *faults: Exception) -> list[int]:
    """Notes each load of the keys; the first ones raise ``faults``."""
    loads: list[int] = []
    load = core.keys.reload
    waiting = list(faults)

    def counted() -> None:
        loads.append(1)
        if waiting:
            raise waiting.pop(0)
        load()

    core.keys.reload = counted  # type: ignore[method-assign]
    return loads


def test_it_picks_up_keys_that_another_process_made(core: Core, housekeeper, app, rows):
    first = core.keys.ring.current_seal
    Keys(core.store, core.clock, [TEST_SECRET], "HS256").rotate("seal")
    assert core.keys.ring.current_seal == first
    housekeeper.start()
    wait_until(lambda: core.keys.ring.current_seal != first)


def test_it_picks_keys_up_while_a_long_purge_is_under_way(core, housekeeper, monkeypatch):
    loads = count_loads(core)
    found = []

    def purge_for_long(_core: Core, breathe: Callable[[], None]) -> dict[str, int]:
        before = len(loads)
        while len(loads) < before + 3:
            breathe()
        found.append(len(loads))
        return {}

    monkeypatch.setattr(purge, "purge", purge_for_long)
    housekeeper.start()
    wait_until(lambda: found)


def test_a_key_that_it_cannot_unwrap_keeps_it_from_nothing_else(
    core, housekeeper, rows, monkeypatch
):
    said = []
    log = SimpleNamespace(error=lambda event, **values: said.append((event, values["error"])))
    monkeypatch.setattr(housekeeping, "log", log)
    old = core.keys.ring.current_seal
    new = Keys(core.store, core.clock, [OTHER_SECRET, TEST_SECRET], "HS256")
    new.rotate("seal")
    new.retire(rows("SELECT kid FROM signing_keys WHERE id = :id", id=old)[0]["kid"])
    housekeeper.start()
    wait_until(lambda: rows("SELECT name FROM leases") == [{"name": "purge"}])
    assert core.keys.ring.seals == {}, "what is retired is forgotten"
    loads = count_loads(core)
    wait_until(lambda: len(loads) >= 3)
    [(event, reason)] = said
    assert event == "keys_unusable"
    assert "put the old secret back" in reason


@pytest.mark.parametrize(
    "fault",
    [
        StoreUnavailable("OperationalError"),
        KeysUnusable("put the old secret back"),
        sqlite3.OperationalError("no such column: it is being restored"),
    ],
    ids=lambda fault: type(fault).__name__,
)
def test_no_fault_of_the_database_ends_it(core: Core, housekeeper, fault: Exception, clock, rows):
    loads = count_loads(core, fault, fault)
    housekeeper.start()
    wait_until(lambda: len(loads) >= 4)
    assert housekeeper.is_alive()
    wait_until(lambda: rows("SELECT name FROM leases") == [{"name": "purge"}])
