"""``python -m benchmarks.timing [--attempts N]``: does an answer's time tell whether a user exists?

Attempts with wrong secrets at every door of a real gunicorn, alternating in random order between logins
that exist and logins that do not. Two questions about the two samples: do they differ at all
(Mann-Whitney)? By how much do their tenth percentiles differ, with a bootstrap interval? Other work on the
machine disturbs the tenth percentile least (Crosby, Wallach and Riedi 2009). A control splits existing
users in two groups and shows the noise. The exit status is 1 if the time of a door shows which users exist.
"""

import argparse
import base64
import http.client
import json
import math
import os
import random
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import NormalDist
from typing import NamedTuple

from app.core.audit import Origin
from app.core.credentials import clients
from app.core.identities import registration

from . import data, machine, servers

USERS = 40
WARM_UP = 20
RESAMPLES = 2_000
# For the whole table, divided among its rows (Bonferroni): one false alarm in a hundred runs.
FALSE_ALARMS = 0.01
ORIGIN = Origin("cli")
ENDLESS = 2**31 - 1

Request = tuple[str, str, dict[str, str], bytes | None]


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
    attempts: int = parser.parse_args().attempts
    if len(machine.ALL_CORES) > 1:
        os.sched_setaffinity(0, machine.LOAD_CORES)
    chance = FALSE_ALARMS / (len(DOORS) + 1)
    with tempfile.TemporaryDirectory() as directory:
        home = Path(directory)
        database = data.Database(f"sqlite:///{home / 'watchword.sqlite3'}", data.new_secret(), home)
        known = _users(database)
        settings = {"pause_after_failures": ENDLESS, "address_failures": ENDLESS}
        with servers.watchword("timing", database.environment, **settings) as server:
            findings = [
                _asked(server.port, name, door, known, attempts, chance)
                for name, door in (*DOORS.items(), (CONTROL, aaa_login))
            ]
    return _table(findings, attempts, chance)


def _users(database: data.Database) -> list[str]:
    names = [f"existing-{number:03}" for number in range(USERS)]
    with data.application(database) as core:
        clients.add(core, "koms-web", "Web", ORIGIN, confidential=False)
        for name in names:
            email = f"{name}@example.com"
            registration.register(core, name, email, data.new_secret(), ORIGIN)
    return names


def aaa_login(name: str) -> Request:
    return _posted("/api/common/1.0/login", {"username": name, "password": "wrong"})


def aaa_basic(name: str) -> Request:
    credentials = base64.b64encode(f"{name}:wrong".encode()).decode()
    return "GET", "/api/cascade.aaa/1.0/keepalive", {"Authorization": f"Basic {credentials}"}, None


def token_v2(name: str) -> Request:
    return _posted("/api/v2/auth/token", {"username": name, "password": "wrong"})


def session(name: str) -> Request:
    fields = {"account_type": "traditional", "email": name, "password": "wrong"}
    return _posted("/session", fields)


def login(name: str) -> Request:
    return _posted("/login", {"UserLogin": name, "ApiKey": "d3Jvbmctd3Jvbmctd3Jvbg=="})


def _posted(path: str, fields: dict[str, str]) -> Request:
    headers = {"Content-Type": "application/json", "x-koms-clientid": "koms-web"}
    return "POST", path, headers, json.dumps(fields).encode()


CONTROL = "control: users against users"
DOORS: dict[str, Callable[[str], Request]] = {
    "AAA login": aaa_login,
    "AAA Basic": aaa_basic,
    "token v2": token_v2,
    "session": session,
    "login (API key)": login,
}


def _asked(
    port: int,
    name: str,
    door: Callable[[str], Request],
    known: list[str],
    attempts: int,
    chance: float,
) -> Finding:
    """Both kinds of names at one door, each as long, as new and as often tried as the other."""
    if name == CONTROL:
        groups = known[::2], known[1::2]
    else:
        groups = known, [f"stranger-{number:03}" for number in range(USERS)]
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    samples: tuple[list[float], list[float]] = ([], [])
    for attempt in range(-WARM_UP, attempts):
        for which in random.sample((0, 1), 2):
            seconds = _timed(connection, door(random.choice(groups[which])))
            if attempt >= 0:
                samples[which].append(seconds * 1_000)
    connection.close()
    low, high = _interval(*samples, chance)
    user, stranger = map(_tenth, samples)
    found = Finding(name, user, stranger, user - stranger, low, high, _mann_whitney(*samples))
    print(f"  {name}: {attempts} of each", file=sys.stderr, flush=True)
    return found


def _timed(connection: http.client.HTTPConnection, request: Request) -> float:
    started = time.perf_counter()
    connection.request(request[0], request[1], request[3], request[2])
    response = connection.getresponse()
    response.read()
    seconds = time.perf_counter() - started
    if response.status != 401:
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
    print(f"{'door':<30}{'user':>8}{'stranger':>10}{'difference':>12}{'interval':>20}{'chance':>9}")
    for found in findings:
        interval = f"{found.low:+.3f} … {found.high:+.3f}"
        print(
            f"{found.door:<30}{found.known:>8.3f}{found.unknown:>10.3f}{found.difference:>+12.3f}"
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
