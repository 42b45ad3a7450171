"""Each error table has exactly the stated refusals; a refusal that is not stated is a 500."""

from collections.abc import Iterator

import pytest
import structlog
from flask import Flask

from app import create_app
from app.console.dialect import Reach, build
from app.core.credentials import api_keys
from app.core.refusals import Refusal, Refused
from app.core.sessions import nearby
from app.dialects import all_dialects
from app.doors import all_doors
from app.http import error_pages
from app.http.dialect import Dialect
from app.http.http_refusals import HttpRefusal
from tests.grants import CODES

CONSOLE = build(Reach([], []), CODES)
EVERY = [*all_dialects(), *all_doors(), CONSOLE]
NAMES = [dialect.name for dialect in EVERY]
LOGIN = {"UserLogin": "somebody", "ApiKey": "hDn/LFXIPESM036W+s7VKg=="}


@pytest.fixture
def running(settings, clock) -> Iterator[Flask]:
    """The application as it runs; the one of ``app`` fails the test at what is not stated."""
    app = create_app(settings, clock)
    yield app
    app.extensions["watchword"].core.close()


def refuse(*_given: object, **_named: object) -> None:
    """What no operation under ``/login`` states, and ``/verify`` does not."""
    raise Refused(Refusal.REGISTRATION_CLOSED, "the secret of the database")


@pytest.mark.parametrize("dialect", EVERY, ids=NAMES)
def test_a_table_holds_what_is_stated_no_more_and_no_fewer(dialect: Dialect):
    assert set(dialect.errors) == dialect.refusals


def test_every_word_of_the_vocabulary_is_some_tables():
    used = {refusal for dialect in EVERY for refusal in dialect.errors}
    assert used == {*Refusal, *HttpRefusal}


def test_an_operation_is_answered_for_by_the_dialect_that_states_it(app: Flask):
    """Otherwise a refusal would be looked up in a table that does not have it."""
    pages = app.extensions["watchword"].pages
    for dialect in (*all_dialects(), *all_doors()):
        for operation in dialect.operations:
            assert pages.dialect_of(operation.path) is dialect, operation.path


def test_what_an_operation_does_not_state_is_a_fault_of_ours_and_never_mapped(
    running: Flask, monkeypatch
):
    monkeypatch.setattr(api_keys, "exchange", refuse)
    with structlog.testing.capture_logs() as lines:
        monkeypatch.setattr(error_pages, "log", structlog.get_logger())
        response = running.test_client().post("/login", json=LOGIN)
    assert (response.status_code, response.json["Result"]["Code"]) == (500, 500)
    assert "registration" not in response.text
    (line,) = [line for line in lines if line["event"] == "internal_error"]
    assert line["error"] == "POST /login does not state registration_closed"
    assert line["where"][-1].endswith(" refuse"), "where it was raised, not where it was caught"
    assert "secret" not in str(lines)


def test_the_short_cut_maps_nothing_either(running: Flask, monkeypatch):
    monkeypatch.setattr(nearby, "verify", refuse)
    response = running.test_client().get("/verify", headers={"Authorization": "Bearer x"})
    assert (response.status_code, response.content_type) == (500, "application/problem+json")
    assert "WWW-Authenticate" not in response.headers


def test_a_test_that_meets_such_a_refusal_fails(client, monkeypatch):
    monkeypatch.setattr(api_keys, "exchange", refuse)
    with pytest.raises(pytest.fail.Exception, match="does not state registration_closed"):
        client.post("/login", json=LOGIN)
