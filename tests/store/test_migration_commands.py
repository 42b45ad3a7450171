"""``flask db`` on databases that are not as it expects: one line says so, and nothing is changed."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import Result
from sqlalchemy import create_engine, inspect, text

from app import create_app
from app.cli import migration_checks, migration_files
from app.core.upkeep import preflight
from config import ROOT
from tests.cases import each
from tests.conftest import settings_for

VERSIONS = ROOT / "migrations" / "versions"
NOT_MIGRATED = f"Error: {preflight.NOT_MIGRATED}\n"
UNREADABLE = f"Error: the database cannot be used ({preflight.UNREADABLE})\n"
OTHERS = "CREATE TABLE users (name TEXT); INSERT INTO users VALUES ('theirs')"

USER = (
    "INSERT INTO users (uuid, username, email, password_hash, password_expired, epoch, roles, permissions,"
    " created_at)"
    " VALUES ('0b7f1c52-5d2b-4c3e-9b1a-3c1d9a6f0e11', 'nessa', 'nessa@example.com', 'x', FALSE, 1, '', '', 0)"
)

Run = Callable[..., Result]


@pytest.fixture
def run(url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    app = create_app(settings_for(url, monkeypatch))
    runner = app.test_cli_runner()
    yield lambda command: runner.invoke(
        args=command.split() if isinstance(command, str) else command
    )
    app.extensions["watchword"].core.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/new.sqlite3"
    return str(request.getfixturevalue("empty_postgresql_url"))


@pytest.fixture(params=["sqlite_url", "postgresql_url"])
def migrated(request: pytest.FixtureRequest) -> str:
    return str(request.getfixturevalue(request.param))


@pytest.fixture
def url(request: pytest.FixtureRequest) -> str:
    """The database that the test names: an empty one, or a migrated one."""
    names = {"empty", "migrated"} & set(request.fixturenames)
    return str(request.getfixturevalue(*names))


def change(url: str, statements: str) -> None:
    """As another program would, past the application."""
    engine = create_engine(url)
    with engine.begin() as connection:
        for statement in statements.split(";"):
            connection.execute(text(statement))
    engine.dispose()


def tables(url: str) -> set[str]:
    engine = create_engine(url)
    found = set(inspect(engine).get_table_names())
    engine.dispose()
    return found


def refused(result: Result, line: str) -> None:
    assert (result.exit_code, result.stdout, result.stderr) == (1, "", line)


def test_the_tables_of_the_first_migration_are_those_that_are_asked_for(empty: str, run: Run):
    assert run("db upgrade 0001").exit_code == 0
    assert tables(empty) == {*preflight.FIRST_TABLES, "alembic_version"}


def test_an_empty_database_is_not_stamped_and_not_made(empty: str, run: Run, tmp_path: Path):
    refused(run("db stamp head"), NOT_MIGRATED)
    for command in ("stamp --sql head", "migrate --sql", "revision --sql -m x"):
        refused(run(f"db {command}"), f"Error: {migration_checks.NO_SQL}\n")
    assert list(tmp_path.iterdir()) == []
    assert run("db upgrade").exit_code == 0


def test_another_programs_database_is_left_as_it_is(empty: str, run: Run, tmp_path: Path):
    change(empty, OTHERS)
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    refused(
        run("db upgrade"),
        "Error: the database has tables that no migration made (users): it is another program's\n",
    )
    stamped = run("db stamp head")
    refused(
        stamped,
        "Error: the database lacks tables (access_codes, api_keys, audit_events and 7 more):"
        " it is another program's\n",
    )
    assert tables(empty) == {"users"}
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_a_database_that_lost_its_revision_is_stamped_and_goes_on(migrated: str, run: Run):
    change(migrated, "DROP TABLE alembic_version")
    for command in ("db upgrade", "db current", "db check", "users list"):
        refused(run(command), f"Error: {preflight.LOST}\n")
    newest = max(path.name[:4] for path in VERSIONS.glob("[0-9]*.py"))
    stamped = run("db stamp head")
    assert (stamped.exit_code, stamped.stderr) == (0, "")
    assert stamped.stdout == f"the database is at {newest} now\n"
    assert run("db upgrade").stdout == f"the database was at {newest} already\n"
    assert run("users list --json").stdout == "[]\n"


def versions(column: str, values: str) -> str:
    """Statements that put another table in the place of ``alembic_version``."""
    return (
        f"DROP TABLE alembic_version; CREATE TABLE alembic_version ({column});"
        f" INSERT INTO alembic_version VALUES {values}"
    )


@each(
    ("column", "values"),
    {
        "null": ("version_num TEXT", "(NULL)"),
        "two": ("version_num TEXT", "('0003'), ('0010')"),
        "number": ("version_num INTEGER", "(7)"),
        "column": ("revision TEXT", "('0001')"),
    },
)
def test_a_revision_that_cannot_be_read_is_one_line(
    migrated: str, run: Run, column: str, values: str
):
    change(migrated, versions(column, values))
    for command in (
        *("db upgrade", "db downgrade", "db current", "db check", "db history -i", "db stamp head"),
        *("db migrate -m x", "users list"),
    ):
        refused(run(command), UNREADABLE)


def test_a_revision_that_cannot_be_read_is_put_right_by_a_stamp(migrated: str, run: Run):
    change(migrated, versions("version_num TEXT", "(NULL), ('0003')"))
    assert run("db stamp --purge head").exit_code == 0
    assert run("users list --json").stdout == "[]\n"


@pytest.mark.parametrize(
    ("at", "lost", "names"),
    [
        ("0009", "ALTER TABLE users DROP COLUMN roles", "roles"),
        ("0006", "DROP TABLE audit_events", "NoSuchTableError: audit_events"),
    ],
)
def test_a_migration_that_cannot_go_on_is_one_line(
    empty: str, run: Run, caplog, at: str, lost: str, names: str
):
    assert run(f"db upgrade {at}").exit_code == 0
    change(empty, lost)
    result = run("db upgrade")
    assert (result.exit_code, result.stdout) == (1, "")
    [told] = [record.getMessage() for record in caplog.records if record.levelname == "ERROR"]
    assert told.startswith("Error: the database cannot be used (")
    assert names in told
    assert "\n" not in told
    assert run(f"db upgrade {at}").stdout == f"the database was at {at} already\n"


def test_where_models_and_database_agree_no_migration_is_written(migrated: str, run: Run, caplog):
    before = set(VERSIONS.iterdir())
    result = run("db migrate -m nothing")
    written = set(VERSIONS.iterdir()) - before
    for path in written:
        path.unlink()
    assert (result.exit_code, written) == (1, set())
    assert "models and database agree: there is nothing to migrate" in caplog.text


def test_a_new_migration_has_the_next_number(migrated: str, run: Run, tmp_path: Path):
    folder = tmp_path / "migrations"
    shutil.copytree(VERSIONS.parent, folder, ignore=shutil.ignore_patterns("__pycache__"))
    before = set((folder / "versions").glob("*.py"))
    following = f"{len(before) + 1:04}"
    for command, reason in (
        ("revision -m x --rev-id 0010", f"the next migration is {following}"),
        ("revision", migration_files.NO_MESSAGE),
        ("revision -m x --head 0005 --splice", migration_files.ONE_LINE),
        ("merge 0009 0010", migration_files.ONE_LINE),
    ):
        refused(run(f"db -d {folder} {command}"), f"Error: {reason}\n")
    assert set((folder / "versions").glob("*.py")) == before
    assert run(["db", "revision", "-d", str(folder), "-m", "Add a colour"]).exit_code == 0
    [written] = set((folder / "versions").glob("*.py")) - before
    assert written.name == f"{following}_add_a_colour.py"
    assert f'down_revision = "{len(before):04}"' in written.read_text().replace("'", '"')
    (folder / "env.py").unlink()
    for command in (f"db current -d {folder}", f"db -d {folder} upgrade"):
        refused(run(command), f"Error: there are no migrations in {folder}: it has no env.py\n")


def test_what_makes_no_sense_is_one_line(migrated: str, run: Run):
    for command in ("upgrade --nonsense", "nonsense"):
        result = run(f"db {command}")
        assert (result.exit_code, result.stdout) == (1, "")
        assert result.stderr.startswith("Error: No such ")
        assert result.stderr.endswith("(--help tells more)\n")
        assert result.stderr.count("\n") == 1


@each("command", ["upgrade", "downgrade", "stamp", "show", "edit"])
def test_an_empty_revision_is_one_line(migrated: str, run: Run, command: str):
    """A script has a variable that is not set."""
    refused(run(["db", command, ""]), "Error: the revision is empty\n")


def test_a_downgrade_that_would_delete_users_does_no_step(migrated: str, run: Run):
    change(migrated, USER)
    reason = "Error: this would delete 1 users: remove the database itself if you mean it\n"
    steps = len(list(VERSIONS.glob("[0-9]*.py")))
    for revision in ("base", f"-- -{steps}", "0001-1", "0003-3", "head@base"):
        refused(run(f"db downgrade {revision}"), reason)
        assert "event_hours" in tables(migrated)
