"""What each page tells: searches, filters and their faults, the export, the reason, figures, settings."""

import csv
import io
import json

import pytest

from app import cli
from app.console.dialect import Reach, build
from app.console.operator import SignedIn
from app.console.pages import TWINS, overview
from app.core import identities as core_identities
from app.core.upkeep import leader, request_hours
from app.core.upkeep.replicas import Replica
from tests import grants
from tests.conftest import TEST_SECRET
from tests.factories import ORIGIN, PASSWORD, Somebody
from tests.grants import CODES

from .conftest import Browser, execute, said

# Copies of the only session of the second user.
TEN_THOUSAND = """
    WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 9999)
    INSERT INTO sessions SELECT n, user_id, dialect, client_id, token_digest, generation, key_id, epoch,
        opened_at - n, rotated_at, access_expires_at, expires_at, absolute_expires_at, ended_at,
        end_reason, address, access_code_id, api_key_id
    FROM sessions, numbers WHERE user_id = 2
"""


@pytest.fixture
def user(admin: Somebody, identities) -> Somebody:
    return identities.add("Nessa")


def rows_of(page: str) -> int:
    return page.count("<tr") - 1


def test_every_page_has_a_command_that_tells_the_same():
    console = build(Reach([], []), CODES)
    pages = {
        it.path
        for it in console.operations
        if it.method == "GET" and isinstance(it.credential, SignedIn)
    }
    acts = {it.path for it in console.operations if it.method == "POST"}
    assert pages - acts == set(TWINS)
    commands = {command.name: command for command in cli.COMMANDS}
    for twin in TWINS.values():
        group, _, name = twin.partition(" ")
        assert not name or name in commands[group].commands, twin


@pytest.mark.parametrize("text", ["nes", "NESSA@EX", "2", "  nessa  "])
def test_one_field_finds_a_user_by_name_e_mail_or_number(browser, user, text):
    page = browser.get("/console/users", query_string={"q": text}).text
    assert rows_of(page) == 1
    assert ">Nessa<" in page


def test_a_search_that_finds_nobody_says_what_to_do(browser: Browser):
    page = browser.get("/console/users?q=x%00y").text
    assert "Nobody is like that. Shorten what you look for" in page


def test_users_are_narrowed_by_their_state(browser: Browser, user, core):
    core_identities.disable(core, user.id, ORIGIN)
    page = browser.get("/console/users?disabled=1").text
    assert rows_of(page) == 1
    assert ' name="disabled" value="1" checked' in page
    assert "Nobody is like that" in browser.get("/console/users?disabled=1&resting=1").text


def test_a_long_list_goes_on_with_a_link(browser: Browser, identities):
    for number in range(45):
        identities.add(f"user{number:02}")
    page = browser.get("/console/users").text
    assert rows_of(page) == 40
    assert 'href="/console/users?after=user38">More</a>' in page
    assert rows_of(browser.get("/console/users?after=user38").text) == 6
    assert browser.get("/console/users?q=user&after=nonsense").status_code == 404


def test_sessions_are_narrowed_and_the_newest_comes_first(browser, user, core, clock, rows):
    proven = core_identities.prove(core, "Nessa", PASSWORD, ORIGIN)
    clock.advance(1)
    grants.jwt_pair(core, proven, ORIGIN._replace(address="192.0.2.7"))
    page = browser.get("/console/sessions").text
    assert page.index(">Token v2</td>") < page.index(">Console</td>")
    for query in ("user=nessa", "dialect=token_v2", "address=192.0.2.7"):
        page = browser.get(f"/console/sessions?{query}").text
        assert rows_of(page) == 1, query
    assert "No such session is live" in browser.get("/console/sessions?client=x").text
    core_identities.end_sessions(core, user.id, ORIGIN)
    assert rows_of(browser.get("/console/sessions?every=1&user=nessa").text) == 1
    assert "It has ended." in browser.get("/console/sessions?every=1&user=nessa").text


def test_a_user_with_ten_thousand_sessions_has_a_short_page(app, browser, user, core, clock):
    proven = core_identities.prove(core, "Nessa", PASSWORD, ORIGIN)
    grants.jwt_pair(core, proven, ORIGIN)
    execute(app, TEN_THOUSAND)
    page = browser.get(f"/console/users/{user.id}").text
    assert page.count('name="end-') == 20
    assert 'href="/console/sessions?user=Nessa">See all sessions' in page
    assert browser.get("/console/sessions?user=Nessa").text.count('name="end-') == 40
    browser.do(f"/console/users/{user.id}/end-sessions")
    assert said(browser.get("/console/users")).startswith("Ended 10,000 sessions")


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("user=nobody", "There is no user with this name or e-mail address."),
        ("address=x", "The address is no IP address, such as 192.0.2.7 or 2001:db8::7."),
        ("dialect=x", "There is no such choice. There are: aaa, token_v2, login, session, console"),
        ("event=x", "There is no such choice. There are: login, "),
        ("since=yesterday", "A time is written as 2026-01-31T12:00, in UTC."),
    ],
)
def test_a_filter_that_means_nothing_is_explained_and_shows_nothing(browser, query, text):
    answer = browser.get(f"/console/audit?{query}")
    assert answer.status_code == 200
    assert said(answer).startswith(text)
    assert "<tbody>" not in answer.text
    exported = browser.get(f"/console/audit/export?{query}")
    assert exported.status_code == 404
    assert text in exported.text


@pytest.mark.parametrize(
    ("page", "text"),
    [
        ("?span=1h", "There is no such span. There are: 24h, 7d, 90d."),
        ("/audit/export?format=xlsx", "There is no such format. There are: csv, jsonl."),
    ],
)
def test_what_is_no_choice_is_not_taken_for_another(browser, page, text):
    answer = browser.get(f"/console{page}")
    assert answer.status_code == 404
    assert text in answer.text


def test_events_are_narrowed(browser: Browser, user):
    assert rows_of(browser.get("/console/audit?event=user_added").text) == 2
    assert rows_of(browser.get("/console/audit?user=nessa&event=user_added").text) == 1
    assert rows_of(browser.get("/console/audit?dialect=console").text) == 1
    assert rows_of(browser.get("/console/audit?address=127.0.0.1").text) == 5
    nothing = browser.get("/console/audit?until=2025-01-01T00:00")
    assert "No event is like that" in nothing.text
    assert rows_of(browser.get("/console/audit?since=2026-01-01T00:00").text) == 5


def test_the_trail_goes_back_page_by_page(browser: Browser, core, identities):
    for number in range(60):
        identities.client(f"client-{number}")
    page = browser.get("/console/audit?event=client_added").text
    assert rows_of(page) == 50
    assert "event=client_added&amp;before=" in page
    assert browser.get("/console/audit?before=x").status_code == 404
    assert browser.get("/console/audit?before=999999").status_code == 404


def test_the_tail_asks_again_without_keeping_the_session_alive(browser: Browser, clock):
    live = browser.get("/console/audit?live=1&event=login").text
    assert 'hx-get="/console/audit/tail?live=1&amp;event=login" hx-trigger="every 2s"' in live
    assert "hx-trigger=" not in browser.get("/console/audit/tail?event=login").text
    for _ in range(8):
        clock.advance(100)
        assert browser.get("/console/audit/tail?live=1").status_code == 200
    clock.advance(100)
    assert browser.get("/console/audit/tail?live=1").status_code == 401


def test_htmx_is_led_to_the_login_as_a_whole(browsers, admin):
    answer = browsers().get("/console/users?q=a", headers={"HX-Request": "true"})
    assert (answer.status_code, answer.data) == (401, b"")
    assert answer.headers["HX-Redirect"] == "/console/login?next=%2Fconsole"


def test_the_trail_is_exported_as_csv_and_json_lines(browser: Browser, user):
    answer = browser.get("/console/audit/export?format=csv&event=user_added")
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="audit.csv"'
    lines = list(csv.DictReader(io.StringIO(answer.text)))
    assert [line["username"] for line in lines] == ["Nessa", "admin"]
    answer = browser.get("/console/audit/export?event=user_added")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="audit.jsonl"'
    assert [json.loads(line)["username"] for line in answer.text.splitlines()] == ["Nessa", "admin"]


def test_a_request_id_leads_to_its_true_reason_and_what_was_around_it(browser, user, client):
    wrong = {"username": "nessa", "password": "mistyped"}
    for name in ("first", "second"):
        client.post("/api/common/1.0/login", json=wrong, headers={"X-Request-ID": f"the-{name}"})
    page = browser.get("/console/audit/why?request=the-second").text
    assert "Login refused for <bdi>Nessa</bdi>" in page
    assert "<strong>The password was wrong.</strong>" in page
    assert "/console/audit/why?request=the-first" in page, "around it"
    assert "No event has this request id." in browser.get("/console/audit/why?request=x").text
    assert "X-Request-ID" in browser.get("/console/audit/why").text


def test_the_overview_has_plots_with_a_table_behind_each(browser: Browser, core, clock):
    empty = browser.get("/console").text
    assert "No gateway has asked yet." in empty
    assert "Not counted yet." in empty
    request_hours.add(core, "verify", [7_200, 20])
    leader.work(core)
    page = browser.get("/console?span=90d").text
    assert page.count('class="plot"') == page.count("<details>") == 2
    assert 'href="/console?span=90d" aria-current="true"' in page
    assert "Tokens verified a second" in page
    assert "<dt>Live sessions</dt><dd>1</dd>" in page
    assert browser.get("/console?span=nonsense").text.count("1 Jan") == 0


def test_replicas_are_told_with_their_lag(browser: Browser, monkeypatch):
    found = [
        Replica("east", 0.25, True),
        Replica("west", None, True),
        Replica("north", None, False),
    ]
    monkeypatch.setattr(overview, "replicas", lambda _core: found)
    page = browser.get("/console").text
    assert "<bdi>east</bdi></span> <span>0.25 seconds behind" in page
    assert "<bdi>west</bdi></span> <span>has caught up" in page
    assert "not visible: GRANT pg_read_all_stats" in page


def test_a_name_that_rests_is_on_the_overview(browser: Browser, user, core):
    for _ in range(core.policy.pause_after_failures):
        browser.log_in("nessa", "mistyped")
    page = browser.get("/console").text
    assert '<a href="/console/users?q=Nessa"><bdi>Nessa</bdi></a>' in page
    assert '<dt>Names at rest</dt><dd class="bad">1</dd>' in page


def test_the_settings_say_where_they_are_from_and_no_secret(browser: Browser):
    page = browser.get("/console/settings").text.replace("<wbr>", "")
    assert TEST_SECRET not in page
    assert "watchword.sqlite3" not in page
    assert "<code>on</code> serves the operator&#39;s pages" in page
    assert page.count("set, and never shown") == 2
    assert "WATCHWORD_CONSOLE_IDLE_SECONDS" in page
    assert '<td data-label="From">environment</td>' in page
    assert '<td data-label="From">default</td>' in page


def test_what_stands_nowhere_yet_says_what_to_do(browser: Browser):
    assert "There is no client yet." in browser.get("/console/clients").text
    user = browser.get("/console/users/1").text
    assert "No access code is valid. Issue one" in user


def test_clients_are_listed_with_what_is_done_to_them(browser: Browser, identities):
    identities.client("web/1")
    identities.client("gateway", confidential=True)
    page = browser.get("/console/clients").text
    assert page.count("rotate-secret") == 1
    assert "/console/clients/disable?client_id=web%2F1" in page
