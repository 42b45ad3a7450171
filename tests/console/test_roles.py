"""An operator makes an admin, and takes that away again."""

import pytest

from app.core import identities as core_identities
from tests.factories import ORIGIN, PASSWORD, Somebody

from .conftest import Browser, execute, said

PAGE = "/console/users/2"
SET = f"{PAGE}/set-roles"
NEW = {"may_be_new": "true"}


@pytest.fixture
def other(admin: Somebody, identities) -> Somebody:
    return identities.add("second", roles=("support",))


def test_an_admin_is_made_with_a_fresh_proof_and_is_let_in(browser, browsers, other, clock, rows):
    assert browsers().log_in("second").status_code == 403
    clock.advance(300)
    assert f'href="{SET}"' in browser.get(PAGE).text
    form = browser.get(SET)
    assert 'name="roles" type="text" value="support"' in form.text
    assert "Your own password" in form.text
    answer = browser.do(SET, roles="support admin")
    assert answer.status_code == 403
    assert 'value="support admin"' in answer.text, "what was typed comes back"
    assert rows("SELECT roles FROM users WHERE id = 2") == [{"roles": "support"}]
    answer = browser.do(SET, roles="support  admin", proof=PASSWORD)
    assert answer.headers["Location"] == PAGE
    assert said(browser.get(PAGE)) == "The roles are set."
    assert browsers().log_in("second").status_code == 303
    [user] = rows("SELECT roles, permissions FROM users WHERE id = 2")
    assert user == {"roles": "admin support", "permissions": "npm"}
    [event] = rows("SELECT * FROM audit_events WHERE event = 'roles_changed'")
    assert (event["operator"], event["address"], event["dialect"]) == (
        *("admin", "127.0.0.1", "console"),
    )
    assert (event["user_id"], event["note"]) == (2, "gave admin")
    assert "Roles changed" in browser.get("/console/audit?event=roles_changed").text


def test_a_demoted_admin_is_out_at_once_and_told_why(browser, browsers, other, core, rows):
    core_identities.set_roles(core, other.id, frozenset({"admin"}), ORIGIN)
    theirs = browsers()
    theirs.log_in("second")
    form = {"form": theirs.token("/console/users/1/unlock")}
    assert browser.do(SET, roles="").status_code == 303
    assert said(browser.get(PAGE)) == "The roles are set."
    ended = rows("SELECT end_reason FROM sessions WHERE user_id = 2")
    assert ended == [{"end_reason": "permission_missing"}], "before the next click"
    for answer in (theirs.get("/console"), theirs.post("/console/users/1/unlock", form)):
        assert answer.status_code == 401
        assert "does not have the role admin any more" in said(answer)
    assert rows("SELECT id FROM audit_events WHERE event = 'user_unlocked'") == []
    browser.do(SET, roles="admin")
    assert theirs.get("/console").status_code == 401, "the session does not come back"
    assert theirs.log_in("second").status_code == 303


def test_an_operator_takes_no_admin_from_himself_but_may_change_the_rest(browser: Browser, rows):
    answer = browser.do("/console/users/1/set-roles", roles="support", **NEW)
    assert answer.status_code == 400
    assert said(answer) == (
        "You cannot take the role admin from your own account here: you would lock yourself out."
        " Ask another admin. Nothing was done."
    )
    assert rows("SELECT roles FROM users WHERE id = 1") == [{"roles": "admin"}]
    answer = browser.do("/console/users/1/set-roles", roles="admin support", **NEW)
    assert answer.headers["Location"] == "/console/users/1"
    assert browser.get("/console").status_code == 200
    browser.do("/console/users/1/set-roles", roles="support admin")
    assert said(browser.get("/console")) == "The user had these roles already."


def test_a_link_does_not_say_which_roles_are_in_the_form(browser: Browser, other):
    assert 'value="support"' in browser.get(f"{SET}?roles=admin").text


def test_of_two_operators_the_second_does_not_give_back_what_the_first_took(
    browser, browsers, other, core, identities, rows
):
    core_identities.set_roles(core, other.id, frozenset({"admin"}), ORIGIN)
    identities.add("third", roles=("admin",))
    theirs = browsers()
    theirs.log_in("third")
    form = theirs.hidden(SET)
    browser.do(SET, roles="")
    answer = theirs.post(SET, {**form, "roles": "admin auditor", **NEW})
    assert answer.status_code == 409
    assert said(answer) == "The roles were changed meanwhile, to: none. Nothing was done."
    assert 'value="admin auditor"' in answer.text
    assert rows("SELECT roles FROM users WHERE id = 2") == [{"roles": ""}]
    assert theirs.do(SET, roles="auditor", **NEW).status_code == 303


def test_roles_that_are_no_words_change_nothing(browser: Browser, other, rows):
    answer = browser.do(SET, roles="x" * 1_001, **NEW)
    assert answer.status_code == 422
    assert said(answer) == ("They are longer than 1,000 characters together. Nothing was done.")
    assert rows("SELECT roles FROM users WHERE id = 2") == [{"roles": "support"}]


def test_a_role_that_nobody_has_needs_a_tick(browser: Browser, other, rows):
    """Roles are an open set: this one may be mistyped."""
    answer = browser.do(SET, roles="admn support")
    assert answer.status_code == 400
    assert said(answer) == (
        "Nobody has the role admn yet. In use: admin, support. If you have not mistyped it, tick the box for"
        " new roles. Nothing was done."
    )
    assert 'value="admn support"' in answer.text
    assert rows("SELECT roles FROM users WHERE id = 2") == [{"roles": "support"}]
    assert browser.do(SET, roles="admn support", **NEW).status_code == 303
    assert browser.do("/console/users/1/set-roles", roles="admin admn").status_code == 303


def test_nor_is_a_user_added_with_one(browser: Browser, rows):
    fields = {"username": "new", "email": "new@example.com", "password": PASSWORD, "roles": "admn"}
    answer = browser.do("/console/users/add", **fields)
    assert answer.status_code == 400
    assert "Nobody has the role admn yet. In use: admin." in said(answer)
    assert browser.do("/console/users/add", **fields, **NEW).status_code == 303
    assert rows("SELECT roles FROM users WHERE username = 'new'") == [{"roles": "admn"}]


def test_of_two_operators_who_demote_each_other_one_stays(
    app, browser: Browser, other, core, clock, monkeypatch, rows
):
    """This one's act is under way when the other's is committed."""
    core_identities.set_roles(core, other.id, frozenset({"admin"}), ORIGIN)
    clock.advance(300)
    form = {**browser.hidden(SET), "roles": "", "proof": PASSWORD}
    prove = core_identities.prove

    def meanwhile(*given: object, **options: object):
        execute(app, "UPDATE users SET roles = '' WHERE id = 1")
        return prove(*given, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(core_identities, "prove", meanwhile)
    answer = browser.post(SET, form)
    assert answer.status_code == 409
    assert said(answer) == (
        "This is the last admin who is enabled: nobody could use the console any more. Make another admin"
        " first, or use the command. Nothing was done."
    )
    assert rows("SELECT roles FROM users WHERE id = 2") == [{"roles": "admin"}]
