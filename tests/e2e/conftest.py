"""Real gunicorn workers on a loopback port, each server on a database of its own."""

import http.client
import json
import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import psutil
import pytest

from app import create_app
from app.core.core import Core
from chaos.ports import free_port
from config import ROOT
from tests.conftest import TEST_SECRET, new_postgresql_database, settings_for
from tests.factories import CLIENT, Identities
from tests.forked import Forked
from tests.waiting import wait_until

from .gateways import Visitor, protected_site
from .printed import PAGES, SECRET, Gateway
from .relay import Relay

PROXY = "127.0.0.2"  # whose X-Forwarded-* the wired server believes
JSON = {"Content-Type": "application/json", "x-koms-clientid": CLIENT}


class Answer(NamedTuple):
    status: int
    headers: dict[str, str]
    text: str

    @property
    def json(self) -> Any:
        return json.loads(self.text)


def environment(**values: object) -> dict[str, str]:
    """The environment of a production server, with these variables only."""
    inherited = {
        name: text
        for name, text in os.environ.items()
        if name in ("PATH", "HOME") or name.startswith("OTEL_")
    }
    return inherited | {f"WATCHWORD_{name.upper()}": str(value) for name, value in values.items()}


def launch(
    log: Path, configuration: str = "gunicorn.conf.py", *, workers: int = 2, **values: object
) -> Forked:
    """``gunicorn`` as an operator starts it, in a process of its own."""
    with log.open("wb") as stream:
        return Forked(
            ["gunicorn", "-c", configuration, "wsgi:app"],
            environment(**values) | {"WEB_CONCURRENCY": str(workers)},
            directory=ROOT,
            stderr=stream,
            stdout=stream,
        )


class Server:
    """A running service, and a core on the same database to inspect it."""

    def __init__(
        self, url: str, log: Path, core: Core, configuration: str, **settings: Any
    ) -> None:
        self.port = free_port()
        self.core = core
        self.identities = Identities(core)
        self._log = log
        defaults = {
            "env": "testing",
            "argon2_profile": "cheapest-tests-only",
            "log_level": "debug",
        }
        self.process = launch(
            log,
            configuration,
            database_url=url,
            secret_keys=TEST_SECRET,
            bind=f"127.0.0.1:{self.port}",
            **defaults | settings,
        )

    def connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)

    def ask(
        self,
        method: str,
        path: str,
        *,
        token: str | None = None,
        headers: dict[str, str] = JSON,
        body: object = None,
        over: http.client.HTTPConnection | None = None,
    ) -> Answer:
        """One request, on a connection of its own unless one is given."""
        connection = over or self.connect()
        if token is not None:
            headers = headers | {"Authorization": f"Bearer {token}"}
        content = None if body is None else json.dumps(body)
        connection.request(method, path, content, headers)
        response = connection.getresponse()
        answer = Answer(response.status, dict(response.headers), response.read().decode())
        if over is None:
            connection.close()
        return answer

    def workers(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children()

    def wait_until_ready(self) -> None:
        wait_until(self._is_ready, process=self.process, log=self.log)

    def _is_ready(self) -> bool:
        try:
            return self.ask("GET", "/readyz", headers={}).status == 200
        except OSError:
            return False

    def log(self) -> str:
        return self._log.read_text()

    def stop(self) -> int:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(30)


@contextmanager
def serving(
    url: str,
    configuration: str = "gunicorn.conf.py",
    *,
    client: str | None = CLIENT,
    **settings: Any,
) -> Iterator[Server]:
    """A server on a migrated database, to which it adds a client application."""
    home = Path(tempfile.mkdtemp(prefix="watchword-e2e-"))
    with pytest.MonkeyPatch.context() as patch:
        app = create_app(settings_for(url, patch))
    core: Core = app.extensions["watchword"].core
    server = Server(url, home / "log", core, configuration, **settings)
    try:
        if client is not None:
            server.identities.client(client)
        server.wait_until_ready()
        yield server
    finally:
        server.stop()
        core.close()
        shutil.rmtree(home)


@pytest.fixture(scope="module")
def sqlite_server(sqlite_template: Path, tmp_path_factory) -> Iterator[Server]:
    """One server, for tests that do not depend on the kind of database."""
    path = tmp_path_factory.mktemp("e2e") / "watchword.sqlite3"
    shutil.copy(sqlite_template, path)
    with serving(f"sqlite:///{path}") as running:
        yield running


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def server(request: pytest.FixtureRequest, tmp_path_factory) -> Iterator[Server]:
    """One server for the module's tests, on SQLite and then on PostgreSQL."""
    if request.param == "sqlite":
        path = tmp_path_factory.mktemp("e2e") / "watchword.sqlite3"
        shutil.copy(request.getfixturevalue("sqlite_template"), path)
        with serving(f"sqlite:///{path}") as running:
            yield running
    else:
        execute = request.getfixturevalue("postgresql_server")
        for url in new_postgresql_database(execute, "template_watchword"):
            with serving(url) as running:
                yield running


@pytest.fixture(scope="session")
def wired(sqlite_template: Path, tmp_path_factory) -> Iterator[Server]:
    """One worker on SQLite that counts no failures, for tests that write bytes themselves."""
    path = tmp_path_factory.mktemp("wired") / "watchword.sqlite3"
    shutil.copy(sqlite_template, path)
    settings = {"workers": 1, "address_failures": 10**6, "trusted_proxies": PROXY}
    with serving(f"sqlite:///{path}", **settings) as running:
        yield running


@pytest.fixture(scope="module")
def relay(sqlite_server: Server) -> Iterator[Relay]:
    running = Relay(sqlite_server.port)
    yield running
    running.stop()


@pytest.fixture(scope="module")
def gateways(relay: Relay, sqlite_server: Server) -> Iterator[dict[str, Gateway]]:
    """All of them, started at the same time: together they are ready when the slowest one is."""
    with protected_site() as site, ExitStack() as stack:
        secret = sqlite_server.identities.client("gateway", confidential=True)
        known = {SECRET: secret}
        caching = known | {"&expiry=0": "&expiry=2"}
        wanted = {name: (name, known) for name in PAGES} | {
            "apache that caches": ("apache", caching)
        }
        running = {}
        for name, (page, values) in wanted.items():
            running[name] = Gateway(page, site, relay.port, values)
            stack.callback(running[name].stop)
        yield running


@pytest.fixture(scope="module", params=list(PAGES))
def gateway(request: pytest.FixtureRequest, gateways: dict[str, Gateway]) -> int:
    """The port of one of them."""
    return gateways[request.param].port


@pytest.fixture
def visitor(sqlite_server: Server) -> Visitor:
    return Visitor.arriving(sqlite_server.core)
