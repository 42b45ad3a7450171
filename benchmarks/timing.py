"""``python -m benchmarks.timing [--attempts N]``: does an answer's time tell whether a user exists?

With ``--foreign`` the users have hashes of several systems, as after an import (``timing_kinds``).

Attempts with wrong secrets at every door of a real gunicorn, alternating in random order between logins
that exist and logins that do not. Two questions about the two samples: do they differ at all
(Mann-Whitney)? By how much do their tenth percentiles differ, with a bootstrap interval? Other work on the
machine disturbs the tenth percentile least (Crosby, Wallach and Riedi 2009). A control splits existing
users in two groups and shows the noise. The exit status is 1 if the time of a door shows which users exist.
"""

import argparse
import http.client
import math
import os
import random
import sys
import tempfile
import time
from pathlib import Path
from statistics import NormalDist
from typing import NamedTuple

from app.core.audit import Origin
from app.core.credentials import clients
from app.core.identities import registration

from . import data, machine, servers, timing_kinds
from .timing_doors import DOORS, NOT_LET_IN, Request, Row

USERS = 40
WARM_UP = 20
RESAMPLES = 2_000
# For the whole table, divided among its rows (Bonferroni): one false alarm in a hundred runs.
FALSE_ALARMS = 0.01
ORIGIN = Origin("cli")
ENDLESS = 2**31 - 1

CONTROL = "control: users against users"


class Finding(NamedTuple):
    """Milliseconds: two tenth percentiles, their difference and its interval; how likely by chance."""

    door: str
    known: float
    unknown: float
    difference: float
    low: float
    high: float
    chance: float

    def tells(self, chance: float) -> bool:
        return self.chance < chance and not self.low <= 0 <= self.high


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.timing")
    parser.add_argument("--attempts", type=int, default=400, help="of each kind, at each door")
    parser.add_argument("--foreign", action="store_true", help="users with hashes of other systems")
    chosen = parser.parse_args()
    attempts: int = chosen.attempts
    if len(machine.ALL_CORES) > 1:
        os.sched_setaffinity(0, machine.LOAD_CORES)
    with tempfile.TemporaryDirectory() as directory:
        home = Path(directory)
        database = data.Database(f"sqlite:///{home / 'watchword.sqlite3'}", data.new_secret(), home)
        rows = timing_kinds.rows(database) if chosen.foreign else _rows(database)
        chance = FALSE_ALARMS / len(rows)
        settings = {"pause_after_failures": ENDLESS, "address_failures": ENDLESS, "console": "on"}
        with servers.watchword("timing", database.environment, **settings) as server:
            findings = [_asked(server.port, row, attempts, chance) for row in rows]
    return _table(findings, attempts, chance)


def _rows(database: data.Database) -> list[Row]:
    """Every door, with both kinds of names, each as long, as new and as often tried as the other."""
    known = _users(database)
    strangers = [f"stranger-{number:03}" for number in range(USERS)]
    doors = [Row(name, door, known, strangers) for name, door in DOORS.items()]
    return [*doors, Row(CONTROL, DOORS["AAA login"], known[::2], known[1::2])]


def _users(database: data.Database) -> list[str]:
    names = [f"existing-{number:03}" for number in range(USERS)]
    with data.application(database) as core:
        clients.add(core, "koms-web", "Web", ORIGIN, confidential=False)
        for name in names:
            email = f"{name}@example.com"
            registration.register(core, name, email, data.new_secret(), ORIGIN)
    return names


def _asked(port: int, row: Row, attempts: int, chance: float) -> Finding:
    """Both kinds of names, alternating at random."""
    groups = row.known, row.unknown
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    door = row.door(connection)
    samples: tuple[list[float], list[float]] = ([], [])
    for attempt in range(-WARM_UP, attempts):
        for which in random.sample((0, 1), 2):
            seconds = _timed(connection, door(random.choice(groups[which])))
            if attempt >= 0:
                samples[which].append(seconds * 1_000)
    connection.close()
    low, high = _interval(*samples, chance)
    user, stranger = map(_tenth, samples)
    found = Finding(row.name, user, stranger, user - stranger, low, high, _mann_whitney(*samples))
    print(f"  {row.name}: {attempts} of each", file=sys.stderr, flush=True)
    return found


def _timed(connection: http.client.HTTPConnection, request: Request) -> float:
    started = time.perf_counter()
    connection.request(request[0], request[1], request[3], request[2])
    response = connection.getresponse()
    text = response.read()
    seconds = time.perf_counter() - started
    # The console answers 403, also to a form that it did not look at.
    if response.status != 401 and NOT_LET_IN not in text:
        raise RuntimeError(f"{request[1]} answered {response.status} to a wrong secret")
    return seconds


def _tenth(sample: list[float]) -> float:
    return sorted(sample)[len(sample) // 10]


def _interval(one: list[float], other: list[float], chance: float) -> tuple[float, float]:
    """The bootstrap interval of the difference of tenth percentiles."""
    found = sorted(
        _tenth(random.choices(one, k=len(one))) - _tenth(random.choices(other, k=len(other)))
        for _ in range(RESAMPLES)
    )
    cut = math.floor(RESAMPLES * chance / 2)
    return found[cut], found[-1 - cut]


def _mann_whitney(one: list[float], other: list[float]) -> float:
    """How likely samples as different as these are by chance alone (normal approximation)."""
    ranked = sorted([(value, 0) for value in one] + [(value, 1) for value in other])
    ranks = sum(rank for rank, (_, which) in enumerate(ranked, 1) if which == 0)
    size, rest = len(one), len(other)
    statistic = ranks - size * (size + 1) / 2
    deviation = math.sqrt(size * rest * (size + rest + 1) / 12)
    return 2 * NormalDist().cdf(-abs(statistic - size * rest / 2) / deviation)


def _table(findings: list[Finding], attempts: int, chance: float) -> int:
    print(f"{attempts} attempts of each kind at each door; tenth percentiles in milliseconds")
    print(
        f"{'door':<30}{'user':>8}{'stranger':>10}{'ratio':>7}{'difference':>12}{'interval':>20}{'chance':>9}"
    )
    for found in findings:
        interval = f"{found.low:+.3f} … {found.high:+.3f}"
        print(
            f"{found.door:<30}{found.known:>8.3f}{found.unknown:>10.3f}"
            f"{found.known / found.unknown:>7.3f}{found.difference:>+12.3f}"
            f"{interval:>20}{found.chance:>9.3f}"
        )
    telling = [found.door for found in findings if found.tells(chance)]
    if CONTROL in telling:
        print("no verdict: users differ from users, so the machine is not at rest")
        return 2
    if telling:
        print(f"told apart: {', '.join(telling)}")
        return 1
    widest = max(max(abs(found.low), abs(found.high)) for found in findings)
    print(f"not told apart at any door; {widest:.2f} ms would have been seen")
    return 0


if __name__ == "__main__":
    sys.exit(main())
