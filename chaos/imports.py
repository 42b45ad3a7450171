"""Imports that are killed."""

import csv
import hashlib
import random
import tempfile
import time
from base64 import b64encode
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path

from .commands import command, finished
from .databases import BOTH, Database
from .outcome import Outcome

USERS = 60_000
# Every so many lines there is one that is rejected.
BAD_EVERY, TWICE_EVERY = 997, 1_499
MOST_KILLS = 12
IMPORTED = (
    "SELECT username, email, password_hash, roles, name FROM users"
    " JOIN login_names ON login_names.user_id = users.id WHERE username LIKE 'import%' ORDER BY name"
)

Opened = Callable[[], AbstractContextManager[Database]]


def killed(opened: Opened, _seconds: float) -> Outcome:
    """kill -9 at random moments, and the same command again: the rows of an import that nobody killed."""
    outcome = Outcome()
    with tempfile.TemporaryDirectory(prefix="watchword-chaos-") as scratch:
        file = Path(scratch) / "users.csv"
        rejected = _write(file, USERS)
        with BOTH["sqlite"]() as whole:
            told = finished(command(whole.url, "import", file))
            expected = whole.rows(IMPORTED)
        outcome.expect(f", {rejected:,} rejected" in told, f"the import nobody killed: {told}")
        with opened() as database:
            kills = _until_done(database, file, outcome)
            found = database.rows(IMPORTED)
            outcome.expect(found == expected, f"{len(found)} rows, {len(expected)} without a kill")
            told = finished(command(database.url, "import", file))
            outcome.expect(": 0 added" in told, f"once more: {told}")
            outcome.expect(database.rows(IMPORTED) == expected, "one more run changed rows")
    outcome.expect(kills >= 3, f"only {kills} kills came before the end")
    outcome.notes.append(f"{kills} kills, {len(expected) // 2:,} users")
    return outcome


def _until_done(database: Database, file: Path, outcome: Outcome) -> int:
    """Run the import until one ends by itself. Returns how many were killed."""
    kills = 0
    while True:
        outcome.tried += 1
        process = command(database.url, "import", file)
        before = database.count("users")
        while process.poll() is None and database.count("users") == before:
            time.sleep(0.01)
        time.sleep(random.uniform(0, 0.5))
        if process.poll() is not None or kills == MOST_KILLS:
            break
        process.kill()
        process.communicate()
        kills += 1
    told = finished(process)
    outcome.answered += 1
    outcome.expect(", " in told, f"the last run: {told}")
    return kills


def _write(file: Path, users: int) -> int:
    """A CSV of users. Returns how many of its lines are to be rejected."""
    rejected = 0
    with file.open("w", newline="") as stream:
        rows = csv.writer(stream)
        rows.writerow(("username", "email", "password_hash", "roles"))
        for number in range(users):
            name = f"import{number:06}"
            rows.writerow((name, f"{name}@example.com", _hash(name), "staff"))
            if number % BAD_EVERY == 0:
                rows.writerow((f"bad{number}", "no address", _hash(name), ""))
                rejected += 1
            if number % TWICE_EVERY == 0:
                rows.writerow((name, f"{name}@example.com", _hash("another"), ""))
                rejected += 1
    return rejected


def _password(name: str) -> str:
    return f"the old password of {name}"


def _hash(name: str) -> str:
    """LDAP's salted SHA-1."""
    salt = name.encode()[-4:]
    return (
        "{SSHA}" + b64encode(hashlib.sha1(_password(name).encode() + salt).digest() + salt).decode()
    )


SCENARIOS = {
    **{f"import-killed-{name}": partial(killed, opened) for name, opened in BOTH.items()},
}
