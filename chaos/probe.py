"""A gateway during a fault: ``python -m chaos.probe PORT TOKEN SECONDS`` asks /verify all the time."""

import json
import subprocess
import sys
import time
from typing import NamedTuple

from config import ROOT

from .wire import Client

EVERY_SECONDS = 0.01


class Seen(NamedTuple):
    """``wrong`` counts missing answers and answers other than 204. Times are in milliseconds."""

    asked: int
    wrong: int
    median: float
    p99: float
    worst: float


class Probe:
    """Runs in a process of its own, so that pauses of this process do not count as the service's."""

    def __init__(self, port: int, token: str, seconds: float) -> None:
        command = [sys.executable, "-m", "chaos.probe", str(port), token, str(seconds)]
        self._process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)

    def seen(self) -> Seen:
        output, _ = self._process.communicate()
        return Seen(*json.loads(output))


def probe(port: int, token: str, seconds: float) -> Seen:
    return Probe(port, token, seconds).seen()


def main() -> None:
    port, token, seconds = int(sys.argv[1]), sys.argv[2], float(sys.argv[3])
    # Every second request uses a new connection: new clients must be served too.
    kept = Client(port, timeout=10)
    took: list[float] = []
    wrong = 0
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        client = kept if len(took) % 2 else Client(port, timeout=10)
        started = time.perf_counter()
        answer = client.get("/verify", token)
        took.append((time.perf_counter() - started) * 1000)
        wrong += answer is None or answer.status != 204
        if client is not kept:
            client.close()
        time.sleep(EVERY_SECONDS)
    took.sort()
    median, p99 = took[len(took) // 2], took[len(took) * 99 // 100]
    print(json.dumps([len(took), wrong, median, p99, took[-1]]))


if __name__ == "__main__":
    main()
