"""Fails if the models and the migrations disagree: `python -m tests.migration_drift`.

Migrates an empty SQLite file and asks Alembic what it would still change.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        environment = {
            **os.environ,
            "WATCHWORD_ENV": "development",
            "WATCHWORD_DATABASE_URL": f"sqlite:///{Path(folder) / 'drift.sqlite3'}",
        }
        flask = [sys.executable, "-m", "flask", "--app", "wsgi", "db"]
        for command in ("upgrade", "check"):
            finished = subprocess.run([*flask, command], env=environment, check=False)
            if finished.returncode:
                return finished.returncode
    return 0


if __name__ == "__main__":
    sys.exit(main())
