"""Race conditions: another change between two steps of an operation loses nothing and repeats nothing."""

import dataclasses
from types import SimpleNamespace

import pytest
from sqlalchemy import text

from app.core import identities, sessions
from app.core.core import Core
from app.core.credentials import access_codes
from app.core.identities import accounts
from app.core.process import touches
from app.core.process.proven import ProvenCredentials
from app.core.refusals import Refusal, Refused
from app.core.sessions import caps
from app.core.sessions.rows import Holder
from tests import grants
from tests.conftest import START
from tests.factories import ORIGIN, PASSWORD, Identities, Somebody, refuses
from tests.grants import CODES


@pytest.fixture
def user(identities: Identities) -> Somebody:
    return identities.add()


def test_a_login_with_the_right_password_passes_where_no_slot_is_free_to_hash_it_anew(
    core: Core, user: Somebody, rows, monkeypatch
):
    before = rows("SELECT password_hash FROM users")

    def busy(*_given: object, **_named: object) -> str:
        raise Refused(Refusal.BUSY)

    monkeypatch.setattr(core.passwords, "outdated", lambda _encoded: True)
    monkeypatch.setattr(core.passwords, "hash", busy)
    assert identities.prove(core, user.username, PASSWORD, ORIGIN).id == user.id
    assert rows("SELECT password_hash FROM users") == before


def test_a_name_that_belongs_to_another_user_meanwhile_changes_nobodys_password(
    core: Core, user: Somebody, identities: Identities, rows, monkeypatch
):
    other = identities.add("Jane.Roe")
    before = rows("SELECT password_hash, epoch FROM users")
    monkeypatch.setattr(accounts, "get", lambda _core, _id: other)
    with refuses(Refusal.PASSWORD_WRONG):
        accounts.change_password(
            core, user.id, PASSWORD, "another good password", ORIGIN, keep=None
        )
    assert rows("SELECT password_hash, epoch FROM users") == before


def test_what_another_thread_has_written_meanwhile_is_not_counted_twice(
    core: Core, user: Somebody, rows, monkeypatch
):
    # The first of each is written at once, the second waits.
    for refusal in (Refusal.ACCOUNT_PAUSED, Refusal.BUSY) * 2:
        core.tally.note(refusal, ORIGIN)
    write = core.store.write

    def flushed_meanwhile():
        monkeypatch.setattr(core.store, "write", write)
        core.tally.flush()
        return write()

    monkeypatch.setattr(core.store, "write", flushed_meanwhile)
    core.tally.flush()
    found = rows("SELECT reason, count FROM audit_events WHERE event = 'login_refused' ORDER BY 1")
    assert found == [{"reason": "account_paused", "count": 2}, {"reason": "busy", "count": 2}]


class TestTouches:
    @pytest.fixture
    def session_id(self, core: Core, user: Somebody, rows) -> int:
        grants.aaa_session(core, identities.prove(core, user.username, PASSWORD, ORIGIN), ORIGIN)
        [row] = rows("SELECT id FROM sessions")
        return row["id"]

    @pytest.fixture
    def busy(self, core: Core, monkeypatch):
        """The writer, which takes no touch at once."""
        monkeypatch.setattr(core.store, "write_at_once", lambda *_given: False)

    def test_those_beyond_the_bound_are_left_to_the_next_request(
        self, core, session_id, busy, rows, monkeypatch
    ):
        monkeypatch.setattr(touches, "MAX_WAITING", 1)
        core.touches.push(session_id + 1, START, START + 5_000)
        core.touches.push(session_id, START, START + 5_000)
        core.touches.flush()
        assert rows("SELECT expires_at FROM sessions") == [{"expires_at": START + 1_800}]

    def test_a_later_one_of_the_same_session_is_kept_for_the_next_round(
        self, core, session_id, busy, rows, monkeypatch
    ):
        core.touches.push(session_id, START, START + 2_000)
        write = core.store.write

        def pushed_meanwhile():
            monkeypatch.setattr(core.store, "write", write)
            core.touches.push(session_id, START, START + 3_000)
            return write()

        monkeypatch.setattr(core.store, "write", pushed_meanwhile)
        core.touches.flush()
        assert rows("SELECT expires_at FROM sessions") == [{"expires_at": START + 2_000}]
        core.touches.flush()
        assert rows("SELECT expires_at FROM sessions") == [{"expires_at": START + 3_000}]


class Overtaken:
    """A transaction beside which all sessions end, after its second statement has read them."""

    def __init__(self, writing, meanwhile) -> None:
        self.writing = writing
        self.meanwhile = [lambda: None, meanwhile]

    def execute(self, statement, parameters):
        result = self.writing.execute(statement, parameters)
        if not self.meanwhile:
            return result
        rows = result.all()
        self.meanwhile.pop(0)()
        return SimpleNamespace(first=lambda: rows[0], all=lambda: rows)


def test_a_session_that_ends_by_itself_is_not_ended_again_for_the_cap(
    core: Core, user: Somebody, rows
):
    grants.aaa_session(core, identities.prove(core, user.username, PASSWORD, ORIGIN), ORIGIN)
    crowded = dataclasses.replace(core.policy, sessions_per_user=1)
    logged_out = text("UPDATE sessions SET ended_at = 1, end_reason = 'logout'")
    with core.store.write() as writing:
        overtaken = Overtaken(writing, lambda: writing.execute(logged_out))
        caps.end_oldest(overtaken, crowded, START, user.id, ORIGIN)
    assert rows("SELECT end_reason FROM sessions") == [{"end_reason": "logout"}]
    assert rows("SELECT id FROM audit_events WHERE event = 'session_ended'") == []


def test_a_code_that_was_made_for_another_user_ends_with_the_session_of_its_maker(
    core: Core, user: Somebody, identities: Identities, rows
):
    sessid = grants.aaa_session(core, accounts.prove(core, user.username, PASSWORD, ORIGIN), ORIGIN)
    row = sessions.verify(core, sessid)
    other = identities.add("Jane.Roe")
    maker = access_codes.Maker(Holder(row.user_id, row.epoch), row.id)
    issued = access_codes.issue(core, CODES, other.id, ORIGIN, maker=maker)
    token = access_codes.exchange(core, CODES, issued.code, ORIGIN).token
    accounts.end_sessions(core, user.id, ORIGIN)
    with refuses(Refusal.SESSION_ENDED):
        sessions.verify(core, token)
    with refuses(Refusal.CODE_REVOKED):
        access_codes.exchange(core, CODES, issued.code, ORIGIN)


def test_of_the_proven_passwords_the_least_recently_used_is_forgotten_first():
    proven = ProvenCredentials(capacity=2)
    for user_id in (1, 2):
        proven.remember(user_id, 1, PASSWORD)
    assert proven.holds(1, 1, PASSWORD)
    proven.remember(3, 1, PASSWORD)
    assert [proven.holds(user_id, 1, PASSWORD) for user_id in (1, 2, 3)] == [True, False, True]
