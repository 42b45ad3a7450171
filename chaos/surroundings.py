"""The log's stream or the metrics directory breaks: clients that log in notice nothing.

Watchword's workers count in memory and need no metrics directory. An operator who used prometheus_client's
files may still have one, and a TMPDIR beside it.
"""

import os
import shutil
import socket
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path

from .databases import Database, sqlite
from .disk import small_disk
from .faults import PATIENT, kill, recovers
from .outcome import Outcome
from .servers import CLOSED, Server
from .steady import Steady, counted

NOBODY = 65_534
# An idle worker ends at once, and the master waits for no reader of the log.
STOPS_WITHIN_SECONDS = 10
# gunicorn's worker misses a signal that comes while it starts.
SETTLES_SECONDS = 1

Breaking = Callable[[], None]


def _logins(server: Server, database: Database, seconds: float, break_it: Breaking) -> Outcome:
    """Under load, first whole and then broken; then new workers and a stop, while it stays broken."""
    with Steady(server, database) as steady:
        time.sleep(seconds / 2)
        break_it()
        time.sleep(seconds / 2)
    outcome = steady.audit()
    before = counted(server)
    for worker in server.workers():
        kill(worker)
        outcome.add(recovers(server, database.people[0]))
    outcome.expect(counted(server) > before, "the metrics fell with the workers")
    time.sleep(SETTLES_SECONDS)
    started = time.monotonic()
    server.stop()
    took = time.monotonic() - started
    outcome.expect(took < STOPS_WITHIN_SECONDS, f"it took {took:.0f} s to stop")
    return outcome


class Reader:
    """The reader of the log, until it is told to stop."""

    def __init__(self, descriptor: int) -> None:
        self._taken = os.fdopen(descriptor, "rb", buffering=0)
        os.set_blocking(descriptor, False)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        while not self._over.wait(0.01):
            while self._taken.read(65_536):
                pass

    def stop(self) -> None:
        self._over.set()
        self._thread.join()

    def close(self) -> None:
        self.stop()
        self._taken.close()


@contextmanager
def _pipe(*, close: bool) -> Iterator[tuple[int, Breaking]]:
    """The log's reader closes its end (``close``), or reads no more."""
    ours, theirs = os.pipe()
    reader = Reader(ours)
    try:
        yield theirs, reader.close if close else reader.stop
    finally:
        reader.close()
        os.close(theirs)


@contextmanager
def _journal() -> Iterator[tuple[int, Breaking]]:
    """A systemd unit's stderr, which is a socket, with a journal that reads no more."""
    ours, theirs = socket.socketpair()
    with closing(theirs):
        reader = Reader(ours.detach())
        try:
            yield theirs.fileno(), reader.stop
        finally:
            reader.close()


@contextmanager
def _full_disk() -> Iterator[tuple[int, Breaking]]:
    with Path("/dev/full").open("wb") as full:
        yield full.fileno(), lambda: None


@contextmanager
def _closed() -> Iterator[tuple[int, Breaking]]:
    yield CLOSED, lambda: None


STREAMS = {
    "closed": _closed,
    "reader-gone": partial(_pipe, close=True),
    "pipe-full": partial(_pipe, close=False),
    "journal-full": _journal,
    "disk-full": _full_disk,
}


def log_stream(name: str, seconds: float) -> Outcome:
    """A log line for every request, and no room for it."""
    with (
        STREAMS[name]() as (stream, break_it),
        sqlite() as database,
        Server(database.url, stream=stream, log_level="debug", **PATIENT) as server,
    ):
        return _logins(server, database, seconds, break_it)


def _vanish(directory: Path) -> None:
    shutil.rmtree(directory)


def _belong_to_another(directory: Path) -> None:
    directory.chmod(0o500)
    if os.geteuid() == 0:
        os.chown(directory, NOBODY, NOBODY)


def metrics_directory(break_it: Callable[[Path], None], seconds: float) -> Outcome:
    """The directory is gone or not ours under load. At the next start the service refuses it and says why."""
    with (
        tempfile.TemporaryDirectory(prefix="watchword-chaos-metrics-") as name,
        sqlite() as database,
    ):
        directory = Path(name) / "metrics"
        directory.mkdir()
        variables = {"PROMETHEUS_MULTIPROC_DIR": str(directory)}
        with Server(database.url, variables=variables, **PATIENT) as server:
            return _logins(server, database, seconds, lambda: break_it(directory))


def metrics_directory_full(seconds: float) -> Outcome:
    """No room in the metrics directory and for temporary files."""
    with small_disk() as (directory, fill, _free), sqlite() as database:
        variables = dict.fromkeys(("PROMETHEUS_MULTIPROC_DIR", "TMPDIR"), str(directory))
        with Server(database.url, variables=variables, **PATIENT) as server:
            return _logins(server, database, seconds, lambda: fill(server))


SCENARIOS = {f"log-{name}": partial(log_stream, name) for name in STREAMS} | {
    "metrics-directory-full": metrics_directory_full,
    "metrics-directory-gone": partial(metrics_directory, _vanish),
    "metrics-directory-of-another": partial(metrics_directory, _belong_to_another),
}
