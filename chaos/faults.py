"""Killed processes; databases that are gone, locked or full: a success that was answered must stay true."""

import os
import signal
import sqlite3
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from .databases import BOTH, Database, Person, postgresql, sqlite
from .dialects import SESSION, SPEAKERS
from .disk import small_disk
from .ledger import Crowd
from .outcome import Outcome
from .servers import Server
from .wire import Answer, Client

# The ledger's sessions must not expire during the scenario.
PATIENT = {"login_token_seconds": 900}
AWAY_SECONDS = 8
LOCKED_SECONDS = 10
FULL_SECONDS = 8
WITHIN_SECONDS = 3
# The service limits a wait to three seconds. A shared machine may add this.
SLACK_SECONDS = 1


def kill_workers(backend: str, seconds: float) -> Outcome:
    """Kill one worker after the other (SIGKILL)."""
    with BOTH[backend]() as database, Server(database.url, **PATIENT) as server:
        with Crowd([server.port], database.people) as crowd:
            deadline = time.monotonic() + seconds
            killed = 0
            while time.monotonic() < deadline:
                time.sleep(0.6)
                for worker in server.workers()[:1]:
                    kill(worker)
                    killed += 1
        outcome = crowd.audit()
        outcome.notes.append(f"{killed} kills")
        return _checked(outcome, database)


def kill_master(backend: str, seconds: float) -> Outcome:
    """Kill the master and all workers together (SIGKILL), and start again at once."""
    return _restarts(backend, seconds, signal.SIGKILL)


def restart(backend: str, seconds: float) -> Outcome:
    """SIGTERM under load: every request that was begun is answered."""
    return _restarts(backend, seconds, signal.SIGTERM)


def _restarts(backend: str, seconds: float, number: signal.Signals) -> Outcome:
    with BOTH[backend]() as database, Server(database.url, **PATIENT) as server:
        with Crowd([server.port], database.people) as crowd:
            for _ in range(2):
                time.sleep(seconds / 3)
                orphans = server.workers()
                server.stop(number)
                if number is signal.SIGKILL:
                    for orphan in orphans:
                        kill(orphan)
                server.start()
            time.sleep(seconds / 3)
        outcome = crowd.audit()
        outcome.notes.append("2 restarts")
        return _checked(outcome, database)


def kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return


def running_requests_finish(_seconds: float) -> Outcome:
    """A login that is hashed when SIGTERM comes is answered, and its session is valid after the restart."""
    outcome = Outcome()
    hashing = {"argon2_profile": "rfc9106-low", **PATIENT}
    with sqlite() as database, Server(database.url, **hashing) as server:
        with Crowd([server.port], database.people, number=4):
            time.sleep(1)
            answers: list[Answer | None] = []
            clients = [Client(server.port) for _ in range(4)]
            with ThreadPoolExecutor(4) as pool:
                asked = [pool.submit(SESSION.open, c, database.people[0]) for c in clients]
                time.sleep(0.05)
                server.send(signal.SIGTERM)
                answers = [future.result() for future in asked]
        server.stop()
        server.start()
        client = Client(server.port)
        for answer in answers:
            outcome.tried += 1
            outcome.expect(answer is not None, "a running login was cut off")
            if answer is not None and answer.status == 200:
                outcome.answered += 1
                verified = SESSION.verify(client, SESSION.pair(answer))
                if verified is None or verified.status != 204:
                    outcome.lost.append("a login answered while stopping is gone")
    return outcome


def postgresql_gone(seconds: float) -> Outcome:
    """The server is stopped hard under load and started again."""
    with postgresql() as database, Server(database.url, **PATIENT) as server:
        assert database.stop is not None
        assert database.start is not None
        with Crowd([server.port], database.people) as crowd:
            time.sleep(seconds / 2)
            database.stop()
            away = _watch(server, database.people[0], AWAY_SECONDS, reads=False)
            database.start()
            back = recovers(server, database.people[0])
            time.sleep(seconds / 2)
        outcome = crowd.audit()
        outcome.add(away)
        outcome.add(back)
        return _checked(outcome, database, crowd)


def sqlite_locked(seconds: float) -> Outcome:
    """Another process holds the write lock: writes are refused, reads go on."""
    with sqlite() as database, Server(database.url, **PATIENT) as server:
        assert database.file is not None
        with Crowd([server.port], database.people) as crowd:
            time.sleep(seconds / 2)
            other = sqlite3.connect(database.file, isolation_level=None, timeout=30)
            other.execute("BEGIN IMMEDIATE")
            away = _watch(server, database.people[0], LOCKED_SECONDS, reads=True)
            other.execute("ROLLBACK")
            other.close()
            back = recovers(server, database.people[0])
            time.sleep(seconds / 2)
        outcome = crowd.audit()
        outcome.add(away)
        outcome.add(back)
        return _checked(outcome, database, crowd)


def disk_full(seconds: float) -> Outcome:
    """The file system is full: a small one if root may mount it, else a limit on file sizes."""
    with small_disk() as (directory, fill, free), sqlite(directory) as database:
        with Server(database.url, **PATIENT) as server:
            with Crowd([server.port], database.people) as crowd:
                time.sleep(seconds / 2)
                fill(server)
                away = _watch(server, database.people[0], FULL_SECONDS, reads=True, always=False)
                free(server)
                back = recovers(server, database.people[0])
                time.sleep(seconds / 2)
            outcome = crowd.audit()
        outcome.add(away)
        outcome.add(back)
        return _checked(outcome, database, crowd)


def _watch(
    server: Server, person: Person, seconds: float, *, reads: bool, always: bool = True
) -> Outcome:
    """Check what each dialect and door answers while the database is away, and how soon.

    ``reads``: verifications must go on. ``always``: no write may succeed. On a full disk a few may:
    SQLite's log has room again after each checkpoint.
    """
    outcome = Outcome()
    client = Client(server.port)
    deadline = time.monotonic() + seconds
    refused: set[str] = set()
    worst = 0.0
    ready: set[int] = set()
    while time.monotonic() < deadline:
        for speaker in SPEAKERS:
            started = time.monotonic()
            answer = speaker.open(client, person)
            worst = max(worst, time.monotonic() - started)
            outcome.tried += 1
            if answer is None:
                outcome.faults.append(f"{speaker.path} did not answer")
                continue
            outcome.answered += 1
            if answer.status == 503:
                refused.add(speaker.path)
                outcome.expect(speaker.is_refusal(answer), f"{speaker.path}: a foreign 503")
                outcome.expect(
                    bool(answer.headers["Retry-After"]), f"{speaker.path}: no Retry-After"
                )
            # The last round may end after the database is back.
            if time.monotonic() < deadline - 2 * WITHIN_SECONDS:
                outcome.add(_doors(client, ready, reads=reads))
    said = ready == {503} if always else 503 in ready
    outcome.expect(said, f"/readyz said {sorted(ready)}")
    outcome.expect(len(refused) == len(SPEAKERS), f"503 in {sorted(refused)} only")
    outcome.expect(
        worst < WITHIN_SECONDS + SLACK_SECONDS,
        f"a refusal took {worst:.1f} s, not {WITHIN_SECONDS}",
    )
    outcome.notes.append(f"refused within {worst:.1f} s in {len(refused)} dialects")
    client.close()
    return outcome


def _doors(client: Client, ready: set[int], *, reads: bool) -> Outcome:
    outcome = Outcome()
    asked = {"/healthz": 200, "/verify": 401 if reads else 503, "/readyz": None}
    for path, expected in asked.items():
        token = "00000000-0000-4000-8000-000000000000" if path == "/verify" else None
        answer = client.get(path, token)
        got = 0 if answer is None else answer.status
        if expected is None:
            ready.add(got)
        else:
            outcome.expect(got == expected, f"{path} said {got}, not {expected}")
    return outcome


def recovers(server: Server, person: Person, within: float = 10) -> Outcome:
    """Wait until the service has recovered by itself: it is ready, and a login is answered with 200."""
    outcome = Outcome()
    client = Client(server.port)
    started = time.monotonic()
    while time.monotonic() < started + within:
        readiness = client.get("/readyz")
        login = SESSION.open(client, person)
        if readiness and login and readiness.status == login.status == 200:
            outcome.notes.append(f"back after {time.monotonic() - started:.1f} s")
            return outcome
        time.sleep(0.1)
    outcome.faults.append(f"not back after {within:.0f} s")
    return outcome


def _checked(outcome: Outcome, database: Database, crowd: Crowd | None = None) -> Outcome:
    if database.file is not None:
        outcome.expect(database.is_sound(), "PRAGMA integrity_check complains")
    if crowd is not None:
        outcome.notes.append(
            f"{crowd.statuses[503]} refused, the longest wait {crowd.longest:.1f} s"
        )
    return outcome


SCENARIOS = {
    f"{name}-{backend}": partial(run, backend)
    for name, run in (
        ("kill-workers", kill_workers),
        ("kill-master", kill_master),
        ("restart", restart),
    )
    for backend in BOTH
} | {
    "stop-finishes-requests": running_requests_finish,
    "postgresql-gone": postgresql_gone,
    "sqlite-locked": sqlite_locked,
    "disk-full": disk_full,
}
