"""Settings: everything wrong is said at once, and nothing unsafe starts."""

import dataclasses
import os

import pytest

from app.core.policy import Policy
from config import DEVELOPMENT_SECRET, ROOT, Settings, SettingsError

GOOD_SECRET = "0123456789abcdefghijklmnopqrstuvwxyz"


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch):
    """None of the variables set but a good secret."""
    for name in [name for name in os.environ if name.startswith("WATCHWORD_")]:
        monkeypatch.delenv(name)
    monkeypatch.delenv("WEB_CONCURRENCY", raising=False)
    monkeypatch.setenv("WATCHWORD_SECRET_KEYS", GOOD_SECRET)


def faults() -> list[str]:
    with pytest.raises(SettingsError) as refused:
        Settings.from_environment()
    return str(refused.value).splitlines()


def test_the_defaults_are_the_contracts_lifetimes():
    settings = Settings.from_environment()
    assert settings.policy == Policy()
    assert (settings.policy.aaa_idle_seconds, settings.policy.login_token_seconds) == (1800, 20)
    assert settings.bind == "127.0.0.1:8000"
    assert not settings.development


def test_every_fault_is_listed_at_once_by_name(monkeypatch):
    monkeypatch.setenv("WATCHWORD_SECRET_KEYS", "")
    monkeypatch.setenv("WATCHWORD_AAA_IDLE_SECONDS", "half an hour")
    monkeypatch.setenv("WATCHWORD_DATABASE_URL", "mysql://localhost/x")
    monkeypatch.setenv("WATCHWORD_BIND", "8000")
    monkeypatch.setenv("WATCHWORD_JWT_ALGORITHM", "none")
    monkeypatch.setenv("WEB_CONCURRENCY", "0")
    named = {fault.partition(":")[0] for fault in faults()}
    assert named == {
        "WATCHWORD_SECRET_KEYS",
        "WATCHWORD_AAA_IDLE_SECONDS",
        "WATCHWORD_DATABASE_URL",
        "WATCHWORD_BIND",
        "WATCHWORD_JWT_ALGORITHM",
        "WEB_CONCURRENCY",
    }


@pytest.mark.parametrize(
    "secret", ["", "short", "a" * 64, DEVELOPMENT_SECRET, f"{GOOD_SECRET},{DEVELOPMENT_SECRET}"]
)
def test_production_refuses_a_missing_a_weak_and_the_default_secret(monkeypatch, secret):
    monkeypatch.setenv("WATCHWORD_SECRET_KEYS", secret)
    [fault] = faults()
    assert fault.startswith("WATCHWORD_SECRET_KEYS: ")
    assert not secret or secret not in fault


@pytest.mark.parametrize("bind", ["0.0.0.0:8000", "192.0.2.1:80", "[::]:8000", "example.com:80"])
def test_development_serves_loopback_only(monkeypatch, bind):
    monkeypatch.setenv("WATCHWORD_ENV", "development")
    monkeypatch.setenv("WATCHWORD_BIND", bind)
    assert faults() == ["WATCHWORD_BIND: WATCHWORD_ENV=development serves loopback addresses only"]


@pytest.mark.parametrize(
    "bind", ["127.0.0.1:9", "[::1]:8000", "localhost:8000", "unix:/run/w.sock"]
)
def test_development_takes_any_loopback_address_and_needs_no_secret(monkeypatch, bind):
    monkeypatch.setenv("WATCHWORD_ENV", "development")
    monkeypatch.setenv("WATCHWORD_BIND", bind)
    monkeypatch.delenv("WATCHWORD_SECRET_KEYS")
    assert Settings.from_environment().secret_keys == (DEVELOPMENT_SECRET,)


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:", "not a url", "mysql://h/d"])
def test_a_database_that_workers_cannot_share_is_refused(monkeypatch, url):
    monkeypatch.setenv("WATCHWORD_DATABASE_URL", url)
    assert [fault.partition(":")[0] for fault in faults()] == ["WATCHWORD_DATABASE_URL"]


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_postgresql_is_reached_through_psycopg_3_however_the_url_spells_it(monkeypatch, scheme):
    monkeypatch.setenv("WATCHWORD_DATABASE_URL", f"{scheme}://u:p%40ss@h/d")
    assert Settings.from_environment().database_url == "postgresql+psycopg://u:p%40ss@h/d"


def test_fewer_threads_than_logins_may_hold_are_refused(monkeypatch):
    monkeypatch.setenv("WATCHWORD_THREADS", "6")
    assert [fault.partition(":")[0] for fault in faults()] == ["WATCHWORD_THREADS"]


def test_settings_never_show_their_secrets():
    assert GOOD_SECRET not in repr(Settings.from_environment())


@pytest.mark.parametrize("field", dataclasses.fields(Policy), ids=lambda field: field.name)
def test_every_limit_is_settable_and_documented(monkeypatch, field):
    name = f"WATCHWORD_{field.name.upper()}"
    monkeypatch.setenv(name, "7")
    monkeypatch.setenv("WATCHWORD_THREADS", "100")
    assert getattr(Settings.from_environment().policy, field.name) == 7
    assert f"`{name}`" in (ROOT / "docs" / "operations.md").read_text()
