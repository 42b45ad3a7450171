"""The wheel, built and installed into an environment of its own, without an index."""

import os
import shutil
import subprocess
import sys
import sysconfig
import venv
from dataclasses import dataclass
from pathlib import Path

from config import ROOT

# Not even root may write here.
READ_ONLY = Path("/proc")
NO_PLUGINS = "-p no:schemathesis -p no:hypothesispytest -p no:anyio"
SOURCES = (
    "Makefile",
    "app",
    "config.py",
    "gunicorn.conf.py",
    "harness",
    "migrations",
    "pyproject.toml",
    "requirements.txt",
    "setup.cfg",
    "setup.py",
    "wsgi.py",
)


@dataclass(frozen=True)
class Installed:
    """An environment that has the wheel, and what the wheel needs from the tests' own environment."""

    home: Path

    @property
    def python(self) -> Path:
        return self.home / "bin" / "python"

    def command(self, *arguments: object) -> list[str]:
        """``watchword …`` as a user types it."""
        return [str(self.home / "bin" / "watchword"), *map(str, arguments)]

    def run(
        self, *arguments: object, directory: Path, **variables: str
    ) -> subprocess.CompletedProcess[str]:
        return run(self.command(*arguments), directory, **variables)


def run(command: list[str], directory: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """A command with the variables of a login shell and these; its output as text."""
    return subprocess.run(
        command,
        cwd=directory,
        env=environment(**variables),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def environment(**variables: str) -> dict[str, str]:
    """A login shell's variables and these. pytest leaves out the plugins that take long to load."""
    inherited = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return {**inherited, "PYTEST_ADDOPTS": NO_PLUGINS, **variables}


def build(target: Path) -> Path:
    """``make wheel``, in a copy of the sources: two workers of xdist may build at once."""
    for name in SOURCES:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, target / name)
        else:
            shutil.copy(ROOT / name, target / name)
    tools = Path(sys.executable).parent
    made = run(["make", "--old-file=.venv/installed-dev", "wheel", f"BIN={tools}"], target)
    assert made.returncode == 0, made.stdout + made.stderr
    (wheel,) = (target / "dist").glob("watchword-*.whl")
    return wheel


def install(wheel: Path, home: Path) -> Installed:
    """A fresh environment with this wheel. All else is seen through a path file: no index is asked."""
    venv.create(home, symlinks=True)
    packages = Path(sysconfig.get_path("purelib", vars={"base": str(home)}))
    (packages / "tests-environment.pth").write_text(f"{sysconfig.get_path('purelib')}\n")
    installed = Installed(home)
    # Its pip is that of the path file, which does not count as installed here.
    pip = [str(installed.python), "-m", "pip", "install"]
    done = run([*pip, "--no-deps", "--no-index", "--quiet", str(wheel)], home)
    assert done.returncode == 0, done.stderr
    return installed
