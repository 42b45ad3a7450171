"""The number of workers and the keep-alive time, by default and as set."""

import pytest

from app.settings import settings
from config import SettingsError, read_settings


@pytest.fixture(autouse=True)
def development(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WATCHWORD_ENV", "development")
    monkeypatch.delenv("WEB_CONCURRENCY", raising=False)


def test_there_are_as_many_workers_as_cores_that_may_be_used(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(settings, "usable_cores", lambda: 3)
    assert read_settings().workers == 3
    monkeypatch.setenv("WEB_CONCURRENCY", "7")
    assert read_settings().workers == 7


def test_a_connection_stays_open_for_75_seconds_or_as_it_is_set(monkeypatch: pytest.MonkeyPatch):
    assert read_settings().keepalive_seconds == 75
    monkeypatch.setenv("WATCHWORD_KEEPALIVE_SECONDS", "630")
    assert read_settings().keepalive_seconds == 630
    monkeypatch.setenv("WATCHWORD_KEEPALIVE_SECONDS", "0")
    with pytest.raises(SettingsError, match="WATCHWORD_KEEPALIVE_SECONDS"):
        read_settings()
