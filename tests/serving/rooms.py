"""The server alone, on real sockets: gunicorn's master, this worker class, and ten lines of WSGI.

The package ``app`` is an empty name there, so that nothing of it is loaded but ``app.serving``.
"""

import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from config import ROOT
from tests.e2e.wire import Answer, Wire
from tests.waiting import wait_until

CONFIGURATION = """
import sys
from types import ModuleType

sys.path.insert(0, {root!r})
app = sys.modules["app"] = ModuleType("app")
app.__path__ = [{root!r} + "/app"]

from app.serving.worker import Worker


class Room(Worker):
    may_wait = staticmethod(lambda environ: environ["QUERY_STRING"] == "wait")
    ignores_body = staticmethod(lambda path: path.startswith("/ignored"))


{settings}
bind = "127.0.0.1:0"
worker_class = Room
control_socket_disable = True
"""


class Room:
    """A running server, and its one worker."""

    def __init__(self, process: subprocess.Popen[bytes], log: Path) -> None:
        self.process = process
        self.port = 0
        self._log = log

    def worker(self) -> psutil.Process:
        [worker] = psutil.Process(self.process.pid).children()
        return worker

    def log(self) -> str:
        return self._log.read_text()

    def answers(self) -> bool:
        """Whether the worker answers yet, at the port that the log names."""
        listening = re.search(r"Listening at: http://127.0.0.1:(\d+)", self.log())
        if listening is None:
            return False
        self.port = int(listening[1])
        return self.ask("/").status == 200

    def connect(self) -> Wire:
        return Wire(self.port)

    def ask(self, target: str) -> Answer:
        """One request, on a connection of its own."""
        with self.connect() as wire:
            wire.send(request_of(target))
            return answer_of(wire)

    def stop(self) -> int:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(20)


def request_of(target: str, *lines: str, method: str = "GET", body: bytes = b"") -> bytes:
    if body:
        lines = (*lines, f"Content-Length: {len(body)}")
    head = "\r\n".join([f"{method} {target} HTTP/1.1", "Host: x", *lines, "", ""])
    return head.encode() + body


def answer_of(wire: Wire) -> Answer:
    answer = wire.answer()
    assert answer is not None, "the connection ended without an answer"
    return answer


def thread_of(answer: Answer) -> str:
    """Which threads answered: ``lead`` or ``follower``."""
    found = re.match(rb"\d+ (lead|follower)", answer.body)
    assert found, answer.body
    return found[1].decode()


@contextmanager
def room(home: Path, **settings: object) -> Iterator[Room]:
    """gunicorn's settings by their names; those in capitals are the worker class's."""
    lines = "".join(
        f"{'Room.' if name.isupper() else ''}{name} = {value!r}\n"
        for name, value in settings.items()
    )
    log = home / "log"
    (home / "room.conf.py").write_text(CONFIGURATION.format(root=str(ROOT), settings=lines))
    command = [sys.executable, "-m", "gunicorn", "-c", str(home / "room.conf.py")]
    with log.open("wb") as stderr:
        process = subprocess.Popen(
            [*command, "ten_lines:application"],
            cwd=Path(__file__).parent,
            stderr=stderr,
            stdout=stderr,
        )
    running = Room(process, log)
    try:
        wait_until(running.answers, process=process, log=running.log)
        yield running
        assert "Traceback" not in running.log(), running.log()
    finally:
        running.stop()
