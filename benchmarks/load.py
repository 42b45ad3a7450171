"""What is sent to a server: whole HTTP requests, checked once by hand, then sent by wrk."""

import json
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from . import machine

SCRIPT = Path(__file__).with_name("wrk.lua")


class WrongAnswer(Exception):
    """A variant gave a wrong answer, so it is not measured."""


def wrk_is_there() -> bool:
    return shutil.which("wrk") is not None


def http(method: str, path: str, headers: dict[str, str], body: str = "") -> str:
    """One HTTP/1.1 request as it goes over the wire."""
    headers = {"Host": "127.0.0.1", **headers}
    if body:
        headers["Content-Length"] = str(len(body.encode()))
    lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {text}" for name, text in headers.items())]
    return "\r\n".join([*lines, "", body])


@dataclass(frozen=True)
class Load:
    """Requests, their expected status, and one request that must be refused."""

    file: Path
    first: str
    count: int
    status: int
    wrong: str | None
    wrong_status: int
    each_once: bool

    @classmethod
    def of(
        cls,
        requests: Iterable[str],
        *,
        status: int,
        wrong: str | None = None,
        wrong_status: int = 401,
        each_once: bool = False,
    ) -> "Load":
        """Requests sent at random, or ``each_once`` if a request works only once."""
        texts = list(requests)
        with tempfile.NamedTemporaryFile(
            "w", prefix="watchword-requests-", newline="", delete=False
        ) as file:
            file.write("\0".join(texts))
        return cls(Path(file.name), texts[0], len(texts), status, wrong, wrong_status, each_once)

    def check(self, port: int) -> None:
        """Raises WrongAnswer unless the first request succeeds and the wrong one is refused."""
        found = status_of(port, self.first)
        if found != self.status:
            raise WrongAnswer(f"expected {self.status}, got {found}")
        if self.wrong is not None:
            refused = status_of(port, self.wrong)
            if refused != self.wrong_status:
                raise WrongAnswer(f"a wrong credential got {refused}")

    def discard(self) -> None:
        self.file.unlink(missing_ok=True)


def status_of(port: int, request: str) -> int:
    """The status of the answer to one request on a connection of its own."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(request.encode())
        line = connection.makefile("rb").readline()
    return int(line.split()[1])


class Run(NamedTuple):
    """The result of one run of wrk. Latencies in milliseconds, one for each thousandth of requests."""

    requests: int
    seconds: float
    failed: int
    latencies: list[float]

    @property
    def rate(self) -> float:
        return self.requests / self.seconds

    def percentile(self, percent: float) -> float:
        return self.latencies[min(int(percent * 10), 999)]


def start(
    port: int, load: Load, seconds: float, connections: int, skip: int = 0
) -> subprocess.Popen:
    """Run wrk with one thread, on the core that no server has."""
    order = "each" if load.each_once else "random"
    command = ["wrk", "-t1", f"-c{connections}", f"-d{round(seconds)}s", "-s", str(SCRIPT)]
    target = [f"http://127.0.0.1:{port}", "--", str(load.file), order, str(skip)]
    pinned = ["taskset", "-c", ",".join(map(str, machine.LOAD_CORES))]
    return subprocess.Popen(
        [*pinned, *command, *target], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )


def finish(wrk: subprocess.Popen) -> Run:
    output, _ = wrk.communicate()
    try:
        found = json.loads(output[output.rindex("\n{") :])
    except ValueError:
        raise RuntimeError(f"wrk failed: {output.strip()}") from None
    return Run(
        found["requests"],
        found["microseconds"] / 1e6,
        found["failed"],
        [latency / 1000 for latency in found["permille"]],
    )


def send(port: int, load: Load, seconds: float, connections: int, skip: int = 0) -> Run:
    return finish(start(port, load, seconds, connections, skip))
