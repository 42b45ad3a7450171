"""A service without the console, and one whose server must know of it."""

import os

import pytest

from app.http.may_wait import also_under, may_wait
from config import ROOT, SettingsError
from tests.conftest import settings_for
from tests.forked import run

LOADED = """
import sys
from app import create_app
from config import read_settings

create_app(read_settings())
print(sorted(name for name in sys.modules if name.startswith("app.console")))
"""


@pytest.mark.slow
@pytest.mark.parametrize(("setting", "more"), [("off", False), ("on", True)])
def test_a_service_without_it_imports_nothing_of_it(sqlite_url, monkeypatch, setting, more):
    settings_for(sqlite_url, monkeypatch, console=setting)
    loaded = run(["-c", LOADED], os.environ, directory=ROOT)
    few = "['app.console', 'app.console.kinds']\n"
    assert (loaded.returncode, loaded.stdout != few) == (0, more), loaded.stderr


@pytest.mark.parametrize("value", ["yes", "ON", "1"])
def test_it_is_on_or_off(database_url, monkeypatch, value):
    with pytest.raises(SettingsError, match="WATCHWORD_CONSOLE: must be one of off, on"):
        settings_for(database_url, monkeypatch, console=value)


def test_a_console_that_nobody_could_reach_is_a_fault(database_url, monkeypatch):
    with pytest.raises(SettingsError, match="nobody could reach the console"):
        settings_for(database_url, monkeypatch, console="on", console_networks="")


@pytest.mark.parametrize(
    ("method", "path", "waits"),
    [
        ("GET", "/console", True),
        ("GET", "/console/users", True),
        ("POST", "/console/users", True),
        ("GET", "/verify", False),
    ],
)
def test_its_pages_are_never_read_by_the_leader(method, path, waits):
    environ = {"REQUEST_METHOD": method, "PATH_INFO": path}
    assert also_under("/console", may_wait)(environ) is waits
