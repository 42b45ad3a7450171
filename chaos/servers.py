"""Watchword under its own ``gunicorn.conf.py``, to be killed, stopped and started again."""

import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

from config import ROOT

from .ports import free_port
from .wire import Client

SECRET = "a-secret-for-chaos-0123456789-abcdefghijkl"
START_WITHIN_SECONDS = 30
STOP_WITHIN_SECONDS = 30
# A value for the log's descriptor: stdout and stderr are closed before the server starts.
CLOSED = -1


def environment(database_url: str, **settings: object) -> dict[str, str]:
    """The settings as variables; ``settings`` by name without the prefix."""
    inherited = {n: text for n, text in os.environ.items() if not n.startswith("WATCHWORD_")}
    wanted = {
        "DATABASE_URL": database_url,
        "SECRET_KEYS": SECRET,
        "ENV": "testing",
        "ARGON2_PROFILE": "cheapest-tests-only",
        "LOG_LEVEL": "warning",
        # All load comes from one address.
        "ADDRESS_EVENTS_PER_HOUR": 10**9,
        **{name.upper(): value for name, value in settings.items()},
    }
    inherited.pop("PROMETHEUS_MULTIPROC_DIR", None)
    return inherited | {f"WATCHWORD_{name}": str(value) for name, value in wanted.items()}


class Server:
    """One machine: a gunicorn master and its workers."""

    def __init__(
        self,
        database_url: str,
        *,
        workers: int = 2,
        stream: int | None = None,
        variables: dict[str, str] | None = None,
        **settings: object,
    ) -> None:
        """``stream`` is a descriptor for the log instead of a file. CLOSED means none at all."""
        self.port = free_port()
        self._environment = environment(database_url, bind=f"127.0.0.1:{self.port}", **settings)
        self._environment |= {"WEB_CONCURRENCY": str(workers)} | (variables or {})
        self._stream = stream
        self._scratch = tempfile.TemporaryDirectory(prefix="watchword-chaos-")
        self.log = Path(self._scratch.name) / "log"
        self._seen: set[int] = set()
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> "Server":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        for pid in self._seen:
            with suppress(FileNotFoundError, ProcessLookupError):
                # A worker whose master was killed. Its process id may belong to another process by now.
                if b"gunicorn" in Path(f"/proc/{pid}/cmdline").read_bytes():
                    os.kill(pid, signal.SIGKILL)
        self._scratch.cleanup()

    @property
    def master(self) -> int:
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        command = [sys.executable, "-m", "gunicorn", "-c", "gunicorn.conf.py", "wsgi:app"]
        if self._stream == CLOSED:
            command = ["sh", "-c", 'exec "$@" >&- 2>&-', "sh", *command]
        with self.log.open("ab") as log:
            stream = log if self._stream in (None, CLOSED) else self._stream
            self._process = subprocess.Popen(
                command,
                cwd=ROOT,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=stream,
            )
        deadline = time.monotonic() + START_WITHIN_SECONDS
        while time.monotonic() < deadline and self._process.poll() is None:
            answer = Client(self.port, timeout=2).get("/healthz")
            if answer is not None and answer.status == 200:
                self._seen |= set(self.workers())
                return
            time.sleep(0.05)
        raise RuntimeError(f"the server did not start: {self.log.read_text()[-2000:]}")

    def send(self, number: signal.Signals) -> None:
        self._seen |= set(self.workers())
        os.kill(self.master, number)

    def stop(self, number: signal.Signals = signal.SIGTERM) -> None:
        """Stop the master and wait for it."""
        assert self._process is not None
        if self._process.poll() is None:
            self.send(number)
            try:
                self._process.wait(STOP_WITHIN_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()

    def workers(self) -> list[int]:
        children = Path(f"/proc/{self.master}/task/{self.master}/children")
        with suppress(FileNotFoundError):
            return [int(pid) for pid in children.read_text().split()]
        return []

    def pss_mib(self) -> float:
        """The proportional set size of master and workers together, in MiB."""
        total = 0
        for pid in [self.master, *self.workers()]:
            with suppress(FileNotFoundError, ProcessLookupError):
                rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
                total += int(re.search(r"^Pss:\s+(\d+)", rollup, re.MULTILINE)[1])  # type: ignore[index]
        return total / 1024

    def complaints(self) -> list[str]:
        """Lines of the log that are bugs, whatever the injected fault was."""
        bad = ("Traceback", "internal_error", "WORKER TIMEOUT", "Exception in worker")
        return [line for line in self.log.read_text(errors="replace").splitlines()
                if any(word in line for word in bad)]  # fmt: skip
