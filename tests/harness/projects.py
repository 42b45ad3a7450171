"""Small projects of somebody else, whose tests use the plugin."""

import json
import subprocess
from pathlib import Path

from config import ROOT
from tests.forked import run

from .installed import environment

SEED = {"users": [{"username": "komi", "email": "k@example.com", "password": "of-the-project"}]}
HEAD = """
import os, time
import pytest, requests

def log_in(world, password="of-the-project"):
    body = {"username": "komi", "password": password}
    return requests.post(f"{world.url}/api/v2/auth/token", json=body, timeout=5)
"""


class Project:
    """A folder with tests that use the plugin."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.write("pytest.ini", "[pytest]\naddopts = --strict-markers\n")
        self.write("seed.json", json.dumps(SEED))

    def write(self, name: str, text: str) -> None:
        (self.home / name).write_text(text)

    def pytest(self, tests: str, *options: str) -> str:
        """What pytest says about these tests."""
        done = self.run(tests, *options)
        return done.stdout + done.stderr

    def run(self, tests: str, *options: str) -> subprocess.CompletedProcess[str]:
        """Pytest's process, when it has ended."""
        self.write("test_it.py", HEAD + tests)
        command = ["pytest", "-p", "harness.plugin", "-p", "no:cacheprovider", *options]
        # No plugin but that one. It is seen beside others where the wheel is installed.
        variables = environment(PYTHONPATH=str(ROOT), PYTEST_DISABLE_PLUGIN_AUTOLOAD="1")
        return run(command, variables, directory=self.home)
