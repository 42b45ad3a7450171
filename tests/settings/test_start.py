"""Where the service may listen, judged by what gunicorn binds and not by what the settings say."""

import dataclasses
import ipaddress
from pathlib import Path

import pytest

from app.settings.settings import Settings
from app.settings.start import METRICS_DIRECTORY, refused_address, refused_directory
from tests.conftest import settings_for


@pytest.fixture(params=["development", "testing"])
def here_only(request, monkeypatch) -> Settings:
    return settings_for("sqlite:////tmp/none.sqlite3", monkeypatch, env=request.param)


@pytest.fixture
def production(here_only) -> Settings:
    return dataclasses.replace(here_only, environment="production")


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "::", "", "example.com"])
def test_what_is_not_for_production_serves_this_machine_alone(here_only, production, host):
    refused = refused_address(here_only, [("127.0.0.1", 8000), (host, 8000)])
    assert refused is not None
    assert f"WATCHWORD_ENV={here_only.environment} serves loopback addresses only" in refused
    assert refused_address(production, [(host, 8000)]) is None


@pytest.mark.parametrize("address", [("127.0.0.1", 1), ("::1", 1, 0, 0), ("localhost", 1), 3])
def test_loopback_is_this_machine_and_a_passed_socket_is_judged_when_it_is_open(here_only, address):
    assert refused_address(here_only, [address]) is None


@pytest.mark.parametrize("path", ["/run/watchword/socket", b"\0abstract"])
def test_a_unix_socket_needs_proxies_that_name_the_client(production, path):
    refused = refused_address(production, [path])
    assert refused is not None
    assert "has no client addresses" in refused
    proxies = (ipaddress.ip_network("127.0.0.1"),)
    assert refused_address(dataclasses.replace(production, trusted_proxies=proxies), [path]) is None


def test_a_directory_of_metrics_is_there_and_ours_or_refused(monkeypatch, tmp_path: Path):
    assert refused_directory() is None
    monkeypatch.setenv(METRICS_DIRECTORY, str(tmp_path))
    assert refused_directory() is None
    monkeypatch.setenv(METRICS_DIRECTORY, str(tmp_path / "nowhere"))
    assert "is no directory" in (refused_directory() or "")


def test_another_users_directory_of_metrics_is_refused(monkeypatch, tmp_path: Path):
    monkeypatch.setenv(METRICS_DIRECTORY, str(tmp_path))
    monkeypatch.setattr("os.geteuid", lambda: tmp_path.stat().st_uid + 1)
    assert "belongs to another user" in (refused_directory() or "")
