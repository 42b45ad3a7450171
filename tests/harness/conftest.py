"""A harness in this process, its worlds over HTTP; and, for what a process promises, real processes."""

import fcntl
import os
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from app.settings.settings import Settings
from harness.client import Watchword
from harness.plane import server
from harness.plane.clock import VirtualClock
from harness.plane.sockets import listening
from harness.plane.worlds import Worlds
from tests.conftest import START

from .installed import Installed, build, install
from .projects import Project

SEED = {
    "clients": [
        {"client_id": "koms-web", "name": "Web"},
        {"client_id": "gateway", "name": "Gateway", "secret": "Fk2mTx0eW7nQ4sVbR9cLpY"},
    ],
    "users": [
        {
            "username": "komi",
            "email": "komi@example.com",
            "password": "demonstration-of-session",
            "permissions": ["npm"],
            "api_keys": ["hDn/LFXIPESM036W+s7VKg=="],
        }
    ],
}


class InThread(server.HarnessServer):
    """The harness's server in a thread of the tests, which keep their signals to themselves."""

    def init_signals(self) -> None:
        pass


@pytest.fixture(scope="session")
def settings_of_worlds() -> Settings:
    with pytest.MonkeyPatch.context() as patch:
        for name in server.OWN:
            patch.delenv(f"WATCHWORD_{name}", raising=False)
        patch.setenv("WATCHWORD_LOG_LEVEL", "error")
        return server.settings(patch.setenv)


@contextmanager
def served(made: Worlds) -> Iterator[tuple[server.HarnessServer, threading.Thread]]:
    """Serve these worlds in this process: the server, and the thread that it runs in."""
    listener = listening("127.0.0.1", 0)
    serving = server.worker_of(made, listener, InThread, os.getppid())
    ready = threading.Event()
    serving.cfg.set("post_worker_init", lambda _worker: ready.set())
    thread = threading.Thread(target=serving.init_process, daemon=True)
    thread.start()
    assert ready.wait(10)
    yield serving, thread
    serving.alive = False
    serving.lead.interrupt_watch()
    thread.join(10)
    serving.tmp.close()
    listener.close()
    made.close()


@pytest.fixture(scope="session")
def worlds(settings_of_worlds: Settings) -> Iterator[Worlds]:
    """The worlds of a harness that serves in this process."""
    made = Worlds(settings_of_worlds, SEED, VirtualClock(START, frozen=True))
    with served(made):
        yield made


@pytest.fixture
def world(worlds: Worlds) -> Iterator[Watchword]:
    """A world at START that stands still, as a client of the control plane sees it."""
    default = Watchword(worlds.url_of(worlds.default))
    made = default.world(now=START, frozen=True)
    yield made
    made.close()


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A project in a folder of its own."""
    return Project(tmp_path)


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """The wheel in an environment, made once for all processes of xdist."""
    shared = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared = shared.parent
    home = shared / "installed"
    with (shared / "installed.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not home.exists():
            wheel = build(tmp_path_factory.mktemp("sources"))
            install(wheel, home)
            shutil.copy(wheel, home)
    return Installed(home)


@pytest.fixture(scope="session")
def node() -> str:
    """Node's command. Where it is missing the test is skipped, and fails on CI."""
    found = shutil.which("node")
    if found is None:
        assert os.environ.get("CI") != "true", "Node is not installed"
        pytest.skip("Node is not installed")
    return found


@pytest.fixture(scope="session")
def wheel(installed: Installed) -> Path:
    (found,) = installed.home.glob("watchword-*.whl")
    return found
