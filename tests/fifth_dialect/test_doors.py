"""The fifth dialect speaks through all doors, and every list of the operator has it."""

import pytest

from app.cli import register
from app.core.credentials import clients
from app.dialects import all_dialects
from app.http import openapi
from app.settings.settings import all_settings
from config import read_settings
from tests.conftest import settings_for
from tests.contract.drivers import bearer
from tests.factories import ORIGIN

from .opaque_key.errors import TABLE


@pytest.fixture
def key(speaker, user) -> str:
    return speaker.open(user).access


def test_a_gateway_hears_whose_key_it_is(client, key, user):
    answer = client.get("/verify", headers=bearer(key))
    assert answer.status_code == 204
    assert answer.headers["X-Auth-User"] == user.username
    assert answer.headers["X-Auth-Dialect"] == "opaque_key"


def test_introspection_and_revocation_know_it(client, core, key):
    secret = clients.add(core, "gateway", "Gateway", ORIGIN, confidential=True)
    options = {"data": {"token": key}, "auth": ("gateway", secret)}
    found = client.post("/oauth2/introspect", **options).json
    assert (found["active"], found["exp"] - found["iat"]) == (True, 3_600)
    assert client.post("/oauth2/revoke", **options).status_code == 200
    assert client.post("/oauth2/introspect", **options).json == {"active": False}
    assert client.get("/verify", headers=bearer(key)).status_code == 401


def test_the_published_contract_has_its_operations_and_errors(app):
    document = openapi.document(app.extensions["watchword"].dialects)
    operations = document["paths"]["/opaque/key"]
    assert set(operations) == {"post", "get", "delete"}
    assert "429" in operations["post"]["responses"]
    assert "opaqueKey" in document["components"]["securitySchemes"]


def test_its_error_table_is_exact(app):
    [dialect] = [found for found in all_dialects() if found.name == "opaque_key"]
    assert set(TABLE) == dialect.refusals


def test_metrics_count_it(client, key):
    assert key
    lines = client.get("/metrics").text.splitlines()
    assert any(
        'watchword_requests_total{dialect="opaque_key",status="200"}' in line for line in lines
    )


def test_audit_and_the_operators_lists_name_it(app, key, rows, user):
    assert key
    [login] = rows("SELECT dialect, event FROM audit_events WHERE event = 'login'")
    assert login["dialect"] == "opaque_key"
    register(app)
    listed = app.test_cli_runner().invoke(args=["sessions", "list", user.username])
    assert (listed.exit_code, "opaque_key" in listed.output) == (0, True)


def test_its_lifetime_is_a_setting(the_one_line, database_url, monkeypatch):
    settings = settings_for(database_url, monkeypatch, opaque_key_seconds=7)
    assert settings.lifetimes["opaque_key_seconds"] == 7
    assert "WATCHWORD_OPAQUE_KEY_SECONDS" in {setting.variable for setting in all_settings()}


def test_without_the_line_there_is_no_such_dialect(database_url, monkeypatch):
    monkeypatch.setenv("WATCHWORD_OPAQUE_KEY_SECONDS", "7")
    with pytest.raises(Exception, match="WATCHWORD_OPAQUE_KEY_SECONDS: there is no such setting"):
        settings_for(database_url, monkeypatch)
    monkeypatch.delenv("WATCHWORD_OPAQUE_KEY_SECONDS")
    assert "opaque_key_seconds" not in read_settings().lifetimes
