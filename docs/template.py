"""Writes ``harness/plane/template.sql``: what the migrations make of an empty SQLite file."""

import os
import sqlite3
import subprocess
import sys
import tempfile
from contextlib import closing
from pathlib import Path

from config import ROOT
from harness.plane.template import SCRIPT


def script() -> str:
    """The tables, and the revision in Alembic's own, as SQL."""
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "migrated.sqlite3"
        variables = {"WATCHWORD_ENV": "development", "WATCHWORD_DATABASE_URL": f"sqlite:///{path}"}
        upgrade = [sys.executable, "-m", "flask", "--app", "wsgi", "db", "upgrade"]
        subprocess.run(  # noqa: S603, the service's own command
            upgrade, cwd=ROOT, env={**os.environ, **variables}, check=True
        )
        return dumped(path)


def dumped(path: Path) -> str:
    with closing(sqlite3.connect(path)) as database:
        return "\n".join(database.iterdump()) + "\n"


def write() -> None:
    SCRIPT.write_text(script())
