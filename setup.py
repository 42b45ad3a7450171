"""What ``setup.cfg`` cannot say of the wheel: the service inside it as data, and what it needs.

The package is ``harness`` in the repository and ``watchword`` in the wheel; ``docs/harness.md`` says why.
"""

import re
import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

ROOT = Path(__file__).resolve().parent
SERVICE = ("app", "migrations", "config.py", "gunicorn.conf.py", "wsgi.py")
_PINNED = re.compile(r"([a-z0-9-]+(?:\[[a-z]+\])?)==((\d+)[\d.]*)")


def requirements() -> list[str]:
    """What the service was tested with, or newer of the same major version.

    The wheel goes into projects that have pins of their own.
    """
    lines = (ROOT / "requirements.txt").read_text().splitlines()
    found = (_PINNED.match(line) for line in lines)
    return [f"{pin[1]}>={pin[2]},<{int(pin[3]) + 1}" for pin in found if pin]


class WithService(build_py):
    """Puts the service into the package, as data that nobody imports by accident."""

    def run(self) -> None:
        super().run()
        target = Path(self.build_lib) / "watchword" / "_service"
        shutil.rmtree(target, ignore_errors=True)
        target.mkdir(parents=True)
        for name in SERVICE:
            source = ROOT / name
            if source.is_dir():
                shutil.copytree(source, target / name, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(source, target / name)


setup(install_requires=requirements(), cmdclass={"build_py": WithService})
