"""Every change of an identity or a session is in the audit trail, and no secret is."""

import pytest
from psycopg.errors import UndefinedTable
from sqlalchemy import text

from app.console.kinds import CONSOLE
from app.console.kinds import SESSION as CONSOLE_SESSION
from app.core import identities, sessions
from app.core.audit import Event
from app.core.clock import ManualClock
from app.core.core import Core
from app.core.credentials import access_codes, api_keys, clients
from app.core.refusals import Refusal
from app.core.sessions import grants as core_grants
from app.core.sessions import introspection, private
from app.core.upkeep import key_care
from app.extensions import Model
from app.store.faults import StoreUnavailable
from tests import grants
from tests.factories import ORIGIN, PASSWORD, Identities, Somebody, refuses
from tests.grants import CODES, LOGIN, Purpose

NEW_PASSWORD = "a password nobody has had"
WRONG_PASSWORD = "a wrong password to look for"


def everything(core: Core, factory: Identities, clock: ManualClock) -> list[str]:
    """Make every event happen once, at least; every secret that was about."""
    user = factory.add()
    code = access_codes.issue(core, CODES, user.id, ORIGIN)
    secret = clients.add(core, "koms-web", "Web", ORIGIN, confidential=True)
    with refuses(Refusal.PASSWORD_WRONG):
        identities.prove(core, user.username, WRONG_PASSWORD, ORIGIN)
    proven = identities.prove(core, user.username, PASSWORD, ORIGIN)
    pair = grants.session_pair(core, proven, "koms-web", ORIGIN)
    refreshed = grants.refreshed_session_pair(core, pair.access, pair.refresh, "koms-web", ORIGIN)
    clock.advance(10)
    with refuses(Refusal.TOKEN_REUSED):
        grants.refreshed_session_pair(core, pair.access, pair.refresh, "koms-web", ORIGIN)
    jwts = grants.jwt_pair(core, proven, ORIGIN)
    sessions.end(core, jwts.access, ORIGIN, Purpose.TOKEN_V2_ACCESS)
    sessid = grants.aaa_session(core, proven, ORIGIN)
    login = api_keys.exchange(core, LOGIN, user.username, user.api_key, ORIGIN)
    oauth = access_codes.exchange(core, CODES, code.code, ORIGIN)
    identities.end_sessions(core, user.id, ORIGIN)
    access_codes.revoke(core, code.id, ORIGIN)
    api_keys.revoke(core, api_keys.listed(core, user.id, limit=9)[0].id, ORIGIN)
    identities.expire_password(core, user.id, ORIGIN)
    identities.set_password(core, user.id, NEW_PASSWORD, ORIGIN)
    identities.disable(core, user.id, ORIGIN)
    identities.enable(core, user.id, ORIGIN)
    identities.unlock(core, identities.get(core, user.id), ORIGIN)
    identities.set_roles(core, user.id, frozenset({"admin"}), ORIGIN)
    clients.set_disabled(core, "koms-web", True, ORIGIN)
    old = core.keys.rows()[0]
    key_care.rotate(core, "seal", ORIGIN)
    key_care.rotate(core, "jwt", ORIGIN)
    key_care.retire(core, old.kid, ORIGIN)
    introspection.note_asking(core, ORIGIN)
    proven = identities.prove(core, user.username, NEW_PASSWORD, ORIGIN)
    own = core_grants.open_with_token(core, CONSOLE, CONSOLE_SESSION, proven, ORIGIN)
    private.note_proof(core, private.verify(core, CONSOLE_SESSION, own), proven.epoch, ORIGIN)
    found = [PASSWORD, WRONG_PASSWORD, NEW_PASSWORD, user.api_key, code.code, secret]
    found += [pair.access, pair.refresh, refreshed.access, jwts.access, jwts.refresh]
    return [*found, sessid, login.token, oauth.token, own]


def test_every_event_of_the_vocabulary_is_recorded_with_where_it_came_from(
    core, identities, clock, rows
):
    everything(core, identities, clock)
    events = rows("SELECT * FROM audit_events ORDER BY id")
    # Seeding is tested with its command.
    assert {event["event"] for event in events} == set(Event) - {Event.SEEDED}
    for event in events:
        assert event["dialect"] == "tests"
        assert event["address"] == "127.0.0.1"
        assert event["request_id"] == "test-request"
        assert event["at"] <= clock.now()
        if not event["event"].startswith(("client_", "key_", "introspected")):
            assert event["user_id"] == 1


def test_no_column_of_any_table_holds_a_secret(core: Core, identities, clock, rows):
    secrets = everything(core, identities, clock)
    for table in Model.metadata.tables:
        for row in rows(f"SELECT * FROM {table}"):
            for value in row.values():
                text = (
                    bytes(value) if isinstance(value, bytes | memoryview) else str(value).encode()
                )
                for secret in secrets:
                    assert secret.encode() not in text, (table, row)


def test_a_login_and_its_record_are_kept_together_or_not_at_all(core, identities, rows):
    user = identities.add()
    proven = proven_identity(core, user)
    with core.store.write() as writing:
        writing.execute(text("ALTER TABLE audit_events RENAME TO audit_events_away"))
    with pytest.raises((StoreUnavailable, UndefinedTable)):
        grants.aaa_session(core, proven, ORIGIN)
    assert rows("SELECT * FROM sessions") == []


def proven_identity(core: Core, user: Somebody) -> identities.Identity:
    return identities.prove(core, user.username, user.password, ORIGIN)


def test_an_operators_act_is_on_record_with_his_name(core: Core, identities: Identities, rows):
    user = identities.add()
    api_keys.issue(core, user.id, ORIGIN._replace(operator="admin"))
    events = rows("SELECT operator, user_id FROM audit_events WHERE event = 'api_key_issued'")
    assert [event["operator"] for event in events] == [None, "admin"]
    assert {event["user_id"] for event in events} == {user.id}
