"""Requests that no page of the console sends: other methods, a form or a field twice, texts too long."""

import json
import re

import pytest

from app.console.acts import ACTS
from tests.cases import each
from tests.factories import PASSWORD, Somebody, at_once

from .conftest import SAME_ORIGIN, Browser, said

FORM = "application/x-www-form-urlencoded"
ROLES = "/console/users/2/set-roles"
ISSUE = "/console/users/2/api-keys/issue"
ADD = "/console/users/add"
DEEP = "[" * 15_000
VALUES = {"uid": "2", "number": "2"}
TEXTS = ("x" * 55_000, "9" * 55_000, "a" + "\u0315\u0300" * 4_000, "\u202e" * 5_000)


@pytest.fixture
def user(admin: Somebody, identities) -> Somebody:
    """With an API key, of the same number."""
    return identities.add("second", roles=("support",))


@pytest.fixture
def tables(rows):
    """All that an act may change; a form's token that is spent, and the session's own use, are no change."""
    names = ("users", "login_names", "clients", "api_keys", "access_codes", "signing_keys")
    found = {name: f"SELECT * FROM {name} ORDER BY 1, 2" for name in names}
    found["sessions"] = "SELECT id, ended_at, rotated_at FROM sessions ORDER BY id"
    found["events"] = "SELECT * FROM audit_events WHERE event <> 'login_refused' ORDER BY id"
    return lambda: {name: rows(sql) for name, sql in found.items()}


def url_of(act) -> str:
    """The act on the second user; of a key or session that is not there."""
    return "/console" + re.sub(
        r"<(?:\w+:)?(\w+)>", lambda found: VALUES.get(found[1], "0" * 16), act.path
    )


URLS = [url_of(act) for act in ACTS]


@each("method", ["HEAD", "OPTIONS", "PUT", "PATCH", "DELETE", "TRACE", "post"])
def test_no_other_method_does_an_act(browser: Browser, user, tables, method: str):
    before, form = tables(), browser.token("/console/users/2", "/console/users/2/unlock")
    for url in URLS:
        answer = browser.client.open(url, method=method, headers=SAME_ORIGIN, data={"form": form})
        if method == "HEAD":
            assert answer.status_code in (200, 404), url
            assert answer.data == b""
        else:
            assert answer.status_code == 405, url
            assert answer.headers["Allow"] == "GET, HEAD, POST"
    assert tables() == before


@pytest.mark.parametrize("header", ["X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"])
def test_no_header_and_no_field_makes_another_method_of_it(browser, user, tables, header: str):
    before, form = tables(), browser.token("/console/users/2", "/console/users/2/unlock")
    for url in URLS:
        query = {"form": form, "_method": "POST", "days": "1", "roles": "admin"}
        answer = browser.get(url, query_string=query, headers={header: "POST"})
        assert answer.status_code in (200, 404), url
    assert tables() == before


def test_a_form_that_is_sent_twice_at_the_same_moment_is_done_once(app, browser, core, user, rows):
    fields = {"form": browser.token(ISSUE), "days": "1"}
    twins = [Browser(app) for _ in range(4)]
    for twin in twins:
        twin.client.set_cookie("watchword-console", str(browser.cookie), path="/console")
    answers = at_once(core, 4, lambda index: twins[index].post(ISSUE, fields))
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409]
    assert len(rows("SELECT id FROM api_keys WHERE user_id = 2")) == 2, "the factory's, and one"


def test_a_form_of_the_operators_last_session_is_none_of_this_one(browser, user, tables):
    form = {**browser.hidden(ROLES), "roles": "admin"}
    browser.log_in()
    before = tables()
    answer = browser.post(ROLES, form)
    assert answer.status_code == 403
    assert "not of your session" in answer.text
    assert tables() == before


def test_a_proof_counts_for_less_than_five_minutes(browser: Browser, user, clock, rows):
    first, second = (browser.hidden(ROLES) for _ in range(2))
    clock.advance(299.999)
    assert (
        browser.post(ROLES, {**first, "roles": "auditor", "may_be_new": "true"}).status_code == 303
    )
    clock.advance(0.001)
    answer = browser.post(ROLES, {**second, "roles": "admin"})
    assert answer.status_code == 403, "the form was opened, without the field, when none was needed"
    assert "Nothing was done yet. Type your own password" in said(answer)
    assert rows("SELECT roles FROM users WHERE id = 2") == [{"roles": "auditor"}]


@pytest.mark.parametrize(
    "fields",
    ["roles=support&roles=admin", "roles=support&%72oles=admin", "proof=a&proof=b", "form=x"],
)
def test_a_field_that_stands_twice_is_refused_and_not_chosen_from(browser, user, tables, fields):
    before = tables()
    body = f"form={browser.token(ROLES)}&seen=support&{fields}"
    answer = browser.post(ROLES, body, content_type=FORM)
    assert answer.status_code == 400
    assert "This request is not valid" in answer.text
    assert tables() == before


def test_what_the_query_says_is_no_part_of_the_form_that_is_sent(browser: Browser, user, rows):
    form = {**browser.hidden(ROLES), "roles": "auditor", "may_be_new": "true"}
    assert browser.post(f"{ROLES}?roles=admin&form=x", form).status_code == 303
    assert rows("SELECT roles FROM users WHERE id = 2") == [{"roles": "auditor"}]


@each("act", {act.name: act for act in ACTS})
def test_a_text_that_is_too_long_is_a_fault_of_the_form(browser: Browser, user, tables, act):
    before = tables()
    for name in [*act.form.fields, "form"]:
        for text in TEXTS:
            form = browser.token("/console/clients/add")
            answer = browser.post(url_of(act), {"form": form, name: text})
            assert answer.status_code in (400, 403, 404, 409, 413, 422), (name, text[:9])
    assert tables() == before


def test_a_proof_that_is_too_long_is_a_wrong_one(browser: Browser, user, tables, clock):
    clock.advance(300)
    before = tables()
    for text in TEXTS:
        answer = browser.do(ROLES, roles="admin", proof=text)
        assert said(answer) == "That is not your own password. Nothing was done."
    assert tables() == before


def test_more_marks_than_a_page_has_and_marks_that_name_no_session_end_nothing(
    browser: Browser, user, tables
):
    before = tables()
    page, end = "/console/sessions", "/console/sessions/end"
    strange = ("end-", "end-\0", "end-<script>", "end-" + "f" * 30_000, "end-0x1", "end- 1")
    assert browser.do(page, end, **dict.fromkeys(strange, "on")).status_code == 303
    assert said(browser.get(page)) == "Ended 0 sessions. 6 had ended already."
    many = {f"end-{number:016x}": "on" for number in range(60)}
    assert browser.do(page, end, **many).status_code == 400
    assert tables() == before


@each("password", [PASSWORD, "mistyped"])
@each(
    "kept",
    [
        DEEP,
        '{"a":' * 4_000,
        json.dumps({"username": "\ud800", "\ud800": "x"}),
        json.dumps({"username": "\0"}),
        '{"username": "a", "username": "b"}',
        "9" * 5_000,
    ],
)
def test_what_the_login_is_told_to_keep_is_no_fault_of_ours(browsers, admin, kept, password):
    """Anybody may send it. What cannot be read is left out."""
    answer = browsers().log_in(password=password, resume=ADD, kept=kept)
    assert answer.status_code == (200 if password == PASSWORD else 403)


@pytest.mark.parametrize(
    "after", [DEEP, "9" * 5_000, '["name","\\ud800",1]', f'["name","a",{10**30}]']
)
def test_a_place_that_no_list_gave_is_not_there(browser: Browser, after: str):
    for query in ({"q": "a"}, {"q": "1"}):
        answer = browser.get("/console/users", query_string={**query, "after": after})
        assert answer.status_code == 404
    for query in ({"address": "127.0.0.1"}, {"user": "admin"}):
        answer = browser.get("/console/sessions", query_string={**query, "after": after})
        assert answer.status_code == 404
    assert browser.get("/console/audit", query_string={"before": after}).status_code == 404


@each("number", ["٢", "02", "2.0", "+2", "-2", "0", "9" * 20, "9" * 5_000, "²"])
def test_a_users_page_has_one_url(browser: Browser, user, number: str):
    assert browser.get("/console/users/2").status_code == 200
    assert browser.get(f"/console/users/{number}").status_code == 404
    assert browser.get(f"/console/users/{number}/disable").status_code == 404
