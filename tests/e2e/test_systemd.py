"""README's systemd unit, as printed, read by systemd's own analyzer."""

import configparser
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from config import ROOT

pytestmark = pytest.mark.e2e

ANALYZER = shutil.which("systemd-analyze")
PYTHON = Path(sys.executable).parent


@pytest.fixture(scope="module")
def unit() -> str:
    """The unit, with the places of this machine for those of the operator's."""
    readme = (ROOT / "README.md").read_text()
    found = re.search(r"```ini\n(\[Unit\]\n.*?)```", readme, re.S)
    assert found is not None, "README prints no unit"
    return (
        found[1]
        .replace("/opt/watchword/.venv/bin", str(PYTHON))
        .replace("/opt/watchword", str(ROOT))
    )


@pytest.fixture(scope="module")
def service(unit: str) -> configparser.SectionProxy:
    parser = configparser.ConfigParser(interpolation=None)
    parser.optionxform = str  # type: ignore[assignment, method-assign]
    parser.read_string(unit)
    return parser["Service"]


def test_the_unit_is_taken_without_a_word(unit: str, tmp_path: Path):
    if ANALYZER is None:
        assert not os.environ.get("CI"), "systemd-analyze is missing on CI"
        pytest.skip("systemd-analyze is not installed")
    path = tmp_path / "watchword.service"
    path.write_text(unit)
    done = subprocess.run(
        [str(ANALYZER), "verify", path], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_the_unit_starts_the_server_as_the_operators_interface_says(service):
    program, *arguments = service["ExecStart"].split()
    assert Path(program).is_file()
    assert arguments == ["-c", "gunicorn.conf.py", "wsgi:app"]
    assert Path(service["WorkingDirectory"], "gunicorn.conf.py").is_file()


def test_the_unit_has_a_place_to_write_and_comes_again_after_a_pause(service):
    assert service["ProtectSystem"] == "strict"
    assert service["StateDirectory"] == "watchword"
    assert f"/var/lib/{service['StateDirectory']}/" in (ROOT / "README.md").read_text()
    assert service["Restart"] == "always"
    assert int(service["RestartSec"]) >= 1


def test_the_unit_promises_no_reload_since_the_workers_are_forked_with_the_application(service):
    assert "preload_app = True" in (ROOT / "gunicorn.conf.py").read_text()
    assert "ExecReload" not in service
