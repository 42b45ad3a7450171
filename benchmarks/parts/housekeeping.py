"""The running service purges a million expired sessions while gateways ask ``/verify``."""

import sqlite3
import statistics
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from app.store.models import Session

from .. import compare, data, filling, load, machine, wire
from ..bulk import bulk_insert
from ..compare import Effort
from ..data import Database
from ..load import Load, Run
from ..results import Findings, Row
from ..servers import Server, watchword

LIVE, EXPIRED = 100_000, 1_000_000
ROUNDS = 3
NEVER_SECONDS = 10 * 365 * 86_400
GIVE_UP_SECONDS = 300
CHUNK_SECONDS = 5


def purge_under_load(effort: Effort) -> Findings:
    """p99 of ``/verify`` while the purge runs, against the same database left alone."""
    idle, purging, seconds, failed = [], [], [], 0
    with _with_expired() as database:
        requests = wire.verify(database, "session")
        quiet = watchword(
            "watchword at rest", database.environment, expired_retention_seconds=NEVER_SECONDS
        )
        with quiet:
            requests.check(quiet.port)
            load.send(quiet.port, requests, 1, 8)
            for _ in range(min(effort.rounds, ROUNDS)):
                machine.settle()
                alone = load.send(quiet.port, requests, effort.seconds, 8)
                idle.append(alone.percentile(99))
                with (
                    database.copy() as copied,
                    watchword("watchword purging", copied.environment) as server,
                ):
                    runs, took = _until_gone(server, requests, copied)
                purging.append(_merged_percentile(runs, 99))
                seconds.append(took)
                failed += alone.failed + sum(run.failed for run in runs)
                print(
                    f"  p99 {idle[-1]:.1f} → {purging[-1]:.1f} ms, gone in {took:.0f} s", flush=True
                )
        requests.discard()
    return Findings(
        rows=[
            Row(
                f"/verify p99 while {EXPIRED:,} expired sessions are purged",
                2,
                compare.ratio(purging, idle),
                unit=" × idle",
                at_most=True,
                failed=failed,
                note=f"{statistics.median(idle):.1f} ms → {statistics.median(purging):.1f} ms",
            ),
            Row("all gone within", 60, statistics.median(seconds), unit=" s", at_most=True),
        ],
        details={
            "idle_p99_ms": compare.spread(idle, 2),
            "purging_p99_ms": compare.spread(purging, 2),
            "purge_seconds": compare.spread(seconds, 1),
        },
    )


@contextmanager
def _with_expired() -> Iterator[Database]:
    """A copy of the usual database, with sessions among its rows that ended two hours ago."""
    with data.sqlite(LIVE, ("session",)).copy() as database, data.application(database) as core:
        now = core.clock.now() - filling.LIFETIME_SECONDS - 7200
        minted = filling.mintings(core, "session", EXPIRED, now)
        rows = (filling.session_row("session", minting, LIVE, now) for minting in minted)
        bulk_insert(core.store, Session.__table__, rows)
        core.store.close()
        yield database


def _until_gone(server: Server, requests: Load, database: Database) -> tuple[list[Run], float]:
    """Load from the first purged row to the last. Returns wrk's result and how long it took."""
    connection = sqlite3.connect(f"file:{database.file}?mode=ro", uri=True)

    def left(at_most: int = 1) -> int:
        """The number of expired rows, counted up to a limit."""
        [count] = connection.execute(
            "SELECT count(*) FROM (SELECT 1 FROM sessions WHERE expires_at < ? LIMIT ?)",
            (time.time(), at_most),
        ).fetchone()
        return int(count)

    deadline = time.monotonic() + GIVE_UP_SECONDS
    while left(EXPIRED) == EXPIRED:
        if time.monotonic() > deadline:
            raise RuntimeError("the purge never began")
        time.sleep(0.05)
    begun = time.monotonic()
    runs: list[Run] = []
    gone: float | None = None
    while gone is None:
        if time.monotonic() > deadline:
            raise RuntimeError(f"{left(EXPIRED):,} rows are still there")
        wrk = load.start(server.port, requests, CHUNK_SECONDS, 8)
        gone = _gone_meanwhile(wrk, left)
        run = load.finish(wrk)
        # A run that went on after the last row would make the figure look better.
        if gone is None or not runs:
            runs.append(run)
    connection.close()
    return runs, gone - begun


def _gone_meanwhile(wrk: subprocess.Popen, left: Callable[[], int]) -> float | None:
    while wrk.poll() is None:
        if left() == 0:
            return time.monotonic()
        time.sleep(0.5)
    return None


def _merged_percentile(runs: list[Run], percent: float) -> float:
    """One percentile of several runs together, each weighing as much as it has requests."""
    weighed = sorted((latency, run.requests) for run in runs for latency in run.latencies)
    wanted = percent / 100 * sum(weight for _, weight in weighed)
    seen = 0
    for latency, weight in weighed:
        seen += weight
        if seen >= wanted:
            return latency
    return weighed[-1][0]
