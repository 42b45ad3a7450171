"""The processes under test, on the core that the load does not use."""

import http.client
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

from chaos.ports import free_port

from . import machine

ROOT = Path(__file__).resolve().parent.parent
CACHE = Path(__file__).resolve().parent / ".cache"
START_WITHIN_SECONDS = 30
STOP_WITHIN_SECONDS = 25


class Server:
    """A server process, started by ``with`` and stopped at its end.

    ``command`` may say ``{port}``. ``ready_seconds`` is from its start to its first answer.
    """

    def __init__(
        self,
        name: str,
        command: list[str],
        *,
        environment: Mapping[str, str] | None = None,
        directory: Path = ROOT,
        cores: set[int] | None = None,
    ) -> None:
        self.name = name
        self._command = command
        self._environment = dict(environment or {})
        self._directory = directory
        self._cores = cores or machine.SERVER_CORES
        self.log = CACHE / "logs" / f"{name.replace(' ', '-')}.log"

    def __enter__(self) -> "Server":
        self.port = free_port()
        self.log.parent.mkdir(parents=True, exist_ok=True)
        self._scratch = Path(tempfile.mkdtemp(prefix="watchword-bench-"))
        inherited = {
            name: text for name, text in os.environ.items() if not name.startswith("WATCHWORD_")
        }
        environment = {
            **inherited,
            "PYTHONDONTWRITEBYTECODE": "1",
            "PROMETHEUS_MULTIPROC_DIR": str(self._scratch),
            **{name: text.format(port=self.port) for name, text in self._environment.items()},
        }
        command = [part.format(port=self.port) for part in self._command]
        pinned = ["taskset", "-c", ",".join(map(str, sorted(self._cores)))]
        started = time.perf_counter()
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(
                [*pinned, *command],
                cwd=self._directory,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        self._wait()
        self.ready_seconds = time.perf_counter() - started
        return self

    def _wait(self) -> None:
        deadline = time.monotonic() + START_WITHIN_SECONDS
        while time.monotonic() < deadline and self._process.poll() is None:
            try:
                connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
                connection.request("GET", "/verify")
                connection.getresponse().read()
                connection.close()
            except OSError:
                time.sleep(0.01)
            else:
                return
        self.__exit__()
        raise RuntimeError(f"{self.name} did not start: {self.log.read_text()[-2000:]}")

    def __exit__(self, *_: object) -> None:
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(STOP_WITHIN_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        shutil.rmtree(self._scratch, ignore_errors=True)

    def cpu_seconds(self) -> float:
        return machine.cpu_seconds(self._process.pid)

    def memory_mib(self) -> list[float]:
        """The proportional set size of each worker."""
        return [machine.pss_mib(worker) for worker in self.workers()]

    def workers(self) -> list[int]:
        """The worker processes under gunicorn's master."""
        return machine.processes(self._process.pid)[1:]


def gunicorn(
    target: str, threads: int, python: str = sys.executable, worker: str = "gthread"
) -> list[str]:
    """The same gunicorn as Watchword's: threaded, keep-alive, one worker, preloaded."""
    options = ["--worker-class", worker, "--threads", str(threads), "--keep-alive", "75"]
    more = ["--workers", "1", "--preload", "--no-control-socket", "--bind", "127.0.0.1:{port}"]
    return [python, "-m", "gunicorn", *options, *more, target]


def baseline(name: str, threads: int, *, our_worker: bool = False) -> Server:
    """``bare_wsgi`` or ``bare_flask`` of ``baselines.py``, under gunicorn's worker class or ours."""
    worker = "app.serving.worker.Worker" if our_worker else "gthread"
    return Server(
        name.replace("_", " ") + (", Watchword's worker class" if our_worker else ""),
        gunicorn(f"baselines:{name}", threads, worker=worker),
        # Started in this directory, where gunicorn finds no gunicorn.conf.py by itself.
        directory=CACHE.parent,
        environment={"PYTHONPATH": str(ROOT)},
    )


def watchword(
    name: str,
    environment: Mapping[str, str],
    *,
    workers: int = 1,
    cores: set[int] | None = None,
    **settings: object,
) -> Server:
    """Watchword under its own ``gunicorn.conf.py``; ``settings`` without their prefix."""
    more = {f"WATCHWORD_{setting.upper()}": str(value) for setting, value in settings.items()}
    return Server(
        name,
        [sys.executable, "-m", "gunicorn", "-c", "gunicorn.conf.py", "wsgi:app"],
        environment={
            **environment,
            "WATCHWORD_BIND": "127.0.0.1:{port}",
            # All load comes from one address.
            "WATCHWORD_ADDRESS_EVENTS_PER_HOUR": "1000000000",
            "WEB_CONCURRENCY": str(workers),
            **more,
        },
        cores=cores,
    )
