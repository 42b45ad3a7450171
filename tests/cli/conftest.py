"""``flask --app wsgi …`` in this process: the exit status, stdout and stderr of a command."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from flask import Flask

from app.core import identities
from app.core.refusals import Refused
from tests import grants
from tests.conftest import TEST_SECRET
from tests.factories import ORIGIN, PASSWORD, Identities

Run = Callable[..., Result]


@pytest.fixture
def run(app: Flask) -> Run:
    """Run a command, with ``stdin`` as from a pipe."""
    runner = app.test_cli_runner()

    def run(*arguments: object, stdin: str | bytes | None = None) -> Result:
        return runner.invoke(args=list(map(str, arguments)), input=stdin)

    return run


@pytest.fixture
def environment(database_url: str) -> dict[str, str]:
    """Of a process that is a command on the database of the test."""
    own = {name: value for name, value in os.environ.items() if "WATCHWORD" not in name}
    return own | {
        "WATCHWORD_DATABASE_URL": database_url,
        "WATCHWORD_SECRET_KEYS": TEST_SECRET,
        "WATCHWORD_ENV": "testing",
        "WATCHWORD_ARGON2_PROFILE": "cheapest-tests-only",
    }


@pytest.fixture
def refused(run: Run) -> Callable[..., str]:
    """Run a command that must fail. Returns its one line of reason."""

    def refused(*arguments: object, stdin: str | bytes | None = None) -> str:
        result = run(*arguments, stdin=stdin)
        assert result.exit_code == 1, result.output
        assert result.stdout == ""
        assert result.stderr.startswith("Error: ")
        assert result.stderr.count("\n") == 1, result.stderr
        return result.stderr.removeprefix("Error: ").rstrip("\n")

    return refused


@pytest.fixture
def done(run: Run) -> Callable[..., str]:
    """Run a command that must succeed. Returns its stdout without the last line end."""

    def done(*arguments: object, stdin: str | bytes | None = None) -> str:
        result = run(*arguments, stdin=stdin)
        assert result.exit_code == 0, result.stderr
        return result.stdout.rstrip("\n")

    return done


@pytest.fixture
def listed(done: Callable[..., str]) -> Callable[..., Any]:
    """What a command prints with ``--json``."""
    return lambda *arguments: json.loads(done(*arguments, "--json"))


@pytest.fixture
def seed_file(tmp_path: Path) -> Callable[..., Path]:
    """A seed of the given sections, as a file."""

    def write(name: str = "seed.json", **sections: object) -> Path:
        path = tmp_path / name
        path.write_text(json.dumps(sections))
        return path

    return write


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """A file with a text."""

    def write(text: str, name: str = "users.txt") -> Path:
        path = tmp_path / name
        path.write_text(text)
        return path

    return write


@pytest.fixture
def tables(rows) -> Callable[[], dict[str, list[dict[str, object]]]]:
    """All rows of the tables that a seed may change."""
    names = ("customers", "clients", "users", "login_names", "api_keys", "audit_events")
    return lambda: {name: rows(f"SELECT * FROM {name} ORDER BY 1, 2") for name in names}


@pytest.fixture
def user(identities: Identities):
    return identities.add("John.Doo")


@pytest.fixture
def pair(core, user, identities):
    """A live session of the session dialect."""
    identities.client()
    proven = proven_by_password(core, user)
    return grants.session_pair(core, proven, "koms-web", ORIGIN)


def proven_by_password(core, user):
    return identities.prove(core, user.username, PASSWORD, ORIGIN)


def refusal_of(function, *arguments):
    with pytest.raises(Refused) as refused:
        function(*arguments)
    return refused.value.refusal


def notes(rows):
    return [
        (row["event"], row["note"])
        for row in rows("SELECT event, note FROM audit_events WHERE dialect = 'cli' ORDER BY id")
    ]
