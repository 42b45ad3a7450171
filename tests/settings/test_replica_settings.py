"""The settings of a replica: it may be named in a file, and only beside PostgreSQL."""

import pytest

from config import SettingsError
from tests.conftest import settings_for

PRIMARY = "postgresql://u@h/d"


def test_there_is_none_unless_it_is_named(monkeypatch):
    settings = settings_for(PRIMARY, monkeypatch)
    assert (settings.replica_url, settings.replica_lag_seconds) == ("", 2)


def test_its_url_may_be_in_a_file_and_is_never_shown(monkeypatch, tmp_path):
    file = tmp_path / "replica"
    file.write_text("postgresql://u:hidden@near/d\n")
    settings = settings_for(PRIMARY, monkeypatch, replica_url_file=file)
    assert settings.replica_url == "postgresql+psycopg://u:hidden@near/d"
    assert "hidden" not in repr(settings)


@pytest.mark.parametrize(
    ("database", "replica", "fault"),
    [
        ("sqlite:////tmp/x", PRIMARY, "SQLite has no replicas"),
        (PRIMARY, "sqlite:////tmp/x", "only PostgreSQL has replicas"),
        (PRIMARY, "near", "is not a database URL"),
    ],
)
def test_only_postgresql_has_replicas(monkeypatch, database: str, replica: str, fault: str):
    with pytest.raises(SettingsError, match=f"^WATCHWORD_REPLICA_URL: .*{fault}"):
        settings_for(database, monkeypatch, replica_url=replica)


def test_a_lag_of_nothing_is_no_bound(monkeypatch):
    with pytest.raises(
        SettingsError, match="WATCHWORD_REPLICA_LAG_SECONDS: must be a whole number"
    ):
        settings_for(PRIMARY, monkeypatch, replica_url=PRIMARY, replica_lag_seconds=0)
