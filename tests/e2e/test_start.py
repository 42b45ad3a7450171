"""A server that must not start does not, and says why in its last line.

One start is about settings, with many faults at once. Each fault, and its words, is in ``tests/settings``.
"""

import shutil
from pathlib import Path

import pytest

from app import create_app
from chaos.ports import free_port
from tests.conftest import TEST_SECRET, settings_for

from .conftest import launch

pytestmark = pytest.mark.e2e


@pytest.fixture
def refusal(sqlite_template: Path, tmp_path: Path):
    """Start with these settings over the valid ones; the lines it ended with."""
    shutil.copy(sqlite_template, tmp_path / "migrated.sqlite3")
    valid = {
        "database_url": f"sqlite:///{tmp_path}/migrated.sqlite3",
        "secret_keys": TEST_SECRET,
        "bind": f"127.0.0.1:{free_port()}",
    }

    def start(configuration: str = "gunicorn.conf.py", **values: object) -> list[str]:
        log = tmp_path / "log"
        merged = {name: value for name, value in (valid | values).items() if value is not None}
        process = launch(log, configuration, **merged)
        assert process.wait(30) != 0
        lines = log.read_text().splitlines()
        assert "Traceback" not in log.read_text()
        return lines

    return start


def test_with_a_database_that_is_not_migrated(refusal, tmp_path: Path):
    last = refusal(database_url=f"sqlite:///{tmp_path}/empty.sqlite3")[-1]
    assert last == ("watchword: the database is not migrated: run flask --app wsgi db upgrade")
    assert not (tmp_path / "empty.sqlite3").exists(), "an empty file would look like a database"


@pytest.mark.parametrize(
    ("url", "cause"),
    [
        ("sqlite:///{}/missing/watchword.sqlite3", "its file cannot be opened: "),
        ("postgresql://nobody:hidden@/watchword?host={}", "no server answers at its address, "),
    ],
)
def test_with_a_database_that_cannot_be_reached(refusal, tmp_path: Path, url: str, cause: str):
    last = refusal(database_url=url.format(tmp_path))[-1]
    assert last.startswith(f"watchword: the database cannot be used ({cause}")
    assert "hidden" not in last


def test_with_a_database_that_may_only_be_read(refusal, tmp_path: Path):
    last = refusal(database_url=f"sqlite:///file:{tmp_path}/migrated.sqlite3?mode=ro&uri=true")[-1]
    assert last == (
        "watchword: the database cannot be used (its file takes no writes:"
        " this user must be able to write it, and its directory)"
    )


def test_without_the_servers_own_configuration(refusal, tmp_path: Path):
    other = tmp_path / "other.conf.py"
    other.write_text("bind = '127.0.0.1:0'\n")
    # Of two that fail to boot at once, the second surprises gunicorn's master while it stops.
    lines = refusal(configuration=str(other), workers=1)
    assert "watchword: start it with: gunicorn -c gunicorn.conf.py wsgi:app" in lines


def test_with_keys_that_another_secret_wrapped(refusal, tmp_path: Path, monkeypatch):
    app = create_app(settings_for(f"sqlite:///{tmp_path}/migrated.sqlite3", monkeypatch))
    app.extensions["watchword"].core.keys.load()
    last = refusal(secret_keys="quite-another-secret-0123456789-abcdefghijklm")[-1]
    assert "put the old secret back, behind the new one" in last


def test_with_invalid_settings_all_of_which_are_named_at_once(refusal):
    lines = refusal(
        threads="many",
        jwt_algorithm="none",
        login_token_seconds=0,
        database_url="mysql://x",
        argon2_profile="md5",
        trusted_proxies="everywhere",
        bind="8000",
        secret_keys="a" * 64,
    )
    start = lines.index("watchword: invalid settings")
    named = {line.partition(":")[0] for line in lines[start + 1 :]}
    assert named == {
        "WATCHWORD_THREADS",
        "WATCHWORD_JWT_ALGORITHM",
        "WATCHWORD_LOGIN_TOKEN_SECONDS",
        "WATCHWORD_DATABASE_URL",
        "WATCHWORD_ARGON2_PROFILE",
        "WATCHWORD_TRUSTED_PROXIES",
        "WATCHWORD_BIND",
        "WATCHWORD_SECRET_KEYS",
    }
    assert "a" * 64 not in "".join(lines)
