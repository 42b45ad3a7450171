"""The harness: how fast it is ready, makes a world, resets one, and serves a suite of 500 tests.

The peers that a registry has are started beside it: oauth2-mock-server (npm), moto in server mode and
pytest-httpserver. Medians of five, all in one run.
"""

import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import psutil
import requests

from chaos.ports import free_port
from harness.client import Watchword
from harness.process import Harness

from ..compare import Effort
from ..results import Findings, Row
from ..servers import CACHE, ROOT

TIMES = 5
REQUESTS = 200
TESTS = 500
PATIENCE_SECONDS = 30
CLIENT = {"Content-Type": "application/json", "x-koms-clientid": "koms-web"}
LOGIN = {
    "account_type": "traditional",
    "email": "komi@example.com",
    "password": "demonstration-of-session",
}
SUITE = f"""
import pytest, requests

@pytest.mark.parametrize("number", range({TESTS}))
def test_a_world_of_its_own(watchword, number):
    answer = requests.post(f"{{watchword.url}}/session", json={LOGIN!r}, headers={CLIENT!r})
    assert answer.status_code == 200
"""


def speed(effort: Effort) -> Findings:
    """All rows; the peers only where there is time."""
    findings = Findings()
    ready = _median(_started)
    peers = {} if effort.quick else _peers()
    findings.details = {"ready_seconds": ready, "peers_ready_seconds": peers}
    findings.rows.append(_seconds("harness: command to ready", 1.0, ready))
    if peers:
        slowest = max(peers, key=lambda name: peers[name])
        findings.rows.append(
            _seconds("harness: command to ready, the slowest peer", peers[slowest], ready, slowest)
        )
    with Harness() as watchword:
        findings.rows += _in_one_process(watchword)
    findings.rows += _suite()
    return findings


def _seconds(what: str, bound: float, measured: float, note: str = "") -> Row:
    return Row(what, bound, measured, unit=" s", at_most=True, note=note)


def _milliseconds(what: str, bound: float, seconds: float) -> Row:
    return Row(what, bound, 1_000 * seconds, unit=" ms", at_most=True)


def _median(act: Callable[[], float], times: int = TIMES) -> float:
    return statistics.median(act() for _ in range(times))


def _timed(act: Callable[[], object]) -> float:
    began = time.perf_counter()
    act()
    return time.perf_counter() - began


def _started() -> float:
    process = Harness()
    try:
        return _timed(process.start)
    finally:
        process.stop()


def _in_one_process(watchword: Watchword) -> list[Row]:
    http = requests.Session()

    def log_in(world: Watchword) -> requests.Response:
        return http.post(f"{world.url}/session", json=LOGIN, headers=CLIENT)

    def whole_world() -> None:
        world = watchword.world()
        assert log_in(world).status_code == 200
        world.close()

    token = log_in(watchword).json()["access_token"]
    bearer = {"Authorization": f"Bearer {token}"}
    watchword.snapshot("bench")
    rows = [
        _milliseconds(
            "harness: a password login",
            4,
            _median(lambda: _timed(lambda: log_in(watchword)), REQUESTS),
        ),
        _milliseconds(
            "harness: a /verify",
            1,
            _median(
                lambda: _timed(lambda: http.get(f"{watchword.url}/verify", headers=bearer)),
                REQUESTS,
            ),
        ),
        _milliseconds(
            "harness: restore a snapshot",
            10,
            _median(lambda: _timed(lambda: watchword.restore("bench"))),
        ),
        _milliseconds("harness: reset to the seed", 10, _median(lambda: _timed(watchword.reset))),
    ]
    whole_world()
    return [
        _milliseconds(
            "harness: a world, its first login, its end", 60, _median(lambda: _timed(whole_world))
        ),
        *rows,
    ]


def _suite() -> list[Row]:
    """500 tests with a world each, on two xdist workers; and what they leave behind."""
    with tempfile.TemporaryDirectory(prefix="watchword-bench-") as directory:
        home = Path(directory)
        (home / "test_worlds.py").write_text(SUITE)
        before = set(psutil.pids())
        command = [
            "-m",
            "pytest",
            "-q",
            "-n2",
            "-p",
            "harness.plugin",
            "-p",
            "no:cacheprovider",
            ".",
        ]
        began = time.perf_counter()
        run = subprocess.Popen(
            [sys.executable, *command],
            cwd=home,
            env={"PYTHONPATH": str(ROOT), "PATH": str(Path(sys.executable).parent)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        memory = 0.0
        while run.poll() is None:
            memory = max(memory, _harness_mib(before))
            time.sleep(0.2)
        seconds = time.perf_counter() - began
        output = run.stdout.read() if run.stdout else ""
        if f"{TESTS} passed" not in output:
            raise RuntimeError(f"the suite failed: {output[-1_000:]}")
        left = sum(1 for process in _harnesses(before) if process.is_running())
    return [
        _seconds(f"harness: {TESTS} tests with a world each, 2 cores", 20, seconds),
        Row("harness: the largest process of that suite", 300, memory, unit=" MiB", at_most=True),
        Row("harness: processes left after it", 0, left, unit="", at_most=True),
    ]


def _harnesses(before: set[int]) -> list[psutil.Process]:
    found = []
    for process in psutil.process_iter(["cmdline"]):
        if process.pid not in before and "harness" in (process.info["cmdline"] or ()):
            found.append(process)
    return found


def _harness_mib(before: set[int]) -> float:
    sizes = []
    for process in _harnesses(before):
        try:
            sizes.append(process.memory_full_info().pss / 2**20)
        except psutil.Error:
            continue
    return max(sizes, default=0.0)


def _peers() -> dict[str, float]:
    """Seconds from the command to the first answer."""
    python = _environment()
    commands = {
        "moto": [str(python), "-m", "moto.server", "-p", "{port}"],
        "pytest-httpserver": [str(python), "-c", _HTTPSERVER, "{port}"],
    }
    oauth2 = _npm()
    if oauth2 is not None:
        commands["oauth2-mock-server"] = ["node", str(oauth2), "-p", "{port}"]
    return {name: _median(partial(_answers, command)) for name, command in commands.items()}


_HTTPSERVER = """
import sys
from pytest_httpserver import HTTPServer
server = HTTPServer(port=int(sys.argv[1]))
server.expect_request("/").respond_with_data("ok")
server.start()
server.thread.join() if hasattr(server, "thread") else server.server_thread.join()
"""


def _answers(command: list[str]) -> float:
    port = free_port()
    began = time.perf_counter()
    process = subprocess.Popen(
        [part.format(port=port) if part == "{port}" else part for part in command],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        while time.perf_counter() - began < PATIENCE_SECONDS:
            try:
                requests.get(f"http://127.0.0.1:{port}/", timeout=5)
            except requests.ConnectionError:
                time.sleep(0.005)
            else:
                return time.perf_counter() - began
        raise RuntimeError(f"{command[0]} did not answer")
    finally:
        process.kill()
        process.wait()


def _environment() -> Path:
    """An environment of their own for the peers from PyPI, made on first use."""
    home = CACHE / "venvs" / "harness-peers"
    python = home / "bin" / "python"
    if not (home / "ready").exists():
        subprocess.run([sys.executable, "-m", "venv", str(home)], check=True)
        wanted = ["moto[server]==5.2.5", "pytest-httpserver==1.2.0"]
        subprocess.run([str(python), "-m", "pip", "install", "--quiet", *wanted], check=True)
        (home / "ready").touch()
    return python


def _npm() -> Path | None:
    """The command of oauth2-mock-server, installed on first use; None without npm."""
    if shutil.which("npm") is None:
        return None
    home = CACHE / "npm" / "oauth2-mock-server"
    script = home / "node_modules" / "oauth2-mock-server" / "dist" / "oauth2-mock-server.js"
    if not script.exists():
        home.mkdir(parents=True, exist_ok=True)
        install = ["npm", "install", "--silent", "--prefix", str(home), "oauth2-mock-server@8.2.2"]
        subprocess.run(install, check=True, stdout=subprocess.DEVNULL)
    return script
