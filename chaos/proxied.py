"""Request smuggling through HAProxy, whose connections all clients share: each gets its own answer."""

import base64
import shutil
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.client import HTTPException
from itertools import count
from pathlib import Path

from .databases import sqlite
from .outcome import Outcome
from .ports import free_port
from .servers import Server
from .wire import Client

# Connections are shared by all clients, also for a client's first request.
CONFIGURATION = """
defaults
    mode http
    timeout connect 2s
    timeout client 10s
    timeout server 10s
    http-reuse always
frontend front
    bind 127.0.0.1:{port}
{lines}
    default_backend service
backend service
    server one 127.0.0.1:{upstream}
"""
VICTIMS = 8
ATTACKERS = 4
# The time between head and body. A server that does not wait for the body answers in it.
EARLY_SECONDS = 0.02
HEADS = (
    b"POST /nothing HTTP/1.1\r\nHost: chaos\r\nContent-Length: %019d\r\n\r\n",
    b"POST /verify HTTP/1.1\r\nHost: chaos\r\nContent-Length: %d\r\n\r\n",
    b"GET /healthz HTTP/1.1\r\nHost: chaos\r\nContent-Length: %018d\r\n\r\n",
    b"POST /nothing HTTP/1.1\r\nHost: chaos\r\nExpect: 100-continue\r\nContent-Length: %020d\r\n\r\n",
)


@contextmanager
def haproxy(upstream: int, lines: str = "") -> Iterator[int]:
    """HAProxy with ``http-reuse always``, and further lines of its frontend; its port."""
    command = shutil.which("haproxy") or shutil.which("haproxy", path="/usr/sbin")
    if command is None:
        raise RuntimeError("HAProxy is not installed")
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="watchword-chaos-") as home:
        file = Path(home) / "haproxy.cfg"
        file.write_text(CONFIGURATION.format(port=port, upstream=upstream, lines=lines))
        process = subprocess.Popen([command, "-db", "-f", file], stderr=subprocess.DEVNULL)
        try:
            deadline = time.monotonic() + 10
            while not _answers(port):
                if process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError("HAProxy did not start")
                time.sleep(0.05)
            yield port
        finally:
            process.terminate()
            process.wait(10)


def _answers(port: int) -> bool:
    client = Client(port)
    answer = client.get("/healthz")
    client.close()
    return answer is not None


class Reuse:
    """Victims send requests with their own names. Attackers hide a request in a body that they send late."""

    def __init__(self, port: int, seconds: float) -> None:
        self._port = port
        self._deadline = time.monotonic() + seconds
        self._numbers = count(1)
        self._lock = threading.Lock()
        self.attacks = 0
        self.outcome = Outcome()

    def run(self) -> Outcome:
        threads = [threading.Thread(target=self._victim) for _ in range(VICTIMS)]
        threads += [threading.Thread(target=self._attacker) for _ in range(ATTACKERS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return self.outcome

    def _victim(self) -> None:
        while time.monotonic() < self._deadline:
            name = f"victim-{next(self._numbers)}"
            client = Client(self._port, timeout=5)
            answer = client.ask("GET", "/verify", headers={"X-Request-ID": name})
            client.close()
            with self._lock:
                self.outcome.tried += 1
                self.outcome.answered += answer is not None
                if answer is None:
                    self.outcome.lost.append(f"{name} got no answer")
                elif answer.status == 401 and answer.headers["X-Request-ID"] == name:
                    pass
                # A proxy that lost its connection answers 502 itself.
                elif answer.status != 502:
                    got = answer.headers["X-Request-ID"]
                    self.outcome.faults.append(f"{name} got {answer.status} of {got}")

    def _attacker(self) -> None:
        while time.monotonic() < self._deadline:
            number = next(self._numbers)
            hidden = _hidden(f"hidden-{number}")
            try:
                with socket.create_connection(("127.0.0.1", self._port), timeout=5) as attacker:
                    attacker.sendall(HEADS[number % len(HEADS)] % len(hidden))
                    attacker.settimeout(EARLY_SECONDS)
                    with suppress(TimeoutError):
                        attacker.recv(65_536)
                    attacker.sendall(hidden)
                    time.sleep(EARLY_SECONDS)
            except (OSError, HTTPException):
                pass
            with self._lock:
                self.attacks += 1


def _hidden(name: str) -> bytes:
    """The hidden request. It takes a hash, so that a victim can get onto its connection meanwhile."""
    given = base64.b64encode(f"{name}:wrong".encode()).decode()
    path = "/api/cascade.aaa/1.0/keepalive"
    lines = (
        f"GET {path} HTTP/1.1",
        "Host: chaos",
        f"X-Request-ID: {name}",
        f"Authorization: Basic {given}",
    )
    return "\r\n".join([*lines, "", ""]).encode()


def reuse(seconds: float) -> Outcome:
    """Attackers and victims on HAProxy's shared connections, with the real hasher."""
    settings = {"argon2_profile": "owasp", "address_failures": 10**6, "log_level": "debug"}
    with sqlite() as database, Server(database.url, **settings) as server:
        with haproxy(server.port) as port:
            attack = Reuse(port, seconds)
            outcome = attack.run()
        hidden = server.log.read_text(errors="replace").count('"request_id": "hidden-')
        outcome.expect(not hidden, f"{hidden} bodies were read as requests")
        outcome.faults += server.complaints()
        outcome.notes.append(f"{attack.attacks} attacks")
        return outcome


SCENARIOS = {"haproxy-reuse": reuse}
