"""All worlds of a process, and which of them a request is for: by its port, or by ``/w/{name}``."""

import re
import secrets
import socket
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

from flask import Flask

from app.settings.settings import Settings

from . import template
from .clock import VirtualClock
from .home import Home
from .seeds import BadSeed
from .sockets import Taken, listening
from .wire import LINE
from .world import Environ, StartResponse, World

DEFAULT = "default"
LOOPBACK = "127.0.0.1"
PLANE = "/__harness__"
# So many requests of a process may wait for an entry of a journal. Each holds a thread (``server.THREADS``).
MOST_WAITING = 12
WORLD = "harness.world"
_PREFIX = re.compile(r"/w/([^/]+)(/.*)?", re.ASCII | re.DOTALL)


class Worlds:
    """The worlds of this process, by name. ``listen`` and ``stop_listening`` are the server's."""

    def __init__(self, settings: Settings, seed: Mapping[str, Any], clock: VirtualClock) -> None:
        self._directory = Home()
        self.home = self._directory.path
        self._settings = settings
        self._template = template.build(self.home / "template.sqlite3")
        self._seed = seed
        self._lock = threading.Lock()
        self._worlds: dict[str, World] = {}
        self._ports: dict[int, str] = {}
        self._listeners: dict[str, socket.socket] = {}
        self.listen: Callable[[socket.socket], None] = _ignore
        self.stop_listening: Callable[[socket.socket], None] = _ignore
        self.base = ""
        self._places = threading.BoundedSemaphore(MOST_WAITING)
        self.default = self.create(DEFAULT, clock=clock)

    def create(
        self,
        name: str | None = None,
        *,
        seed: Mapping[str, Any] | None = None,
        clock: VirtualClock | None = None,
        port: int | None = None,
    ) -> World:
        """A new world; with ``port`` (0: any) it listens there too. Raises Taken, or BadSeed."""
        name = name or secrets.token_hex(6)
        with self._lock:
            if name in self._worlds:
                raise Taken(f"there is a world {name}")
            listener = listening(LOOPBACK, port) if port is not None else None
            try:
                world = World(
                    name,
                    self.home / f"world-{name}",
                    settings=self._settings,
                    template=self._template,
                    seed=self._seed if seed is None else seed,
                    clock=clock or VirtualClock(),
                )
            except BadSeed:
                if listener is not None:
                    listener.close()
                raise
            self._worlds[name] = world
            if listener is not None:
                self._listeners[name] = listener
                self._ports[listener.getsockname()[1]] = name
                self.listen(listener)
        return world

    def get(self, name: str) -> World | None:
        return self._worlds.get(name)

    def all(self) -> list[World]:
        return list(self._worlds.values())

    def delete(self, name: str) -> bool:
        """Whether there was such a world. The default one stays."""
        if name == DEFAULT:
            return False
        with self._lock:
            world = self._worlds.pop(name, None)
            listener = self._listeners.pop(name, None)
            if listener is not None:
                del self._ports[listener.getsockname()[1]]
                self.stop_listening(listener)
        if world is not None:
            world.close()
        return world is not None

    @contextmanager
    def place_to_wait(self) -> Iterator[bool]:
        """Whether this thread may wait in the block, because few others do."""
        free = self._places.acquire(blocking=False)
        try:
            yield free
        finally:
            if free:
                self._places.release()

    def end_waiting(self) -> None:
        """The process ends: answer the requests that wait for an entry."""
        for world in self.all():
            world.journal.close()

    def url_of(self, world: World) -> str:
        """Where the clients of a world go."""
        listener = self._listeners.get(world.name)
        if listener is not None:
            return f"http://{LOOPBACK}:{listener.getsockname()[1]}"
        return self.base if world is self.default else f"{self.base}/w/{world.name}"

    def control_of(self, world: World) -> str:
        return f"{self.url_of(world)}{PLANE}"

    def for_request(self, environ: Environ) -> World | None:
        """The world a request is for; its path is then as that world's service knows it."""
        name, environ["PATH_INFO"] = world_in(environ["PATH_INFO"])
        if name is not None:
            environ["SCRIPT_NAME"] = f"/w/{name}"
            return self._worlds.get(name)
        name = self._ports.get(int(environ["SERVER_PORT"] or 0), DEFAULT)
        return self._worlds.get(name)

    def close(self) -> None:
        for world in self.all():
            with suppress(OSError):
                world.close()
        self._directory.close()


def _ignore(_listener: socket.socket) -> None:
    """Before there is a server."""


def world_in(path: str) -> tuple[str | None, str]:
    """The world that a path names, and the path as that world's service knows it."""
    found = _PREFIX.fullmatch(path)
    return (found[1], found[2] or "/") if found is not None else (None, path)


class Application:
    """The WSGI application: each request to its world, or to that world's control plane."""

    def __init__(self, worlds: Worlds, plane: Flask) -> None:
        self.worlds = worlds
        self._plane = plane

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        world = self.worlds.for_request(environ)
        path = environ["PATH_INFO"]
        if world is None or path == PLANE or path.startswith(f"{PLANE}/"):
            environ[WORLD] = world
            environ[LINE].clock = time.time
            return self._plane(environ, start_response)
        return world.answer(environ, start_response)
