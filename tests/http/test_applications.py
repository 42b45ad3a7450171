"""Applications of one process share the views of the operations, and nothing else."""

import re
from pathlib import Path
from typing import Any

from flask import Flask
from werkzeug.exceptions import HTTPException

from app import create_app, empty_service, with_operations
from app.core.clock import ManualClock
from app.core.identities import registration
from app.settings.settings import Settings
from tests.conftest import settings_for
from tests.factories import ORIGIN, PASSWORD, Identities

LOGIN = {"account_type": "traditional", "email": "a@example.com", "password": PASSWORD}
CLIENT = {"X-KOMS-ClientId": "koms-web"}


def size(kept: Any) -> int:
    """How many entries there are in what Flask keeps, by blueprint or without one."""
    if isinstance(kept, dict):
        return len(kept) + sum(map(size, kept.values()))
    return len(kept) if isinstance(kept, list | tuple | set) else 0


def test_flask_keeps_of_the_operations_what_is_taken_over_and_no_more(app: Flask):
    dialects = tuple(app.extensions["watchword"].dialects)
    first = with_operations(dialects)
    empty, full = vars(empty_service()), vars(first)
    kept = {name for name, it in full.items() if size(it) != size(empty[name])}
    # Flask gives each blueprint the processor for templates that every application has already.
    (processors,) = {tuple(it) for it in full["template_context_processors"].values()}
    assert list(processors) == empty["template_context_processors"][None]
    assert kept - {"template_context_processors"} == {"view_functions", "blueprints"}
    assert app.view_functions == full["view_functions"]
    assert app.blueprints == full["blueprints"]
    assert list(app.url_map.iter_rules()) == list(first.url_map.iter_rules())


def outcome(app: Flask, path: str, method: str) -> object:
    """The endpoint and the values, or why there is none."""
    try:
        return app.url_map.bind("").match(path, method)
    except HTTPException as refusal:
        # Werkzeug gathers the methods of a path in a set.
        return type(refusal), sorted(getattr(refusal, "valid_methods", None) or ())


def test_the_copied_rules_lead_where_the_first_ones_do(app: Flask):
    first = with_operations(tuple(app.extensions["watchword"].dialects))
    paths = {re.sub("<.*?>", "1/2", rule.rule) for rule in first.url_map.iter_rules()}
    assert app.url_map is not first.url_map
    for path in paths:
        for method in ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE", "BREW"):
            assert outcome(app, path, method) == outcome(first, path, method), (method, path)


def test_a_route_that_one_is_given_is_no_other_ones(settings: Settings):
    """Those who embed the service may add some of their own."""
    one, other = create_app(settings), create_app(settings)
    one.add_url_rule("/mine", "mine", lambda: "one")
    one.add_url_rule("/verify/anything/<anything:rest>", "rest", lambda rest: rest)
    other.add_url_rule("/mine", "mine", lambda: "other", methods=["POST"])
    later = create_app(settings)
    asked = [app.test_client().get("/mine") for app in (one, other, later)]
    assert [it.status_code for it in asked] == [200, 405, 404]
    assert asked[0].text == "one"
    assert one.test_client().get("/verify/anything/a/b").text == "a/b"


def test_what_one_is_told_of_its_rules_holds_for_no_other(settings: Settings):
    one, other = create_app(settings), create_app(settings)
    one.url_map.strict_slashes = False
    one.url_map.merge_slashes = True
    one.url_map.converters.clear()
    assert other.url_map.strict_slashes
    assert not other.url_map.merge_slashes
    assert "anything" in other.url_map.converters


def test_with_the_console_there_are_its_routes_and_without_it_none(
    settings: Settings, database_url: str, monkeypatch, clock: ManualClock
):
    with_console = create_app(settings_for(database_url, monkeypatch, console="on"), clock)
    without = create_app(settings, clock)
    assert with_console.test_client().get("/console/login").status_code == 200
    assert without.test_client().get("/console/login").status_code == 404
    assert "console" not in without.blueprints


def test_each_asks_its_own_database(
    app: Flask,
    identities: Identities,
    database_url: str,
    tmp_path: Path,
    sqlite_template,
    monkeypatch,
):
    other_file = tmp_path / "other.sqlite3"
    other_file.write_bytes(sqlite_template.read_bytes())
    other = create_app(settings_for(f"sqlite:///{other_file}", monkeypatch))
    identities.client("koms-web")
    Identities(other.extensions["watchword"].core).client("koms-web")
    registration.register(app.extensions["watchword"].core, "a", "a@example.com", PASSWORD, ORIGIN)
    statuses = [
        it.test_client().post("/session", json=LOGIN, headers=CLIENT).status_code
        for it in (app, other)
    ]
    other.extensions["watchword"].core.close()
    assert statuses == [200, 401]
