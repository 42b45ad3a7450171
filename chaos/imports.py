"""Imports that are killed, and logins at full speed while their hashes become Argon2id."""

import csv
import hashlib
import random
import subprocess
import sys
import tempfile
import threading
import time
from base64 import b64encode
from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path

from config import ROOT

from .databases import BOTH, Database, Person
from .dialects import SPEAKERS
from .outcome import Outcome
from .servers import Server, environment
from .wire import Client

USERS = 60_000
# Every so many lines there is one that is rejected.
BAD_EVERY, TWICE_EVERY = 997, 1_499
MOST_KILLS = 12
LOGINS = 300
THREADS = 6
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
            told = _finished(_started(whole, file))
            expected = whole.rows(IMPORTED)
        outcome.expect(f", {rejected:,} rejected" in told, f"the import nobody killed: {told}")
        with opened() as database:
            kills = _until_done(database, file, outcome)
            found = database.rows(IMPORTED)
            outcome.expect(found == expected, f"{len(found)} rows, {len(expected)} without a kill")
            told = _finished(_started(database, file))
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
        process = _started(database, file)
        before = database.count("users")
        while process.poll() is None and database.count("users") == before:
            time.sleep(0.01)
        time.sleep(random.uniform(0, 0.5))
        if process.poll() is not None or kills == MOST_KILLS:
            break
        process.kill()
        process.communicate()
        kills += 1
    told = _finished(process)
    outcome.answered += 1
    outcome.expect(", " in told, f"the last run: {told}")
    return kills


def upgrades(opened: Opened, _seconds: float) -> Outcome:
    """Every imported user logs in several times at once, with the right and with a wrong password.

    Nobody is locked out or let in, no login waits for another, and at the end every hash is Argon2id.
    """
    outcome = Outcome()
    with tempfile.TemporaryDirectory(prefix="watchword-chaos-") as scratch, opened() as database:
        file = Path(scratch) / "users.csv"
        _write(file, LOGINS)
        _finished(_started(database, file))
        foreign = database.rows(IMPORTED)
        people = [Person(row[0], _password(row[0])) for row in foreign if row[4] == row[0]]
        with Server(database.url, hashing_queue=8, address_failures=10**6) as server:
            started = time.monotonic()
            statuses = _storm(server, people)
            took = time.monotonic() - started
            outcome.faults += server.complaints()
        outcome.tried = statuses.total()
        outcome.answered = outcome.tried - statuses["no answer"]
        wrong = {
            kind: number
            for kind, number in statuses.items()
            if kind not in ("right", "refused", "busy")
        }
        outcome.expect(not wrong, f"answers that nobody should get: {wrong}")
        left = database.rows(
            "SELECT username FROM users WHERE password_hash NOT LIKE '$argon2id$v=19$%'"
        )
        outcome.expect(not left, f"{len(left)} hashes were not upgraded")
        outcome.notes.append(f"{len(people)} users, {statuses['right'] / took:.0f} logins a second")
    return outcome


def _storm(server: Server, people: list[Person]) -> "Counter[str]":
    statuses: Counter[str] = Counter()
    lock = threading.Lock()

    def run(seed: int) -> None:
        client = Client(server.port)
        own: Counter[str] = Counter()
        order = people[:]
        random.Random(seed // 2).shuffle(order)  # two threads have the same order
        for at, person in enumerate(order):
            door = SPEAKERS[(at + seed) % 2]
            if at % 7 == seed:
                answer = door.open(client, Person(person.login, "a wrong password"))
                own["let in" if answer and answer.status == 200 else "refused"] += 1
            while (answer := door.open(client, person)) is not None and answer.status == 503:
                own["busy"] += 1
                time.sleep(0.01)
            status = answer.status if answer else "no answer"
            own["right" if status == 200 else str(status)] += 1
        with lock:
            statuses.update(own)

    threads = [threading.Thread(target=run, args=(seed,)) for seed in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return statuses


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


def _started(database: Database, file: Path) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "flask", "--app", "wsgi", "import", str(file)]
    return subprocess.Popen(
        command,
        cwd=ROOT,
        env=environment(database.url),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def _finished(process: "subprocess.Popen[str]") -> str:
    told, _ = process.communicate(timeout=300)
    return told if process.returncode == 0 else f"exit {process.returncode}: {told}"


SCENARIOS = {
    **{f"import-killed-{name}": partial(killed, opened) for name, opened in BOTH.items()},
    **{f"import-upgraded-{name}": partial(upgrades, opened) for name, opened in BOTH.items()},
}
