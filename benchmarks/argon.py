"""Argon2 by itself on one core: ``python -m benchmarks.argon verify|hash SECONDS`` prints one figure.

``verify``: microseconds of processor time for one verification at the service's default cost.
``hash``: hashes a second.
"""

import subprocess
import sys
import time

from argon2 import PasswordHasher

from app.core.passwords import PROFILES

from . import machine

PASSWORD = "correct horse battery staple"


def alone(what: str, seconds: float) -> float:
    """The figure, from a process of its own on the server's core."""
    command = [sys.executable, "-m", "benchmarks.argon", what, str(seconds)]
    pinned = ["taskset", "-c", ",".join(map(str, machine.SERVER_CORES))]
    done = subprocess.run([*pinned, *command], capture_output=True, text=True, check=True)
    return float(done.stdout)


def _measure(what: str, seconds: float) -> float:
    hasher = PasswordHasher(**PROFILES["owasp"]._asdict())
    encoded = hasher.hash(PASSWORD)
    begun, busy, count = time.perf_counter(), time.process_time(), 0
    while time.perf_counter() - begun < seconds:
        if what == "verify":
            hasher.verify(encoded, PASSWORD)
        else:
            hasher.hash(PASSWORD)
        count += 1
    if what == "verify":
        return 1e6 * (time.process_time() - busy) / count
    return count / (time.perf_counter() - begun)


if __name__ == "__main__":
    print(_measure(sys.argv[1], float(sys.argv[2])))
