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
    assert result.stderr == "Error: the database cannot be used (OperationalError)\n"


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


NAME = "\u0142ukasz"


@pytest.fixture
def lukasz(environment, rows) -> None:
    """A user whose name not every terminal can show."""
    assert flask(environment, "users", "add", "l", "l@example.com", stdin=PASSWORD).returncode == 0
    engine = create_engine(environment["WATCHWORD_DATABASE_URL"])
    with engine.begin() as connection:
        connection.execute(text("UPDATE users SET username = :name"), {"name": NAME})
    engine.dispose()


@pytest.mark.parametrize("encoding", ["ascii", "iso-8859-1"])
def test_a_terminal_without_utf8_shows_names_all_the_same(environment, lukasz, encoding):
    environment |= {"PYTHONIOENCODING": encoding, "LC_ALL": "C"}
    table = flask(environment, "users", "list")
    assert (table.returncode, table.stderr) == (0, "")
    assert r"\u0142ukasz" in table.stdout
    changed = flask(environment, "users", "expire-password", "l@example.com")
    assert (changed.returncode, changed.stderr) == (0, "")
    listed = flask(environment, "users", "list", "--json")
    assert [user["username"] for user in json.loads(listed.stdout)] == [NAME]
    assert listed.stdout.isascii()


def test_a_reader_that_has_seen_enough_ends_a_list_without_a_word(environment, lukasz):
    for arguments in (("users", "list"), ("users", "list", "--json")):
        reader, writer = os.pipe()
        os.close(reader)
        done = subprocess.run(
            [sys.executable, "-m", "flask", "--app", "wsgi", *arguments],
            check=False,
            cwd=ROOT,
            env=environment,
            stdout=writer,
            stderr=subprocess.PIPE,
            text=True,
        )
        os.close(writer)
        assert (done.returncode, done.stderr) == (1, "")


def shell(environment, command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["/bin/sh", "-c", f"{sys.executable} -m flask --app wsgi {command}"],
        check=False,
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
    )


def test_output_that_cannot_be_written_is_one_line(environment):
    full = shell(environment, "users list --json > /dev/full")
    assert full.returncode == 1
    assert full.stderr == "Error: reading or writing failed: No space left on device\n"


def test_a_command_without_streams_writes_into_nothing_else(environment, lukasz, rows):
    assert shell(environment, "users expire-password l@example.com <&- >&- 2>&-").returncode == 0
    assert rows("PRAGMA integrity_check") == [{"integrity_check": "ok"}]
    assert rows("SELECT count(*) AS n FROM users WHERE password_expired") == [{"n": 1}]


def test_commands_read_a_file_of_settings_as_the_server_does(environment, tmp_path: Path):
    """Flask's commands read .env by themselves; through ``wsgi`` the server does it too."""
    names = ("WATCHWORD_ISSUER=from-the-file", "WATCHWORD_LOG_LEVEL=warning")
    (tmp_path / ".env").write_text("\n".join(names))
    show = "s = app.extensions['watchword'].settings; print(s.issuer, s.log_level)"
    command = f"@app.cli.command('show')\ndef show():\n    {show}\n"
    (tmp_path / "served.py").write_text(f"from wsgi import app\n{show}\n")
    (tmp_path / "commands.py").write_text(f"from wsgi import app\n{command}")
    for started in (["served.py"], ["-m", "flask", "--app", "commands", "show"]):
        done = subprocess.run(
            [sys.executable, *started],
            check=False,
            cwd=tmp_path,
            env=environment | {"PYTHONPATH": str(ROOT), "WATCHWORD_LOG_LEVEL": "error"},
            capture_output=True,
            text=True,
        )
        assert (done.stdout, done.stderr) == ("from-the-file error\n", "")


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
