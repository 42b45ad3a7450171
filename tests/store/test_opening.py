"""The settings of the operator's URL and ours hold on every connection."""

import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, literal_column, make_url, select, text

from app import create_app
from app.core.upkeep import preflight
from config import ROOT, SettingsError
from tests.conftest import TEST_SECRET, settings_for
from tests.factories import Identities
from tests.forked import Forked

from .conftest import Opened


def everywhere(store: Opened, expression: str) -> set[object]:
    """What an expression is on each kind of connection there is."""
    query = select(literal_column(expression))
    with store.store.write() as writing:
        written = writing.execute(query).one()
    migrating = store.connections.open_for_migrations()
    migrated = migrating.execute(f"SELECT {expression}").fetchone()
    migrating.close()
    looked_up = store.store.first(query)
    assert migrated
    assert looked_up
    return {written[0], migrated[0], looked_up[0]}


def with_options(url: str, **query: str | tuple[str, ...]) -> str:
    return make_url(url).update_query_dict(query).render_as_string(hide_password=False)


def setting(name: str) -> str:
    return f"current_setting('{name}')"


def test_the_operators_options_hold_beside_ours(postgresql_url: str, open_store):
    store = open_store(with_options(postgresql_url, options="-csearch_path=elsewhere,public"))
    assert everywhere(store, setting("search_path")) == {"elsewhere,public"}
    assert store.store.first(select(literal_column(setting("lock_timeout")))) == ("2s",)


def test_an_operator_may_ask_for_another_limit(postgresql_url: str, open_store):
    store = open_store(with_options(postgresql_url, options="-c statement_timeout=1s"))
    assert everywhere(store, setting("statement_timeout")) == {"1s"}


def test_options_of_the_environment_hold_too(postgresql_url: str, open_store, monkeypatch):
    monkeypatch.setenv("PGOPTIONS", "-c search_path=elsewhere")
    assert everywhere(open_store(postgresql_url), setting("search_path")) == {"elsewhere"}


@pytest.mark.parametrize("isolation", ["serializable", "repeatable read"])
def test_every_connection_is_read_committed_whatever_the_database_says(
    postgresql_url: str, open_store, isolation: str
):
    name = make_url(postgresql_url).database
    engine = create_engine(postgresql_url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(
            text(f"ALTER DATABASE \"{name}\" SET default_transaction_isolation = '{isolation}'")
        )
    engine.dispose()
    store = open_store(postgresql_url)
    assert everywhere(store, setting("transaction_isolation")) == {"read committed"}


@pytest.mark.parametrize("encoding", ["LATIN1", "SQL_ASCII"])
def test_every_connection_speaks_utf8_whatever_the_environment_says(
    postgresql_url: str, open_store, monkeypatch, encoding: str
):
    monkeypatch.setenv("PGCLIENTENCODING", encoding)
    store = open_store(postgresql_url)
    assert everywhere(store, setting("client_encoding")) == {"UTF8"}
    assert everywhere(store, "'Łukasz'") == {"Łukasz"}


def test_of_several_hosts_the_one_that_answers_is_used(
    postgresql_url: str, open_store, tmp_path: Path
):
    here = str(make_url(postgresql_url).query["host"])
    away = f"{tmp_path}:5432"
    url = make_url(postgresql_url).set(query={"host": (away, f"{here}:5432")})
    store = open_store(url.render_as_string(hide_password=False))
    assert everywhere(store, setting("unix_socket_directories")) == {here}


def test_a_sqlite_file_is_for_its_owner_and_so_is_what_stands_beside_it(tmp_path: Path, open_store):
    file = tmp_path / "new.sqlite3"
    store = open_store(f"sqlite:///{file}")
    before = os.umask(0o022)
    try:
        with store.store.write() as writing:
            writing.execute(text("CREATE TABLE things (id INTEGER)"))
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    finally:
        os.umask(before)
    assert modes == {"new.sqlite3": 0o600, "new.sqlite3-wal": 0o600, "new.sqlite3-shm": 0o600}


def test_the_default_directory_is_made_for_its_owner(tmp_path: Path, monkeypatch):
    home = tmp_path / "instance"
    monkeypatch.setattr("app.DEFAULT_DATABASE", home / "watchword.sqlite3")
    create_app(settings_for(f"sqlite:///{home}/watchword.sqlite3", monkeypatch))
    assert stat.S_IMODE(home.stat().st_mode) == 0o700


def migrate_together(url: str) -> list[str]:
    """What those of two ``flask db upgrade`` at once said that did not end well."""
    environment = os.environ | {
        "WATCHWORD_DATABASE_URL": url,
        "WATCHWORD_SECRET_KEYS": TEST_SECRET,
        "WATCHWORD_ENV": "testing",
    }
    with ExitStack() as stack:
        said = [stack.enter_context(tempfile.TemporaryFile("w+")) for _ in range(2)]
        command = ["flask", "--app", "wsgi", "db", "upgrade"]
        started = [Forked(command, environment, directory=ROOT, stderr=file) for file in said]
        failed = [file for process, file in zip(started, said, strict=True) if process.wait(60)]
        for file in failed:
            file.seek(0)
        return [file.read() for file in failed]


def test_migrations_at_once_wait_for_each_other(empty_postgresql_url: str):
    assert migrate_together(empty_postgresql_url) == []


def test_so_do_those_of_a_sqlite_file_that_is_not_there_yet(tmp_path: Path, rows_at):
    url = f"sqlite:///{tmp_path}/new.sqlite3"
    assert migrate_together(url) == []
    head = ScriptDirectory(str(ROOT / "migrations")).get_current_head()
    assert rows_at(url, "SELECT version_num FROM alembic_version") == [(head,)]
    assert [path.name for path in tmp_path.iterdir()] == ["new.sqlite3"], "nothing is left behind"


@pytest.fixture
def rows_at():
    """Read a database by its URL, past the application."""

    def read(url: str, sql: str):
        engine = create_engine(url)
        with engine.connect() as connection:
            found = [tuple(row) for row in connection.execute(text(sql))]
        engine.dispose()
        return found

    return read


def test_a_name_outlives_another_encoding_in_the_environment(postgresql_url: str, monkeypatch):
    monkeypatch.setenv("PGCLIENTENCODING", "LATIN1")
    app = create_app(settings_for(postgresql_url, monkeypatch))
    core = app.extensions["watchword"].core
    Identities(core).add(username="Łukasz", email="lukasz@example.com")
    assert ("Łukasz",) in core.store.read(text("SELECT username FROM users"))
    core.close()


@pytest.fixture
def other_encoding(postgresql_server, postgresql_url: str) -> Iterator[str]:
    """An empty database that is not UTF-8."""
    name = f"latin_{os.getpid()}"
    postgresql_server(
        f"CREATE DATABASE {name} ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0"
    )
    yield make_url(postgresql_url).set(database=name).render_as_string(hide_password=False)
    postgresql_server(f"DROP DATABASE {name} WITH (FORCE)")


def test_a_database_that_is_not_utf8_is_one_line(other_encoding: str, monkeypatch):
    app = create_app(settings_for(other_encoding, monkeypatch))
    result = app.test_cli_runner().invoke(args=["db", "upgrade"])
    app.extensions["watchword"].core.close()
    assert result.exit_code == 1
    assert result.stderr == (
        "Error: the database cannot be used (its encoding is not UTF8:"
        " create it with ENCODING 'UTF8' TEMPLATE template0)\n"
    )


def test_a_user_without_rights_is_one_line(postgresql_server, postgresql_url: str, monkeypatch):
    role = f"reader_{os.getpid()}"
    postgresql_server(f"CREATE ROLE {role} LOGIN")
    engine = create_engine(postgresql_url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {role}"))
        connection.execute(text(f"GRANT INSERT, UPDATE, DELETE ON leases TO {role}"))
    url = make_url(postgresql_url).set(username=role).render_as_string(hide_password=False)
    app = create_app(settings_for(url, monkeypatch))
    core = app.extensions["watchword"].core
    with pytest.raises(preflight.StartRefused) as refused:
        preflight.preflight(core)
    assert "sessions" in str(refused.value)
    assert "leases" not in str(refused.value)
    assert "GRANT SELECT, INSERT, UPDATE, DELETE" in str(refused.value)
    core.close()
    with engine.connect() as connection:
        connection.execute(text(f"DROP OWNED BY {role}"))
        connection.execute(text(f"DROP ROLE {role}"))
    engine.dispose()


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://u:hidden@h:99999/d",
        "postgresql://u:hidden@/d?host=a:1&host=b:0",
        "postgresql://u:hidden@/d?host=a:port",
        "postgresql://u:hidden@h/d?no_such_option=1",
        "postgresql:/u:hidden@h/d",
    ],
)
def test_a_broken_url_is_a_named_fault_that_quotes_nothing(monkeypatch, url: str):
    with pytest.raises(SettingsError) as fault:
        settings_for(url, monkeypatch)
    assert str(fault.value).startswith("WATCHWORD_DATABASE_URL: ")
    assert "hidden" not in str(fault.value)


def test_the_file_that_a_uri_names_is_the_one_that_sqlite_opens(monkeypatch, tmp_path: Path):
    """SQLAlchemy resolves percent signs once, and SQLite once more."""
    for name, written in (
        ("plain", "plain"),
        ("a b", "a%2520b"),
        ("a%20b", "a%252520b"),
        ("a?b", "a%253Fb"),
    ):
        url = f"sqlite:///file:{tmp_path}/{written}?uri=true"
        core = create_app(settings_for(url, monkeypatch)).extensions["watchword"].core
        assert core.store.file == tmp_path / name
        assert preflight.revisions(core) == set()
        core.store.read(text("SELECT 1"))
        assert core.store.file.exists()
        core.close()
