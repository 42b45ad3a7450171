"""Hostile text in every column that a page shows, in Chromium: it stays text, and nothing runs (stored XSS).

The rows are written behind the service's back, as if every check of names had been passed by.
"""

from collections.abc import Callable, Iterator
from urllib.parse import quote

import pytest
from flask import Flask
from playwright.sync_api import expect

from app.core import identities as core_identities
from app.core.core import Core
from app.core.refusals import Refused
from tests import grants
from tests.browser.visits import Visit
from tests.factories import ORIGIN, PASSWORD, Identities, Somebody

from .conftest import execute, execute_all

pytestmark = pytest.mark.browser

HOSTILE = (
    "<script>window.ran=1</script>",
    '"><img src=planted onerror=window.ran=1>',
    "'><svg onload=window.ran=1></svg>",
    "javascript:window.ran=1",
    "{{7*7}}${7*7}{%raw%}",
    "</script></title></textarea><script>window.ran=1</script>",
    '" hx-get="/console/planted" hx-trigger="load" data-x="',
    '<hx-partial hx-target="body"><b id=planted>',
    "' autofocus onfocus='window.ran=1",
    "\u202egnp.exe\u2066",
    "&lt;b&gt;&#39;\\u003cb\\u003e",
)
# One for each way out: of an element, of an attribute, into htmx. Where each text costs several pages.
SOME = (HOSTILE[0], HOSTILE[1], HOSTILE[6])
# The first user is the admin. One for each text follows.
FIRST = 2
CUSTOMER = "e7fcef24-5c03-41dd-9e33-995b7d6f47a7"
WRITES = (
    "UPDATE users SET username = :text, email = :text, roles = :word, permissions = :word"
    " WHERE id = :id",
    "INSERT INTO clients (client_id, name, secret_digest, created_at)"
    " VALUES (:text, :text, :digest, :id)",
    "UPDATE sessions SET client_id = :text, address = :text WHERE user_id = :id",
    "UPDATE audit_events SET note = :text, operator = :text, request_id = :text,"
    " reason = :text, dialect = :text WHERE user_id = :id",
    # Of the older events: what happened around the newest is looked for by its address.
    "UPDATE audit_events SET address = :text WHERE user_id = :id AND event <> 'login_refused'",
)
LISTS = {
    "": HOSTILE,
    "/users": HOSTILE,
    "/users?resting=1": HOSTILE,
    "/sessions": HOSTILE,
    "/sessions?every=1": HOSTILE,
    "/clients": HOSTILE,
    "/audit?event=login": HOSTILE,
    "/audit": (),
    "/keys": (),
    "/settings": (),
    "/nothing": (),
    **{f"/audit/why?request={quote(text)}": (text,) for text in SOME},
}
FIELDS = {
    "/users": ("q",),
    "/sessions": ("user", "client", "address", "dialect"),
    "/clients/disable": ("client_id",),
    "/audit": ("user", "address", "event", "dialect", "since", "live"),
    "/audit/why": ("request",),
}
# A page that is not there or refuses, and a field for a time that is given a text.
EXPECTED = ("status of 4", "does not conform to the required format")
# What no page has: a script in the page itself, a picture, what runs by itself or when it is clicked. Then
# whether something ran, and all text. It is asked at once and in plain script: before it uses a locator,
# Playwright loads a library of its own into each page.
SEEN = """() => [
    [...document.querySelectorAll(
        "script:not([src]), img, svg, b, hx-partial, [onload], [onerror], [onfocus], [data-x],"
        + "[hx-get='/console/planted'], [href^='javascript:' i], [action^='javascript:' i]"
    )].map((it) => it.outerHTML),
    window.ran ?? null,
    document.documentElement.textContent,
]"""


# PostgreSQL keeps to the lengths of columns, which would cut the texts.
ENDLESS = (
    "ALTER TABLE sessions ALTER address TYPE varchar",
    "ALTER TABLE audit_events ALTER note TYPE varchar, ALTER operator TYPE varchar,"
    " ALTER request_id TYPE varchar, ALTER reason TYPE varchar, ALTER dialect TYPE varchar,"
    " ALTER address TYPE varchar",
)


@pytest.fixture
def database_url(request: pytest.FixtureRequest) -> str:
    """SQLite, unless the test says otherwise."""
    found: str = request.getfixturevalue(f"{getattr(request, 'param', 'sqlite')}_url")
    return found


@pytest.fixture
def infested(app: Flask, admin: Somebody, identities: Identities, core: Core) -> None:
    if core.store.backend == "postgresql":
        execute_all(app, [(statement, {}) for statement in ENDLESS])
    identities.client("koms-web")
    named = "INSERT INTO customers (id, name) VALUES (:id, :text)"
    execute(app, named, id=CUSTOMER, text=HOSTILE[0])
    writes: list[tuple[str, dict[str, object]]] = []
    for number, text in enumerate(HOSTILE, FIRST):
        name = f"user-{number}"
        user = identities.add(name, customer_id=CUSTOMER)
        proven = core_identities.prove(core, name, PASSWORD, ORIGIN)
        grants.session_pair(core, proven, "koms-web", ORIGIN)
        # From elsewhere, or the admin's address would rest too.
        away = ORIGIN._replace(address=f"192.0.2.{number}")
        for _ in range(core.policy.pause_after_failures):
            with pytest.raises(Refused):
                core_identities.prove(core, name, "mistyped", away)
        for write in WRITES:
            values = {"text": text, "word": text.replace(" ", "_"), "id": user.id, "digest": b"x"}
            writes.append((write, {it: values[it] for it in values if f":{it}" in write}))
    execute_all(app, writes)


@pytest.fixture
def visit(browse: Callable[..., Visit], enter, url: str, infested) -> Iterator[Visit]:
    """The admin's, logged in. A box that a script opens is noted, and fails the test."""
    visit: Visit = enter(browse())
    visit.page.on("dialog", lambda dialog: visit.complaints.append(dialog.message))
    yield visit
    assert [it for it in visit.requested if it.partition("?")[0].endswith("planted")] == []


def judge(visit: Visit, where: str, *texts: str) -> None:
    """Nothing has run, nothing was planted, and each of the texts can be read."""
    planted, ran, shown = visit.page.evaluate(SEEN)
    assert (planted, ran) == ([], None), where
    assert [it for it in visit.complaints if not any(text in it for text in EXPECTED)] == [], where
    assert [text for text in texts if text not in shown] == [], where


@pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)
def test_on_every_list_it_is_text(visit: Visit, url: str):
    for page, texts in LISTS.items():
        visit.page.goto(f"{url}/console{page}")
        judge(visit, page, *texts)


def test_of_one_user_it_is_text_on_the_page_in_the_title_and_in_every_form(visit: Visit, url: str):
    for number, text in enumerate(HOSTILE, FIRST):
        page = f"{url}/console/users/{number}"
        visit.page.goto(page)
        judge(visit, page, text)
        assert visit.page.title() == f"{text} – Watchword"
        assert visit.page.evaluate("document.querySelector('h1').innerText") == text
        links = visit.page.eval_on_selector_all("main a", "all => all.map((it) => it.href)")
        acts = [it for it in links if it.startswith(f"{page}/")]
        assert len(acts) >= 7, "the acts of the page are found at all"
        # All of them are of one template.
        for act in acts if number == FIRST else ():
            visit.page.goto(act)
            judge(visit, act, text)
        if text in SOME:
            visit.page.goto(f"{page}/set-roles")
            assert visit.page.input_value("#roles") == text.replace(" ", "_")


def test_in_the_page_that_shows_a_secret_and_in_the_note_after_an_act_it_is_text(
    visit: Visit, url: str
):
    page = visit.page
    for text in SOME:
        number = FIRST + HOSTILE.index(text)
        page.goto(f"{url}/console/users/{number}/api-keys/issue")
        page.click("main button")
        expect(page.locator("#secret")).to_be_visible()
        judge(visit, "a secret", f"of {text}")
        page.goto(f"{url}/console/sessions?user=user-{number}")
        page.get_by_role("button", name="End session").click()
        expect(page.locator(".note")).to_contain_text(f"of {text}.")
        judge(visit, "a note", text)


def test_in_the_query_it_is_text_in_the_fields(browse, enter, url: str):
    """Reflected XSS: a link that somebody sends to an operator."""
    visit = enter(browse())
    for page, names in FIELDS.items():
        for text in SOME:
            query = "&".join(f"{name}={quote(text)}" for name in names)
            visit.page.goto(f"{url}/console{page}?{query}")
            judge(visit, page)
            assert visit.page.input_value(f"[name={names[0]}]") == text


def test_in_what_htmx_puts_into_the_page_it_is_text(visit: Visit, url: str, identities):
    page = visit.page
    page.goto(f"{url}/console/users")
    page.check("text=rests after wrong passwords")
    expect(page.locator("#status")).to_have_text(f"{len(HOSTILE)} users are shown.")
    judge(visit, "a search", *HOSTILE)
    visit.hurry()
    page.goto(f"{url}/console/audit?live=1&event=user_added")
    expect(page.locator("tbody tr")).to_have_count(len(HOSTILE) + 1)
    identities.add("new")
    expect(page.locator("tbody tr")).to_have_count(len(HOSTILE) + 2)
    judge(visit, "the live tail", *HOSTILE)


def test_in_the_plots_it_is_text(visit: Visit, url: str):
    visit.page.goto(f"{url}/console?span=7d")
    expect(visit.page.locator(".plot canvas").first).to_be_visible()
    legends = " ".join(visit.page.locator(".u-legend").all_text_contents()).lower()
    # Names of the core become words there: with a capital, and spaces for underscores.
    assert [text for text in HOSTILE if text.lower() not in legends] == []
    judge(visit, "the plots", *HOSTILE)


def test_the_login_shows_what_was_typed_as_text(browse, url: str, admin: Somebody):
    visit = browse()
    for text in SOME:
        visit.page.goto(f"{url}/console/login?next={quote('/console/' + text)}")
        visit.page.fill("#username", text)
        visit.page.fill("#password", text)
        visit.page.click("main button")
        expect(visit.page.locator(".alert")).to_be_visible()
        judge(visit, "the login")
        assert visit.page.input_value("#username") == text
