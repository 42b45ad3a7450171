"""A command that is killed leaves no process behind, which would keep its stdout open."""

import os
import signal
import subprocess
import sys

import psutil
import pytest

from app.core.importing import running
from app.core.seeding import bulk_hashing
from app.machine import usable_cores
from config import ROOT
from tests.waiting import wait_until

HEADER = "username,email,password\n"
ROWS = "".join(
    f"user{number},user{number}@example.com,a password of {number}\n" for number in range(400)
)


@pytest.mark.slow
def test_the_processes_of_an_import_end_with_it_also_when_it_is_killed(environment, tmp_path):
    """One reads a pipe that never ends, the others hash."""
    fifo = tmp_path / "users"
    os.mkfifo(fifo)
    command = (sys.executable, "-m", "flask", "--app", "wsgi", "import", str(fifo), "--format=csv")
    environment["WATCHWORD_ARGON2_PROFILE"] = "rfc9106-low"
    parent = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE)
    writer = os.open(fifo, os.O_WRONLY)
    os.write(writer, (HEADER + ROWS).encode())
    hashing = min(usable_cores(), running.HASHED_BATCH // bulk_hashing.WORTH_A_POOL)
    number = 1 + (hashing if hashing > 1 else 0)
    wait_until(lambda: len(psutil.Process(parent.pid).children()) == number, process=parent)
    children = psutil.Process(parent.pid).children()
    os.kill(parent.pid, signal.SIGKILL)
    gone, alive = psutil.wait_procs(children, timeout=20)
    for orphan in alive:
        orphan.kill()
    os.close(writer)
    assert parent.communicate(timeout=20) == (b"", None), "nobody holds stdout open"
    assert (len(gone), alive) == (number, [])
