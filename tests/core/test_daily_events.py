"""Events that every request would cause are written once a day. Introspection waits for no writer."""

import pytest
from sqlalchemy import text

from app.core import audit
from app.core.audit import Event, Origin
from app.core.core import Core
from app.core.process.daily_events import DailyEvents
from app.core.refusals import Refusal
from app.core.sessions import introspection
from tests.core.test_touches import locked
from tests.factories import refuses

API = Origin("oauth2", "198.51.100.7", "request", 10, "gateway")
V6 = API._replace(address="2001:db8:1:2::1")
FOUND = "SELECT event, network, note, count, user_id FROM audit_events ORDER BY id"
LOCKS = {
    "sqlite": ["BEGIN IMMEDIATE"],
    # Of the table, and as another process that writes the very same event has it.
    "postgresql": [
        "LOCK TABLE audit_events IN SHARE MODE",
        "INSERT INTO audit_events (at, event, aggregate) VALUES (0, 'introspected', '\\x{}')",
    ],
}


def event(network: str, note: str = "gateway") -> dict[str, object]:
    found = {"event": "introspected", "network": network, "note": note, "count": 1}
    return found | {"user_id": None}


def another_process(core: Core) -> DailyEvents:
    return DailyEvents(core.store)


def test_a_client_that_asks_about_tokens_is_one_event_a_day_and_address(core: Core, rows, clock):
    neighbour = V6._replace(address="2001:db8:1:2:ffff::9")
    for _ in range(3):
        for origin in (API, V6, neighbour):
            introspection.note_asking(core, origin)
            another_process(core).record_at_once(clock.now(), Event.INTROSPECTED, origin)
    first = [event("198.51.100.7"), event("2001:db8:1:2::/64")]
    assert rows(FOUND) == first
    introspection.note_asking(core, API._replace(client="other"))
    clock.advance(86_400)
    introspection.note_asking(core, API)
    assert rows(FOUND) == [*first, event("198.51.100.7", "other"), first[0]]


@pytest.mark.parametrize("which", [0, 1])
def test_it_is_left_to_a_later_request_while_another_writes(
    core: Core, database_url, rows, clock, which: int
):
    statements = LOCKS[core.store.backend]
    key = audit.once_a_day(clock.now(), Event.INTROSPECTED, API)["aggregate"]
    with locked(database_url, statements[which % len(statements)].format(key.hex())):
        introspection.note_asking(core, API)
        assert rows(FOUND) == []
    introspection.note_asking(core, API)
    assert rows(FOUND) == [event("198.51.100.7")]


def test_a_database_that_is_away_hinders_no_answer(core: Core):
    with core.store.write() as writing:
        writing.execute(text("ALTER TABLE audit_events RENAME TO away"))
    introspection.note_asking(core, API)


def test_a_users_event_counts_for_its_address_and_is_written_or_refused(core: Core, rows, clock):
    origin = API._replace(allowance=2)
    for number in (1, 2, 2):
        core.daily_events.record(clock.now(), Event.LOGIN, origin, number)
    with refuses(Refusal.ADDRESS_PAUSED):
        core.daily_events.record(clock.now(), Event.LOGIN, origin, 3)
    assert [row["user_id"] for row in rows(FOUND)] == [1, 2]


def test_what_is_remembered_is_bounded(core: Core, rows, clock):
    events = DailyEvents(core.store, capacity=2)
    for number in (1, 2, 3, 1):
        events.record(clock.now(), Event.LOGIN, API, number)
    assert len(events) == 2
    assert len(rows(FOUND)) == 3, "what was forgotten is found there"
