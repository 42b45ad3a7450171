"""Every act: what it answers, which rows it writes, and who is on record for it."""

import re

import pytest

from app import cli
from app.console.acts import ACTS
from app.core import identities as core_identities
from app.core import listings
from app.core.upkeep import leader
from tests import grants
from tests.cases import each
from tests.factories import ORIGIN, PASSWORD, Somebody

from .conftest import Browser, said

NEW = "a password nobody has had"


@pytest.fixture
def user(admin: Somebody, identities) -> Somebody:
    """The second user; the admin is the first."""
    return identities.add("Käthe")


def at(user: Somebody, act: str) -> str:
    return f"/console/users/{user.id}/{act}"


def secret_of(answer) -> str:
    return re.findall(r'id="secret"[^>]*>([^<]+)<', answer.text)[0].replace("&#43;", "+")


@each("act", {act.name: act for act in ACTS})
def test_every_act_has_a_command_that_does_the_same(act):
    groups = {command.name: command for command in cli.COMMANDS}
    group, name = act.twin.split()
    assert name in groups[group].commands


def test_no_two_acts_have_one_name_or_one_path():
    assert len({act.name for act in ACTS}) == len({act.path for act in ACTS}) == len(ACTS)


def test_an_act_is_on_record_with_the_operator_the_address_and_the_request(browser, user, rows):
    form = {"form": browser.token(at(user, "disable"))}
    answer = browser.post(at(user, "disable"), form, headers={"X-Request-ID": "the-click"})
    assert answer.status_code == 303
    (event,) = rows("SELECT * FROM audit_events WHERE event = 'user_disabled'")
    assert (event["operator"], event["address"]) == ("admin", "127.0.0.1")
    assert (event["request_id"], event["dialect"]) == ("the-click", "console")
    assert event["user_id"] == user.id


def test_a_user_is_added(browser: Browser, rows):
    fields = {
        "username": "new",
        "email": "new@example.com",
        "password": NEW,
        "roles": "admin  auditor",
        "may_be_new": "true",
        "permissions": "npm",
    }
    answer = browser.do("/console/users/add", **fields)
    assert answer.headers["Location"] == "/console/users"
    assert said(browser.get("/console/users")) == "Added new."
    (row,) = rows("SELECT roles, permissions, customer_id FROM users WHERE username = 'new'")
    assert row == {"roles": "admin auditor", "permissions": "npm", "customer_id": None}


@pytest.mark.parametrize(
    ("wrong", "text"),
    [
        ({"username": "ADMIN"}, "That name, e-mail address or id is taken."),
        ({"email": "nonsense"}, "The e-mail address is not valid."),
        ({"username": "a:b"}, "The username is not valid."),
        ({"password": "short"}, "The password must have at least 8 characters."),
        ({"customer": "11111111-1111-1111-1111-111111111111"}, "No such customer."),
    ],
)
def test_what_cannot_be_added_comes_back_as_it_was_typed(browser, rows, wrong, text):
    fields = {"username": "new", "email": "new@example.com", "password": NEW, "roles": "a b"}
    fields["may_be_new"] = "true"
    answer = browser.do("/console/users/add", **{**fields, **wrong})
    assert answer.status_code in {404, 422}
    assert said(answer).endswith("Nothing was done.")
    assert text.rstrip(".").lower()[:20] in said(answer).lower()
    assert f'value="{wrong.get("email", fields["email"])}"' in answer.text
    assert 'value="a b"' in answer.text
    assert 'name="may_be_new" value="true" checked' in answer.text
    assert fields["password"] not in answer.text, "secrets are typed again"
    assert len(rows("SELECT id FROM users")) == 1


def test_what_is_missing_is_marked(browser: Browser):
    answer = browser.do("/console/users/add", username="new", email="new@example.com")
    assert answer.status_code == 422
    assert 'id="password-fault">Fill this in.' in answer.text
    assert 'aria-invalid="true"' in answer.text


def test_a_password_is_set(browser: Browser, user, core):
    answer = browser.do(at(user, "set-password"), password=NEW)
    assert answer.headers["Location"] == f"/console/users/{user.id}"
    assert core_identities.prove(core, user.username, NEW, ORIGIN).id == user.id


def test_a_password_is_expired(browser: Browser, user, rows):
    browser.do(at(user, "expire-password"))
    assert rows("SELECT password_expired FROM users WHERE id = 2") == [{"password_expired": 1}]


def test_a_user_is_disabled_and_enabled(browser: Browser, user, rows):
    browser.do(at(user, "disable"))
    assert "Disabled" in browser.get(f"/console/users/{user.id}").text
    assert browser.do(at(user, "disable")).status_code == 303
    assert said(browser.get("/console/users")) == "The user was disabled already."
    browser.do(f"/console/users/{user.id}", at(user, "enable"))
    assert rows("SELECT disabled_at FROM users WHERE id = 2") == [{"disabled_at": None}]
    browser.do(at(user, "enable"))
    assert said(browser.get("/console/users")) == "The user was enabled already."


def test_a_user_who_rests_is_unlocked(browser: Browser, user, core):
    for _ in range(core.policy.pause_after_failures):
        browser.log_in(user.username, "wrong")
    page = f"/console/users/{user.id}"
    assert "after too many wrong passwords" in browser.get(page).text
    browser.do(page, at(user, "unlock"))
    assert said(browser.get(page)) == "The user is unlocked."
    browser.do(page, at(user, "unlock"))
    assert said(browser.get(page)) == "The user was not paused."


def test_all_sessions_of_a_user_end(browser: Browser, user, core, rows):
    proven = core_identities.prove(core, user.username, PASSWORD, ORIGIN)
    grants.jwt_pair(core, proven, ORIGIN)
    browser.do(at(user, "end-sessions"))
    assert said(browser.get("/console/users")).startswith("Ended 1 session, and 0 access codes")
    (row,) = rows("SELECT end_reason FROM sessions WHERE user_id = 2")
    assert row == {"end_reason": "ended_by_operator"}


def test_a_key_is_issued_shown_once_and_revoked(browser: Browser, user, client, rows):
    answer = browser.do(at(user, "api-keys/issue"), days="30")
    key = secret_of(answer)
    assert "shown this once" in answer.text
    body = {"UserLogin": user.username, "ApiKey": key}
    assert client.post("/login", json=body).status_code == 200
    assert key not in browser.get(f"/console/users/{user.id}").text
    (row,) = rows("SELECT id, expires_at - created_at AS life FROM api_keys WHERE id = 3")
    assert row["life"] == 30 * 86_400
    browser.do(at(user, "api-keys/3/revoke"))
    assert client.post("/login", json=body).status_code != 200


def test_a_key_without_days_stays_until_it_is_revoked(browser: Browser, user, rows):
    assert browser.do(at(user, "api-keys/issue"), days="").status_code == 200
    assert rows("SELECT expires_at FROM api_keys WHERE id = 3") == [{"expires_at": None}]


@pytest.mark.parametrize("days", ["0", "-1", "x", "36501"])
def test_days_that_are_none_are_marked(browser: Browser, user, days: str):
    answer = browser.do(at(user, "api-keys/issue"), days=days)
    assert answer.status_code == 422
    assert 'id="days-fault"' in answer.text
    assert f'value="{days}"' in answer.text


def test_a_code_is_issued_and_revoked(browser: Browser, user, rows):
    answer = browser.do(at(user, "access-codes/issue"))
    assert len(secret_of(answer)) == 43
    browser.do(at(user, "access-codes/1/revoke"))
    (row,) = rows("SELECT user_id, revoked_at FROM access_codes")
    assert row["revoked_at"] is not None
    answer = browser.get(at(user, "access-codes/1/revoke"))
    assert answer.status_code == 404
    assert "There is no such access code, or it is revoked already." in answer.text


def test_one_session_more_is_ended_with_one_click(browser: Browser, user, core, rows):
    proven = core_identities.prove(core, user.username, PASSWORD, ORIGIN)
    grants.jwt_pair(core, proven, ORIGIN)
    (name,) = [format(row["id"], "016x") for row in rows("SELECT id FROM sessions WHERE user_id=2")]
    end = f"/console/sessions/{name}/end"
    form = {"form": browser.token("/console/sessions", "/console/sessions/end")}
    assert browser.post(end, form).headers["Location"] == "/console/sessions"
    assert said(browser.get("/console/sessions")) == f"Ended session {name} of Käthe."
    answer = browser.get(end)
    assert answer.status_code == 404
    assert "It is not there any more" in answer.text


def test_the_marked_sessions_end(browser: Browser, user, core, rows):
    proven = core_identities.prove(core, user.username, PASSWORD, ORIGIN)
    for _ in range(3):
        grants.jwt_pair(core, proven, ORIGIN)
    names = [format(row["id"], "016x") for row in rows("SELECT id FROM sessions WHERE user_id=2")]
    marked = {f"end-{name}": "on" for name in [*names[:2], "0" * 16]}
    answer = browser.do("/console/sessions", "/console/sessions/end", **marked)
    assert answer.headers["Location"] == "/console/sessions"
    assert said(browser.get("/console/sessions")) == "Ended 2 sessions. 1 had ended already."
    assert len(rows("SELECT id FROM sessions WHERE user_id=2 AND ended_at IS NULL")) == 1


def test_nothing_marked_ends_nothing(browser: Browser, user):
    answer = browser.do("/console/sessions", "/console/sessions/end")
    assert answer.status_code == 422
    assert "Mark at least one session." in answer.text


def test_clients_are_added_rotated_disabled_and_enabled(browser: Browser, client, rows):
    page = "/console/clients"
    browser.do(f"{page}/add", client_id="web/1", name="Web")
    answer = browser.do(f"{page}/add", client_id="gateway", name="عميل", confidential="true")
    first = secret_of(answer)
    second = secret_of(browser.do(f"{page}/rotate-secret?client_id=gateway", client_id="gateway"))
    assert first != second
    asked = {"token": "x", "client_id": "gateway", "client_secret": second}
    assert client.post("/oauth2/introspect", data=asked).status_code == 200
    browser.do(f"{page}/disable?client_id=web/1", client_id="web/1")
    assert said(browser.get(page)) == "web/1 is disabled."
    browser.do(f"{page}/enable?client_id=web/1", client_id="web/1")
    assert rows("SELECT disabled_at FROM clients WHERE client_id='web/1'") == [
        {"disabled_at": None}
    ]


def test_a_client_that_is_gone_or_public_has_no_secret_to_rotate(browser: Browser):
    answer = browser.do("/console/clients/rotate-secret?client_id=x", client_id="x")
    assert answer.status_code == 404
    assert said(answer) == "No such client, or not a confidential one. Nothing was done."


def test_keys_are_rotated_and_retired_after_saying_what_ends(browser: Browser, user, core, rows):
    proven = core_identities.prove(core, user.username, PASSWORD, ORIGIN)
    grants.jwt_pair(core, proven, ORIGIN)
    old = next(row.kid for row in core.keys.rows() if row.use == "jwt")
    refused = browser.do(f"/console/keys/{old}/retire")
    assert refused.status_code == 400
    assert said(refused).startswith("This key is in use: rotate first")
    browser.do("/console/keys/rotate", use="")
    browser.do("/console/keys/rotate", use="pepper")
    assert len(rows("SELECT id FROM signing_keys")) == 5
    page = browser.get(f"/console/keys/{old}/retire").text
    assert "1 live session of this key ends at once." in page
    grants.jwt_pair(core, proven, ORIGIN)
    leader.work(core)
    page = browser.get(f"/console/keys/{old}/retire").text
    assert "1 live session of this key ends at once." in page, "as the leader has counted"
    browser.do(f"/console/keys/{old}/retire")
    assert said(browser.get("/console/keys")) == "Retired the key, and ended 1 session."
    assert browser.get(f"/console/keys/{old}/retire").status_code == 404
    assert {line.state for line in listings.keys(core) if line.kid == old} == {"retired"}
