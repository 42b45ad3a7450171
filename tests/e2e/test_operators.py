"""What an operator's machine does to a running service: full disks, killed workers, other addresses."""

import http.client
import os
import re
import shutil
import signal
import socket
import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import IO

import psutil
import pytest

from app import create_app
from chaos.ports import free_port
from config import ROOT
from tests.conftest import TEST_SECRET, settings_for
from tests.factories import Identities
from tests.forked import Forked, run
from tests.waiting import wait_until

from .conftest import environment

pytestmark = pytest.mark.e2e


class Unix(http.client.HTTPConnection):
    """One request over a UNIX socket."""

    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=20)
        self._path = str(path)

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(20)
        self.sock.connect(self._path)


class Service:
    """gunicorn on a UNIX socket, its log on a broken stream, its temporary files in their own folder."""

    def __init__(self, home: Path, url: str, stream: IO[bytes]) -> None:
        self.url = url
        self.socket = home / "socket"
        self.temporary = home / "tmp"
        self.temporary.mkdir()
        variables = environment(
            env="testing",
            argon2_profile="cheapest-tests-only",
            database_url=url,
            secret_keys=TEST_SECRET,
            bind=f"unix:{self.socket}",
            trusted_proxies="127.0.0.1",
            log_level="debug",
            keepalive_seconds=1,
        )
        self.process = Forked(
            ["gunicorn", "-c", "gunicorn.conf.py", "wsgi:app"],
            variables | {"WEB_CONCURRENCY": "2", "TMPDIR": str(self.temporary)},
            directory=ROOT,
            stdout=stream,
            stderr=stream,
        )

    def ask(self, method: str, path: str, body: str | None = None) -> tuple[int, str]:
        connection = Unix(self.socket)
        connection.request(method, path, body, {"Content-Type": "application/json"})
        response = connection.getresponse()
        answer = response.status, response.read().decode()
        connection.close()
        return answer

    def listens(self) -> bool:
        with socket.socket(socket.AF_UNIX) as client:
            return client.connect_ex(str(self.socket)) == 0

    def workers(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children()

    def count(self, series: str) -> float:
        found = re.search(rf"^{re.escape(series)} (\S+)$", self.ask("GET", "/metrics")[1], re.M)
        return float(found[1]) if found else 0.0


@pytest.fixture(scope="module")
def service(sqlite_template: Path, tmp_path_factory) -> Iterator[Service]:
    home = tmp_path_factory.mktemp("operators")
    shutil.copy(sqlite_template, home / "watchword.sqlite3")
    url = f"sqlite:///{home}/watchword.sqlite3"
    with pytest.MonkeyPatch.context() as patch:
        app = create_app(settings_for(url, patch))
    identities = Identities(app.extensions["watchword"].core)
    identities.add("nessa", password="correct horse battery staple")
    with Path("/dev/full").open("wb") as full:
        service = Service(home, url, full)
    try:
        wait_until(lambda: service.process.poll() is not None or service.listens())
        yield service
    finally:
        if service.process.poll() is None:
            service.process.terminate()
        service.process.wait(30)


LOGIN = '{"username": "nessa", "password": "correct horse battery staple"}'


def test_a_log_that_cannot_be_written_breaks_no_login(service: Service):
    for _ in range(5):
        status, text = service.ask("POST", "/api/common/1.0/login", LOGIN)
        assert status == 200, text
        assert service.ask("POST", "/api/common/1.0/login", "{}")[0] == 400


def test_a_log_that_nobody_reads_holds_up_neither_start_nor_stop(service: Service, tmp_path: Path):
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    with suppress(BlockingIOError):
        while os.write(writer, b"x"):
            pass
    os.set_blocking(writer, True)
    with os.fdopen(writer, "wb") as stream:
        second = Service(tmp_path, service.url, stream)
    try:
        wait_until(second.listens)
        assert second.ask("POST", "/api/common/1.0/login", LOGIN)[0] == 200
        second.process.terminate()
        assert second.process.wait(10) == 0
    finally:
        second.process.kill()
        second.process.wait(30)
        os.close(reader)


def test_a_unix_socket_is_for_its_owner(service: Service):
    assert stat.S_IMODE(service.socket.stat().st_mode) == 0o600


def test_a_connection_stays_open_as_long_as_the_setting_says(service: Service):
    connection = Unix(service.socket)
    connection.request("GET", "/healthz")
    connection.getresponse().read()
    assert connection.sock.recv(1) == b""
    connection.close()


def test_a_replaced_worker_goes_on_counting_and_takes_the_core_that_came_free(service: Service):
    wait_until(lambda: len(service.workers()) == 2)
    cores = os.sched_getaffinity(0)

    def bound() -> set[int]:
        return {core for worker in service.workers() for core in worker.cpu_affinity()}

    if len(cores) >= 2:
        wait_until(lambda: len(bound()) == 2)
    series = 'watchword_requests_total{dialect="aaa",status="200"}'
    assert service.ask("POST", "/api/common/1.0/login", LOGIN)[0] == 200
    before = service.count(series)
    for victim in service.workers():
        victim.send_signal(signal.SIGKILL)
        victim.wait(20)
        wait_until(
            lambda gone=victim.pid: (
                len(service.workers()) == 2 and gone not in [w.pid for w in service.workers()]
            )
        )
        if len(cores) >= 2:
            wait_until(lambda: len(bound()) == 2)
    wait_until(lambda: service.ask("GET", "/healthz")[0] == 200)
    assert service.count(series) == before >= 1


def test_a_killed_master_leaves_nothing_behind(service: Service):
    workers = service.workers()
    service.process.kill()
    service.process.wait(30)
    psutil.wait_procs(workers, timeout=30)
    assert list(service.temporary.iterdir()) == []


@pytest.mark.parametrize(
    ("variables", "options", "reason"),
    [
        ({"PROMETHEUS_MULTIPROC_DIR": "/nowhere/metrics"}, [], "/nowhere/metrics is no directory"),
        (
            {},
            ["-b", "0.0.0.0:{port}"],
            "0.0.0.0: WATCHWORD_ENV=testing serves loopback addresses only",
        ),
        (
            {"GUNICORN_CMD_ARGS": "--bind [::]:{port}"},
            [],
            "::: WATCHWORD_ENV=testing serves loopback",
        ),
        ({}, ["-b", "unix:{home}/socket"], "a UNIX socket has no client addresses"),
        ({}, ["-k", "sync"], ": only that of gunicorn.conf.py bounds"),
        ({}, ["--certfile", "{home}", "--keyfile", "{home}"], "TLS is for the proxy in front"),
    ],
    ids=["metrics", "option", "variable", "socket", "worker", "certificate"],
)
def test_what_gunicorns_own_options_say_is_judged_too(
    sqlite_template: Path, tmp_path: Path, variables, options, reason
):
    places = {"port": free_port(), "home": tmp_path}
    settings = environment(
        env="testing", database_url=f"sqlite:///{sqlite_template}", secret_keys=TEST_SECRET
    )
    more = {name: value.format(**places) for name, value in variables.items()}
    done = run(
        ["gunicorn", "-c", "gunicorn.conf.py", "wsgi:app"]
        + [option.format(**places) for option in options],
        settings | {"WEB_CONCURRENCY": "1"} | more,
        directory=ROOT,
    )
    assert done.returncode != 0
    last = done.stderr.splitlines()[-1]
    assert last.startswith("watchword: ")
    assert reason in last
    assert "Traceback" not in done.stderr
