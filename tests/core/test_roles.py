"""The roles of a user: set as a whole, on record, and what ends with one that is taken away."""

import pytest

from app.console.kinds import CONSOLE, SESSION
from app.core import identities as core_identities
from app.core import sessions
from app.core.refusals import Refusal
from app.core.sessions import grants, private
from tests.cases import each
from tests.factories import ORIGIN, PASSWORD, at_once, refuses
from tests.grants import aaa_session


@pytest.fixture
def admin(identities):
    return identities.add("nessa", roles=("admin", "support"), permissions=("npm",))


def proven(core, name: str = "nessa"):
    return core_identities.prove(core, name, PASSWORD, ORIGIN)


def set_roles(core, user, *roles: str, origin=ORIGIN, **more) -> bool:
    return core_identities.set_roles(core, user.id, frozenset(roles), origin, **more)


def notes(rows) -> list[object]:
    found = rows("SELECT note FROM audit_events WHERE event = 'roles_changed' ORDER BY id")
    return [row["note"] for row in found]


def test_they_are_set_as_a_whole_and_nothing_else_of_the_user_is_changed(core, admin, rows):
    [before] = rows("SELECT * FROM users")
    operator = ORIGIN._replace(operator="the-boss")
    assert set_roles(core, admin, "auditor", "support", "billing", origin=operator)
    [after] = rows("SELECT * FROM users")
    assert after == {**before, "roles": "auditor billing support"}
    assert after["permissions"] == "npm"
    [event] = rows("SELECT * FROM audit_events WHERE event = 'roles_changed'")
    assert (event["user_id"], event["operator"]) == (admin.id, "the-boss")
    assert event["note"] == "gave auditor billing; took admin"


def test_all_of_them_can_be_taken_away(core, admin, rows):
    assert set_roles(core, admin)
    assert rows("SELECT roles FROM users") == [{"roles": ""}]
    assert notes(rows) == ["took admin support"]


def test_those_that_the_user_has_already_are_no_change_and_no_event(core, admin, rows):
    assert not set_roles(core, admin, "support", "admin")
    assert notes(rows) == []


@each("word", ["two words", "", "a\0b", "a\tb", "x" * 1_001])
def test_what_no_user_can_be_added_with_is_refused(core, admin, rows, word):
    with refuses(Refusal.IDENTITY_UNACCEPTABLE) as refused:
        set_roles(core, admin, "admin", word)
    assert refused.value.detail
    assert rows("SELECT roles FROM users") == [{"roles": "admin support"}]
    assert notes(rows) == []


def test_what_was_changed_since_it_was_seen_is_not_written_over(core, admin, rows):
    seen = frozenset({"admin", "support"})
    set_roles(core, admin, "support")
    with refuses(Refusal.CHANGED_MEANWHILE) as refused:
        set_roles(core, admin, "admin", "support", "auditor", seen=seen)
    assert refused.value.detail == "The roles were changed meanwhile, to: support."
    assert not set_roles(core, admin, "support", seen=seen), "what is wanted is so already"
    assert set_roles(core, admin, "auditor", seen=frozenset({"support"}))
    assert notes(rows) == ["took admin", "gave auditor; took support"]


def test_with_the_role_that_a_session_demands_it_ends_and_does_not_come_back(core, admin, rows):
    token = grants.open_with_token(core, CONSOLE, SESSION, proven(core), ORIGIN)
    set_roles(core, admin, "admin")
    assert private.verify(core, SESSION, token).roles == {"admin"}
    set_roles(core, admin, "support")
    with refuses(Refusal.SESSION_ENDED):
        private.verify(core, SESSION, token)
    set_roles(core, admin, "admin", "support")
    with refuses(Refusal.SESSION_ENDED):
        private.verify(core, SESSION, token)
    assert rows("SELECT end_reason FROM sessions") == [{"end_reason": "permission_missing"}]


def test_the_sessions_of_others_and_of_other_kinds_go_on_with_the_new_roles(
    core, admin, identities
):
    other = identities.add("other", roles=("admin",))
    theirs = grants.open_with_token(core, CONSOLE, SESSION, proven(core, "other"), ORIGIN)
    sessid = aaa_session(core, proven(core), ORIGIN)
    set_roles(core, admin, "auditor")
    assert sessions.verify(core, sessid).roles == {"auditor"}
    assert private.verify(core, SESSION, theirs).user_id == other.id


def test_of_two_operators_at_once_each_is_on_record_for_what_he_changed(core, admin, rows):
    choices = (("one",), ("two",))
    assert at_once(core, 2, lambda index: set_roles(core, admin, *choices[index])) == [True, True]
    first, second = notes(rows)
    assert {first, second} in (
        {"gave one; took admin support", "gave two; took one"},
        {"gave two; took admin support", "gave one; took two"},
    )
