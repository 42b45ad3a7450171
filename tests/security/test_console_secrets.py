"""No secret that the console takes or shows is in the log, in the metrics, in a URL or in a table."""

import re

import pytest

from app.extensions import db
from tests.conftest import settings_for
from tests.console.conftest import Browser
from tests.factories import PASSWORD

WRONG = "a-wrong-password-that-is-nearly-right"
NEW = "staple-of-an-entirely-new-horse"


@pytest.fixture
def settings(database_url: str, monkeypatch, logged):
    return settings_for(database_url, monkeypatch, console="on", log_level="debug")


def tour(browser: Browser, clock) -> list[str]:
    """Use every act that has a secret. Returns all secrets."""
    browser.log_in(password=WRONG)
    browser.log_in()
    secrets = [PASSWORD, WRONG, NEW, str(browser.cookie)]
    clock.advance(300)
    fields = {"username": "new", "email": "new@example.com", "password": NEW}
    browser.do("/console/users/add", **fields, proof=WRONG)
    browser.do("/console/users/add", **fields, proof=PASSWORD)
    browser.do("/console/users/2/set-password", password=NEW)
    client = {"client_id": "gateway", "name": "Gateway", "confidential": "true"}
    for page, form in (
        ("/console/users/2/api-keys/issue", {}),
        ("/console/users/2/access-codes/issue", {}),
        ("/console/clients/add", client),
        ("/console/clients/rotate-secret?client_id=gateway", {"client_id": "gateway"}),
    ):
        shown = re.findall(r'id="secret"[^>]*>([^<]+)<', browser.do(page, **form).text)
        secrets += [secret.replace("&#43;", "+") for secret in shown]
    browser.post("/console/users/2/unlock", {"form": browser.token("/console/users/2/unlock")})
    clock.advance(900)
    browser.post("/console/users/2/set-password", {"password": NEW, "proof": PASSWORD})
    return secrets


def test_it_is_nowhere_but_in_the_answer(app, identities, clock, client, logged, rows):
    identities.add("admin", roles=("admin",))
    secrets = tour(Browser(app), clock)
    assert len(secrets) == 8
    log = logged.getvalue()
    assert log.count('"dialect": "console"') >= 15, "what is looked through is the log"
    metrics = client.get("/metrics").text
    assert 'watchword_requests_total{dialect="console"' in metrics
    assert [it for it in secrets if it in log or it in metrics] == []
    with app.app_context():
        tables = list(db.metadata.tables)
    held = [
        value if isinstance(value, bytes) else str(value).encode()
        for table in tables
        for row in rows(f"SELECT * FROM {table}")
        for value in row.values()
    ]
    assert [it for it in secrets if any(it.encode() in value for value in held)] == []
