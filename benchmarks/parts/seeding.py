"""``flask --app wsgi seed FILE``: users whose passwords are hashed already, and plain ones."""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from argon2 import PasswordHasher

from app.core.passwords import PROFILES

from .. import argon, compare, data, machine
from ..compare import Effort
from ..filling import PASSWORD
from ..results import Findings, Row
from ..servers import ROOT

Users = Callable[[int], Iterator[dict[str, object]]]

HASHED, PLAIN = 200_000, 2_000
ROUNDS = 3


def rates(effort: Effort) -> Findings:
    """Users a second from the command's start to its end, on a fresh SQLite database each time."""
    rounds = min(effort.rounds, ROUNDS)
    hashed = [HASHED / seconds for seconds in _seeded(_hashed_users, HASHED, rounds)]
    cores = len(machine.ALL_CORES)
    plain, alone = [], []
    for _ in range(rounds):
        alone.append(argon.alone("hash", 5))
        plain += [PLAIN / seconds for seconds in _seeded(_plain_users, PLAIN, 1)]
    findings = Findings(
        details={
            "hashed_users_per_second": compare.spread(hashed, 0),
            "plain_users_per_second": compare.spread(plain, 1),
            "one_core_hashes_per_second": compare.spread(alone, 1),
            "rounds": rounds,
        }
    )
    findings.rows += [
        Row(
            f"seeding {HASHED:,} hashed users into SQLite",
            20_000,
            statistics.median(hashed),
            unit=" users/s",
        ),
        Row(
            f"seeding {PLAIN:,} plain passwords",
            0.9,
            statistics.median(p / (cores * a) for p, a in zip(plain, alone, strict=True)),
            unit=f" × {cores} cores' Argon2",
            note=f"{statistics.median(plain):.0f} users/s",
        ),
    ]
    return findings


def _seeded(users: Users, count: int, rounds: int) -> Iterator[float]:
    with tempfile.TemporaryDirectory(prefix="watchword-seeding-") as name:
        home = Path(name)
        file = home / "seed.json"
        file.write_text(json.dumps({"users": list(users(count))}))
        for number in range(rounds):
            environment = {
                **{k: v for k, v in os.environ.items() if not k.startswith("WATCHWORD_")},
                "WATCHWORD_DATABASE_URL": f"sqlite:///{home / f'{number}.sqlite3'}",
                "WATCHWORD_SECRET_KEYS": data.new_secret(),
            }
            _flask(environment, "db", "upgrade")
            started = time.perf_counter()
            _flask(environment, "seed", str(file))
            yield time.perf_counter() - started


def _flask(environment: dict[str, str], *command: str) -> None:
    pinned = ["taskset", "-c", ",".join(map(str, machine.ALL_CORES))]
    done = subprocess.run(
        [*pinned, sys.executable, "-m", "flask", "--app", "wsgi", *command],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"flask {command[0]} failed: {done.stderr[-2000:]}")


def _hashed_users(count: int) -> Iterator[dict[str, object]]:
    encoded = PasswordHasher(**PROFILES["owasp"]._asdict()).hash(PASSWORD)
    for number in range(count):
        yield {**_names(number), "password_hash": encoded}


def _plain_users(count: int) -> Iterator[dict[str, object]]:
    for number in range(count):
        yield {**_names(number), "password": f"{PASSWORD} {number}"}


def _names(number: int) -> dict[str, object]:
    return {"username": f"user{number}", "email": f"user{number}@example.com"}
