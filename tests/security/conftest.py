"""A real gunicorn to attack, and what the service logs in process, as it would be printed."""

import io
import os
import shutil
import signal
import socket
import sys
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from typing import NamedTuple

import pytest
from sqlalchemy import create_engine, text

from app import create_app
from app.core.core import Core
from chaos.ports import free_port
from config import ROOT
from tests.conftest import TEST_SECRET, settings_for
from tests.forked import Forked
from tests.waiting import wait_until

PROXY = "127.0.0.2"  # the one address whose X-Forwarded-* the server believes


class Answer(NamedTuple):
    status: int
    headers: dict[str, str]
    body: bytes


class Server:
    """A running gunicorn: its port, its database and what it has logged."""

    def __init__(self, port: int, url: str, log: Path, core: Core) -> None:
        self.port = port
        self.url = url
        self.core = core
        self._log = log

    def log(self) -> str:
        return self._log.read_text()

    def is_ready(self) -> bool:
        try:
            return self.send("GET", "/readyz").status == 200
        except OSError:
            return False

    def send(
        self,
        method: str,
        path: str,
        headers: dict[str, str] | None = None,
        body: bytes | None = None,
        *,
        source: str = "127.0.0.1",
    ) -> Answer:
        connection = HTTPConnection("127.0.0.1", self.port, 10, source_address=(source, 0))
        try:
            connection.request(method, path, body, headers or {})
            response = connection.getresponse()
            return Answer(response.status, dict(response.headers), response.read())
        finally:
            connection.close()

    def wire(self, data: bytes, *, patience: float = 1.0) -> bytes:
        """All that comes back for these bytes, until the server closes or sends no more."""
        with socket.create_connection(("127.0.0.1", self.port), 5) as connection:
            connection.settimeout(patience)
            received = b""
            try:
                connection.sendall(data)
                while piece := connection.recv(65_536):
                    received += piece
            except (TimeoutError, ConnectionError):
                pass
            return received

    def rows(self, sql: str) -> list[dict[str, object]]:
        engine = create_engine(self.url)
        with engine.connect() as connection:
            found = [dict(row) for row in connection.execute(text(sql)).mappings()]
        engine.dispose()
        return found


@pytest.fixture(scope="session")
def server(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """gunicorn with the project's own settings, at debug level, on a database of its own."""
    home = tmp_path_factory.mktemp("server")
    database = home / "watchword.sqlite3"
    shutil.copy(sqlite_template, database)
    port = free_port()
    url = f"sqlite:///{database}"
    with pytest.MonkeyPatch.context() as patch:
        app = create_app(settings_for(url, patch))
    environment = {
        **{name: value for name, value in os.environ.items() if "WATCHWORD" not in name},
        "WATCHWORD_DATABASE_URL": url,
        "WATCHWORD_SECRET_KEYS": TEST_SECRET,
        "WATCHWORD_ENV": "testing",
        "WATCHWORD_ARGON2_PROFILE": "cheapest-tests-only",
        "WATCHWORD_LOG_LEVEL": "debug",
        "WATCHWORD_TRUSTED_PROXIES": PROXY,
        "WATCHWORD_BIND": f"127.0.0.1:{port}",
        "WEB_CONCURRENCY": "1",
        "PROMETHEUS_MULTIPROC_DIR": str(home),
    }
    log = home / "log"
    with log.open("wb") as output:
        process = Forked(
            ["gunicorn", "-c", "gunicorn.conf.py", "wsgi:app"],
            environment,
            directory=ROOT,
            stdout=output,
            stderr=output,
        )
    started = Server(port, url, log, app.extensions["watchword"].core)
    try:
        wait_until(started.is_ready, process=process, log=started.log)
        yield started
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)
        started.core.close()


@pytest.fixture
def logged(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """What an application made after this fixture prints to stderr, through the whole pipeline."""
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stream)
    _forget_loggers()
    yield stream
    _forget_loggers()


def _forget_loggers() -> None:
    """Each logger keeps the stream that was stderr when it was first used."""
    for name, module in list(sys.modules.items()):
        if name.startswith("app."):
            getattr(getattr(module, "log", None), "__dict__", {}).pop("bind", None)


HERE = {"X-Request-ID": "the-same-id"}
