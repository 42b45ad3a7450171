"""The process of a harness: how it refuses to start, how it ends, and that nothing of it stays."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest
import requests

from config import ROOT
from harness.plane.home import LOCK, YOUNG_SECONDS, Home, remove_left_behind
from tests.forked import Forked, run
from tests.waiting import wait_until

from .installed import environment

COMMAND = ["harness", "harness"]
END_SECONDS = 10

pytestmark = pytest.mark.slow


@contextmanager
def started(*arguments: str) -> Iterator[tuple[Forked, str]]:
    """A harness, and its URL."""
    process = Forked([*COMMAND, *arguments], environment(), directory=ROOT, stdout=subprocess.PIPE)
    assert process.stdout is not None
    with process.stdout:
        yield process, json.loads(process.stdout.readline())["url"]
        process.kill()
    process.wait(END_SECONDS)


def home_of(pid: int) -> Path:
    """The directory that a process keeps its files in."""
    held = [Path(file.path) for file in psutil.Process(pid).open_files()]
    (home,) = [path.parent for path in held if path.name == LOCK]
    return home


def one_line(*arguments: str, **variables: str) -> str:
    """What a harness that does not start says."""
    done = run([*COMMAND, *arguments], environment(**variables), directory=ROOT)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("watchword: ")
    assert done.stderr.count("\n") == 1, done.stderr
    return done.stderr


def test_a_database_of_somebody_else_is_refused():
    url = "postgresql://u:p@db/watchword"
    said = one_line(WATCHWORD_DATABASE_URL=url)
    assert "WATCHWORD_DATABASE_URL is set" in said
    assert url not in said


def test_a_taken_port_is_named():
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        assert f"port {port}: Address already in use" in one_line("--port", str(port))


@pytest.mark.parametrize(
    ("text", "reason"), [(None, "No such file"), ('{"users": [{"username": "komi"}]}', "email")]
)
def test_a_bad_seed_file_is_named(tmp_path, text, reason):
    path = tmp_path / "seed.json"
    if text is not None:
        path.write_text(text)
    said = one_line("--seed", str(path))
    assert str(path) in said
    assert reason in said


def test_a_time_that_is_none_is_refused():
    assert "--now: " in one_line("--now", "tomorrow")


def test_only_insecure_bind_listens_beyond_loopback():
    def answers(url: str, address: str) -> bool:
        with socket.socket() as client:
            return client.connect_ex((address, int(url.rpartition(":")[2]))) == 0

    with started() as (_, url):
        assert (answers(url, "127.0.0.1"), answers(url, "127.0.0.2")) == (True, False)
    with started("--insecure-bind", "0.0.0.0") as (_, url):
        assert answers(url, "127.0.0.2")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_and_nothing_stays(number):
    with started() as (process, url):
        home = home_of(process.pid)
        requests.get(f"{url}/healthz", timeout=5)
        process.send_signal(number)
        assert process.wait(END_SECONDS) == 0
    assert not home.exists()


def test_it_ends_when_its_parent_was_killed():
    code = (
        "from harness.process import Harness; import os, signal\n"
        "harness = Harness(); print(harness.start().url, flush=True)\n"
        "os.kill(os.getpid(), signal.SIGSTOP)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], cwd=ROOT, env=environment(), stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        parent.stdout.readline()
        (child,) = psutil.Process(parent.pid).children()
        home = home_of(child.pid)
        parent.kill()
        parent.wait()
    # A dead process is still listed until somebody waits for it, and its new parent may not.
    wait_until(lambda: not child.is_running() or child.status() == psutil.STATUS_ZOMBIE)
    assert not home.exists()


def test_it_does_not_serve_a_parent_that_is_gone_already():
    done = run([*COMMAND, "--parent", "1"], environment(), directory=ROOT)
    assert done.returncode == 0


def test_the_next_harness_removes_what_a_killed_one_left():
    with started() as (process, _):
        home = home_of(process.pid)
        process.kill()
        process.wait()
    assert home.exists()
    long_ago = time.time() - YOUNG_SECONDS - 1
    os.utime(home, (long_ago, long_ago))
    with started():
        assert not home.exists()


def test_a_directory_that_is_in_use_or_just_made_is_left_alone(tmp_path):
    mine = Home(tmp_path)
    long_ago = time.time() - YOUNG_SECONDS - 1
    os.utime(mine.path, (long_ago, long_ago))
    young, file = tmp_path / "watchword-harness-new", tmp_path / "watchword-harness-file"
    young.mkdir()
    file.touch()
    remove_left_behind(tmp_path)
    assert sorted(tmp_path.iterdir()) == sorted([mine.path, young, file])
    mine.close()
    assert not mine.path.exists()
