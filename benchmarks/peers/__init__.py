"""The peers: other authentication libraries for Python, one small application each.

Each has a virtual environment of its own, made on first use from its pinned ``requirements.txt``, and
a SQLite database with a token for each of its users.
"""

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from ..load import Load
from ..servers import CACHE, Server, gunicorn
from ..wire import peer_validation

HERE = Path(__file__).resolve().parent
ROWS = 100_000


@dataclass(frozen=True)
class Peer:
    """``name`` is its folder; ``header`` is how it takes a token."""

    name: str
    title: str
    header: str
    asgi: bool = False

    @property
    def home(self) -> Path:
        return CACHE / "peers" / self.name

    @property
    def python(self) -> str:
        return str(CACHE / "venvs" / self.name / "bin" / "python")

    def prepare(self) -> None:
        """Make the virtual environment and the database, unless they are there."""
        if (self.home / "ready").exists():
            return
        print(f"  making {self.title} …", flush=True)
        environment = CACHE / "venvs" / self.name
        requirements = HERE / self.name / "requirements.txt"
        _run(sys.executable, "-m", "venv", str(environment))
        _run(self.python, "-m", "pip", "install", "--quiet", "-r", str(requirements))
        self.home.mkdir(parents=True, exist_ok=True)
        for leftover in self.home.iterdir():
            leftover.unlink()
        _run(self.python, str(HERE / self.name / "app.py"), "prepare", str(ROWS), home=self.home)
        (self.home / "ready").touch()

    def server(self, threads: int) -> Server:
        command = gunicorn("app:app", threads, self.python)
        if self.asgi:
            options = ["--no-access-log", "--log-level", "warning", "--port", "{port}"]
            command = [self.python, "-m", "uvicorn", *options, "app:app"]
        return Server(
            self.title,
            command,
            environment={"PEER_HOME": str(self.home)},
            directory=HERE / self.name,
        )

    def load(self) -> Load:
        return peer_validation((self.home / "tokens.txt").read_text().splitlines(), self.header)


PEERS = (
    Peer("drf", "Django REST framework tokens", "Authorization: Token {}"),
    Peer("flask_security", "Flask-Security-Too", "Authentication-Token: {}"),
    Peer(
        "fastapi_users", "fastapi-users, database strategy", "Authorization: Bearer {}", asgi=True
    ),
)


def _run(*command: str, home: Path | None = None) -> None:
    environment = {"PEER_HOME": str(home), "PYTHONDONTWRITEBYTECODE": "1"} if home else None
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)} failed: {done.stderr[-2000:]}")
