"""The commands as an operator runs them: real processes, a real terminal.

A process takes a second to start, so each test starts no more of them than it is about: what stands
before and after is done by the core or by commands in this process.
"""

import contextlib
import json
import os
import pty
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import Result
from sqlalchemy import create_engine, text

from app import create_app
from app.cli import migration_checks
from config import ROOT
from tests.conftest import settings_for
from tests.forked import Forked, run

PASSWORD = "correct horse battery staple"


def flask(environment, *arguments, stdin=""):
    return run(["flask", "--app", "wsgi", *arguments], environment, directory=ROOT, stdin=stdin)


def test_a_pipeline_adds_a_user_and_keeps_its_new_key_in_a_variable(environment, rows):
    added = flask(environment, "users", "add", "nessa", "nessa@example.com", stdin=PASSWORD)
    assert (added.returncode, added.stdout, added.stderr) == (0, "added nessa with uid 1\n", "")
    issued = flask(environment, "api-keys", "issue", "nessa")
    assert issued.returncode == 0
    assert len(issued.stdout.splitlines()) == 1
    assert len(issued.stdout.strip()) == 24
    assert issued.stdout.strip() not in issued.stderr
    assert rows("SELECT username FROM users") == [{"username": "nessa"}]
    assert rows("SELECT count(*) AS n FROM api_keys") == [{"n": 1}]


def test_a_password_is_asked_for_twice_on_a_terminal_and_never_shown(environment, rows):
    parent, child = pty.openpty()
    process = Forked(
        ["flask", "--app", "wsgi", "users", "add", "a", "a@example.com"],
        environment,
        directory=ROOT,
        stdin=child,
        stdout=child,
        stderr=child,
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


@pytest.fixture
def run_on(monkeypatch) -> Iterator[Callable[..., Result]]:
    """Run a command in this process on the database at a URL."""
    with contextlib.ExitStack() as opened:

        def run(url: str, *arguments: str) -> Result:
            app = create_app(settings_for(url, monkeypatch))
            opened.callback(app.extensions["watchword"].core.close)
            return app.test_cli_runner().invoke(args=arguments)

        yield run


AWAY = "no server answers at its address, or it does not let this user in"
NO_FOLDER = "its file cannot be opened: its directory must be there"


@pytest.mark.parametrize(
    ("url", "arguments", "cause"),
    [
        ("sqlite:////nonexistent/watchword.sqlite3", ("db", "upgrade"), NO_FOLDER),
        ("sqlite:////nonexistent/watchword.sqlite3", ("users", "list"), NO_FOLDER),
        ("sqlite:///{0}/notes.txt", ("users", "list"), "its file is no SQLite database"),
        ("postgresql://127.0.0.1:1/watchword", ("db", "check"), AWAY),
        ("postgresql://127.0.0.1:1/watchword", ("users", "list"), AWAY),
    ],
)
def test_a_database_that_cannot_be_used_is_one_line_that_says_why(
    run_on, tmp_path: Path, url: str, arguments: tuple[str, ...], cause: str
):
    (tmp_path / "notes.txt").write_text("not a database" * 100)
    result = run_on(url.format(tmp_path), *arguments)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith(f"Error: the database cannot be used ({cause}")
    assert result.stderr.count("\n") == 1


def test_db_check_fails_when_models_and_database_have_drifted_apart(environment, run_on):
    url = environment["WATCHWORD_DATABASE_URL"]
    assert run_on(url, "db", "check").exit_code == 0
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text("DROP INDEX ix_users_username"))
    engine.dispose()
    drifted = flask(environment, "db", "check")
    assert drifted.returncode == 1
    assert "ix_users_username" in drifted.stderr


def test_commands_ask_for_the_migration_and_go_on_after_it(environment, run_on, tmp_path: Path):
    url = f"sqlite:///{tmp_path / 'new.sqlite3'}"
    before = run_on(url, "users", "list", "--json")
    assert (before.exit_code, before.stdout) == (1, "")
    assert before.stderr == "Error: the database is not migrated: run flask --app wsgi db upgrade\n"
    checked = run_on(url, "db", "check")
    assert (checked.exit_code, checked.stderr) == (1, before.stderr)
    for looking in (
        "current",
        "downgrade",
        "migrate",
        "history -i",
        "history -r:current",
        "show current",
    ):
        looked = run_on(url, "db", *looking.split())
        assert (looked.exit_code, looked.stdout, looked.stderr) == (1, "", before.stderr), looking
    assert run_on(url, "db", "history").exit_code == 0
    assert not (tmp_path / "new.sqlite3").exists(), "to look for a database makes none"
    upgraded = flask(environment | {"WATCHWORD_DATABASE_URL": url}, "db", "upgrade")
    assert (upgraded.returncode, upgraded.stderr) == (0, "")
    newest = max(path.name[:4] for path in (ROOT / "migrations" / "versions").glob("[0-9]*.py"))
    assert upgraded.stdout == f"the database is at {newest} now; it was at no migration\n"
    again = run_on(url, "db", "upgrade")
    assert again.stdout == f"the database was at {newest} already\n"
    assert run_on(url, "users", "list", "--json").stdout == "[]\n"


@pytest.mark.parametrize("command", ["upgrade", "downgrade"])
def test_there_is_no_script_of_a_migration(run_on, sqlite_url: str, tmp_path: Path, command: str):
    for url in (sqlite_url, f"sqlite:///{tmp_path / 'new.sqlite3'}"):
        asked = run_on(url, "db", command, "--sql")
        assert (asked.exit_code, asked.stdout) == (1, "")
        assert asked.stderr == f"Error: {migration_checks.NO_SQL}\n"
    assert not (tmp_path / "new.sqlite3").exists()


NAME = "\u0142ukasz"


@pytest.fixture
def lukasz(database_url, identities) -> None:
    """A user whose name not every terminal can show."""
    identities.add("l", email="l@example.com")
    engine = create_engine(database_url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE users SET username = :name"), {"name": NAME})
    engine.dispose()


def test_a_terminal_without_utf8_shows_names_all_the_same(environment, lukasz):
    environment |= {"PYTHONIOENCODING": "ascii", "LC_ALL": "C"}
    table = shell(environment, "users list")
    assert (table.returncode, table.stderr) == (0, "")
    assert r"\u0142ukasz" in table.stdout


@pytest.mark.parametrize("encoding", ["ascii", "iso-8859-1"])
def test_every_command_shows_names_in_any_encoding(app, lukasz, encoding):
    runner = app.test_cli_runner(charset=encoding)
    table = runner.invoke(args=["users", "list"])
    assert (table.exit_code, table.stderr) == (0, "")
    assert r"\u0142ukasz" in table.stdout
    changed = runner.invoke(args=["users", "expire-password", "l@example.com"])
    assert (changed.exit_code, changed.stderr) == (0, "")
    listed = runner.invoke(args=["users", "list", "--json"])
    assert [user["username"] for user in json.loads(listed.stdout)] == [NAME]
    assert listed.stdout.isascii()


def test_a_reader_that_has_seen_enough_ends_a_list_without_a_word(environment, lukasz):
    for arguments in (("users", "list"), ("users", "list", "--json")):
        reader, writer = os.pipe()
        os.close(reader)
        with tempfile.TemporaryFile() as complaints:
            command = ["flask", "--app", "wsgi", *arguments]
            process = Forked(command, environment, directory=ROOT, stdout=writer, stderr=complaints)
            os.close(writer)
            assert (process.wait(60), complaints.tell()) == (1, 0)


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
    """structlog would take rich by itself, and rich what else it finds. bcrypt is there for cryptography."""
    code = "import sys, wsgi; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code],
        check=True,
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
    )
    loaded = {*done.stdout.split()}
    assert not {"yaml", "rich", "attr", "concurrent.futures.process"} & loaded
    parts = {part for name in loaded for part in name.split(".")}
    assert not {"ijson", "passlib", "importing", "foreign"} & parts
