"""The commands as an operator runs them: real processes, a real terminal."""

import contextlib
import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from config import ROOT
from tests.conftest import TEST_SECRET

PASSWORD = "correct horse battery staple"


@pytest.fixture
def environment(database_url: str) -> dict[str, str]:
    own = {name: value for name, value in os.environ.items() if "WATCHWORD" not in name}
    return own | {
        "WATCHWORD_DATABASE_URL": database_url,
        "WATCHWORD_SECRET_KEYS": TEST_SECRET,
        "WATCHWORD_ENV": "testing",
        "WATCHWORD_ARGON2_PROFILE": "cheapest-tests-only",
    }


def flask(environment, *arguments, stdin=""):
    return subprocess.run(
        [sys.executable, "-m", "flask", "--app", "wsgi", *arguments],
        check=False,
        cwd=ROOT,
        env=environment,
        input=stdin,
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_a_pipeline_adds_a_user_and_keeps_its_new_key_in_a_variable(environment, rows):
    added = flask(environment, "users", "add", "nessa", "nessa@example.com", stdin=PASSWORD)
    assert (added.returncode, added.stdout, added.stderr) == (0, "added nessa with uid 1\n", "")
    issued = flask(environment, "api-keys", "issue", "nessa")
    assert issued.returncode == 0
    assert len(issued.stdout.splitlines()) == 1
    assert len(issued.stdout.strip()) == 24
    assert issued.stdout.strip() not in issued.stderr
    listed = flask(environment, "users", "list", "--json")
    assert [user["username"] for user in json.loads(listed.stdout)] == ["nessa"]
    assert rows("SELECT count(*) AS n FROM api_keys") == [{"n": 1}]


def test_a_password_is_asked_for_twice_on_a_terminal_and_never_shown(environment, rows):
    parent, child = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "flask", "--app", "wsgi", "users", "add", "a", "a@example.com"],
        cwd=ROOT,
        env=environment,
        stdin=child,
        stdout=child,
        stderr=child,
        start_new_session=True,
    )
    os.close(child)
    shown = b""
    for prompt, answer in [
        (b"Password: ", PASSWORD),
        (b"confirmation: ", "a slip of the finger"),
        (b"Password: ", PASSWORD),
        (b"confirmation: ", PASSWORD),
    ]:
        asked = b""
        while prompt not in asked:
            asked += os.read(parent, 1000)
        shown += asked
        os.write(parent, answer.encode() + b"\n")
    with contextlib.suppress(OSError):
        while more := os.read(parent, 1000):
            shown += more
    os.close(parent)
    assert process.wait(30) == 0
    assert b"do not match" in shown
    assert shown.rstrip().endswith(b"added a with uid 1")
    assert b"horse" not in shown
    assert len(rows("SELECT id FROM users")) == 1


@pytest.mark.parametrize(
    ("url", "arguments"),
    [
        ("sqlite:////nonexistent/watchword.sqlite3", ("db", "upgrade")),
        ("postgresql://127.0.0.1:1/watchword", ("db", "check")),
        ("postgresql://127.0.0.1:1/watchword", ("users", "list")),
    ],
)
def test_a_database_that_is_away_is_one_line(environment, url, arguments):
    result = flask(environment | {"WATCHWORD_DATABASE_URL": url}, *arguments)
    assert result.returncode == 1
    assert result.stdout == ""
    assert result.stderr == "Error: the database cannot be reached (OperationalError)\n"


def test_a_file_that_is_no_database_is_one_line(environment, tmp_path: Path):
    path = tmp_path / "notes.txt"
    path.write_text("not a database" * 100)
    environment["WATCHWORD_DATABASE_URL"] = f"sqlite:///{path}"
    result = flask(environment, "users", "list")
    assert result.returncode == 1
    assert result.stderr == "Error: the database cannot be used (DatabaseError)\n"


def test_commands_ask_for_the_migration_and_go_on_after_it(environment, tmp_path: Path):
    environment["WATCHWORD_DATABASE_URL"] = f"sqlite:///{tmp_path / 'new.sqlite3'}"
    before = flask(environment, "users", "list", "--json")
    assert before.returncode == 1
    assert before.stderr == (
        "Error: the database is not migrated: run flask --app wsgi db upgrade\n"
    )
    assert flask(environment, "db", "upgrade").returncode == 0
    assert flask(environment, "users", "list", "--json").stdout == "[]\n"


def test_db_check_fails_when_models_and_database_have_drifted_apart(environment):
    assert flask(environment, "db", "check").returncode == 0
    engine = create_engine(environment["WATCHWORD_DATABASE_URL"])
    with engine.begin() as connection:
        connection.execute(text("DROP INDEX ix_users_customer_id"))
    engine.dispose()
    drifted = flask(environment, "db", "check")
    assert drifted.returncode == 1
    assert "ix_users_customer_id" in drifted.stderr


def test_the_server_does_not_load_what_only_commands_need(environment):
    """structlog loads a part of rich by itself; tables and progress bars are ours alone."""
    code = "import sys, wsgi; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code],
        check=True,
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert not {"yaml", "rich.progress", "concurrent.futures.process"} & {*done.stdout.split()}
