"""The process: settings, the service's own server without a master, and one line that says it is ready."""

import gc
import json
import os
import secrets
import signal
import socket
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from gunicorn.config import Config
from gunicorn.glogging import Logger

from app.doors.verify import ignores_body
from app.http.unparsable import phrase
from app.serving.faults import Fault, Phrased
from app.serving.limits import Limits
from app.settings.settings import Settings
from config import SettingsError, read_settings

from .api import control_plane
from .clock import VirtualClock
from .sockets import Taken, listening
from .wire import HarnessWorker
from .worlds import Application, Worlds, world_in

# A lifetime that a test wants otherwise may be set; all else is the harness's own.
OWN = ("DATABASE_URL", "SECRET_KEYS", "ENV", "ARGON2_PROFILE", "BIND", "SQLITE_SYNCHRONOUS")
THREADS = 24


class Refusal(Exception):
    """Why the harness does not start, in one line."""


def settings(set_variable: Callable[[str, str], object] = os.environ.__setitem__) -> Settings:
    """The service's settings for every world, read from an environment that is completed first.

    Raises Refusal for a setting that is not the tester's to choose.
    """
    for name in OWN:
        for variable in (f"WATCHWORD_{name}", f"WATCHWORD_{name}_FILE"):
            if os.environ.get(variable):
                raise Refusal(
                    f"{variable} is set, and the harness uses only databases and secrets that it makes"
                )
    chosen = {
        "ENV": "testing",
        "ARGON2_PROFILE": "cheapest-tests-only",
        "DATABASE_URL": "sqlite:////nonexistent/each-world-has-its-own.sqlite3",
        "SECRET_KEYS": secrets.token_urlsafe(32),
        "SQLITE_SYNCHRONOUS": "NORMAL",
        "LOG_LEVEL": os.environ.get("WATCHWORD_LOG_LEVEL", "error"),
    }
    for name, value in chosen.items():
        set_variable(f"WATCHWORD_{name}", value)
    try:
        return read_settings()
    except SettingsError as error:
        raise Refusal("; ".join(str(error).splitlines())) from None


class _Loaded:
    """What gunicorn's worker wants of its application object."""

    def __init__(self, application: Application) -> None:
        self._application = application

    def wsgi(self) -> Application:
        return self._application


class HarnessServer(HarnessWorker):
    """The server with the service's hooks."""

    @staticmethod
    def phrase(application: Any, fault: Fault) -> Phrased:
        _, path = world_in(fault.path)
        return phrase(application.worlds.default.app, replace(fault, path=path))

    @staticmethod
    def ignores_body(path: str) -> bool:
        return ignores_body(world_in(path)[1])


def serve(
    seed: Mapping[str, Any], clock: VirtualClock, *, address: str, port: int, parent: int
) -> None:
    """Serve until SIGTERM, or until the parent process is gone. Raises Refusal or BadSeed."""
    # Until the server takes the signal itself: an end that removes the files too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        listener = listening(address, port)
    except Taken as taken:
        raise Refusal(str(taken)) from None
    worlds = Worlds(settings(), seed, clock)
    try:
        worker = worker_of(worlds, listener, HarnessServer, parent)
        worker.cfg.set("post_worker_init", lambda _worker: _say_ready(worlds))
        gc.freeze()
        gc.enable()
        worker.init_process()
        worker.tmp.close()
    finally:
        worlds.close()


def worker_of(
    worlds: Worlds, listener: socket.socket, server: type[HarnessServer], parent: int
) -> HarnessServer:
    """The server of these worlds, ready for ``init_process``.

    It ends when ``parent`` is its parent process no more.
    """
    host, port = listener.getsockname()[:2]
    worlds.base = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
    config, limits = Config(), Limits()
    for name, value in {
        "threads": THREADS,
        "keepalive": 75,
        "graceful_timeout": 1,
        "limit_request_line": limits.line,
        "limit_request_fields": limits.fields,
        "limit_request_field_size": limits.field_size,
        "worker_connections": 4096,
        "accesslog": None,
        "errorlog": "-",
        "loglevel": "error",
    }.items():
        config.set(name, value)
    application = Application(worlds, control_plane(worlds))
    worker = server(0, parent, [listener], _Loaded(application), 0, config, Logger(config))
    worlds.listen, worlds.stop_listening = worker.listen, worker.stop_listening
    worker.on_end = worlds.end_waiting
    return worker


def _say_ready(worlds: Worlds) -> None:
    """The socket accepts connections already, so the reader of this line may send requests."""
    default = worlds.default
    ready = {
        "url": worlds.url_of(default),
        "control": worlds.control_of(default),
        "pid": os.getpid(),
    }
    sys.stdout.write(json.dumps(ready) + "\n")
    sys.stdout.flush()
