"""``python -m deploy.machines``: a deployment of several machines, as plain processes on this one.

Two servers behind HAProxy; a PostgreSQL primary behind PgBouncer; and a streaming standby, at which both
servers verify. It needs HAProxy and PgBouncer of the system. An older PgBouncer than 1.22 pools sessions,
because it loses prepared statements with ``pool_mode = transaction``. ``chaos/machines.py`` kills each part.
"""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, make_url, text

from chaos.databases import CLIENT, Database, postgresql
from chaos.failover import Standby, standby_of
from chaos.ports import free_port
from chaos.servers import Server
from chaos.wire import Client

HAPROXY = """
defaults
    mode http
    timeout connect 2s
    timeout client 10s
    timeout server 10s
    retries 2
    option redispatch
frontend front
    bind 127.0.0.1:{port}
    default_backend watchword
backend watchword
    option httpchk GET /readyz
    default-server check inter 500 fall 2 rise 1
    server one 127.0.0.1:{one}
    server two 127.0.0.1:{two}
"""
PGBOUNCER = """
[databases]
* = host={host} port=5432 user=postgres
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = any
pool_mode = {pool_mode}
server_login_retry = 0.2
server_check_delay = 0
ignore_startup_parameters = options
"""
# The first PgBouncer that keeps prepared statements where it pools transactions, and forgets them on demand.
KEEPS_STATEMENTS = (1, 22)
STARTS_WITHIN_SECONDS = 15
ENDING = (signal.SIGINT, signal.SIGTERM)


class Program:
    """A program with a file of configuration, which may be killed and started again."""

    def __init__(self, command: list[str], file: Path, user: str | None = None) -> None:
        self._command = [*command, str(file)]
        self._user = user
        self.file = file
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self._process = subprocess.Popen(  # noqa: S603, our own command
            self._command, user=self._user, cwd="/", stderr=subprocess.DEVNULL
        )

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()


class Machines:
    """All parts, started. ``safe``: a commit waits until the standby shows it."""

    def __init__(self, *, safe: bool = False) -> None:
        self._safe = safe
        self._stack = ExitStack()

    def __enter__(self) -> "Machines":
        with ExitStack() as stack:
            self._start(stack)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def _start(self, stack: ExitStack) -> None:
        home = Path(tempfile.mkdtemp(prefix="watchword-machines-"))
        home.chmod(0o755)
        stack.callback(shutil.rmtree, home, ignore_errors=True)
        self.database: Database = stack.enter_context(postgresql())
        user = self.database.user
        self.standby: Standby = stack.enter_context(standby_of(self.database.url, user))
        if self._safe:
            alter(self.database.url, "synchronous_standby_names", "*")
            alter(self.database.url, "synchronous_commit", "remote_apply")
        pooled = free_port()
        file = home / "pgbouncer.ini"
        self._pooled = pooled
        self.pgbouncer = Program([_found("pgbouncer"), "-q"], file, user)
        self.lead_to(self.database.url)
        self.pgbouncer.start()
        stack.callback(self.pgbouncer.kill)
        url = make_url(self.database.url).set(host="127.0.0.1", port=pooled, query={})
        settings = {"replica_url": self.standby.url, "threads": 16}
        self.servers = [
            stack.enter_context(
                Server(url.render_as_string(hide_password=False), workers=1, **settings)
            )
            for _ in range(2)
        ]
        one, two = (server.port for server in self.servers)
        self.port = free_port()
        proxy = home / "haproxy.cfg"
        proxy.write_text(HAPROXY.format(port=self.port, one=one, two=two))
        self.haproxy = Program([_found("haproxy"), "-db", "-f"], proxy)
        self.haproxy.start()
        stack.callback(self.haproxy.kill)
        self.wait_until(self.is_ready)

    def lead_to(self, primary_url: str) -> None:
        """Let PgBouncer's new connections lead to this server."""
        host = make_url(primary_url).query["host"]
        keeps_statements = pgbouncer_version(_found("pgbouncer")) >= KEEPS_STATEMENTS
        pool_mode = "transaction" if keeps_statements else "session"
        self.pgbouncer.file.write_text(
            PGBOUNCER.format(host=host, port=self._pooled, pool_mode=pool_mode)
        )
        self.pgbouncer.file.chmod(0o644)

    def take_over(self) -> None:
        """The standby becomes the primary, and PgBouncer is told."""
        self.standby.promote()
        self.lead_to(self.standby.url)
        self.pgbouncer.kill()
        self.pgbouncer.start()

    def is_ready(self) -> bool:
        answer = Client(self.port, timeout=2).get("/readyz")
        return answer is not None and answer.status == 200

    def wait_until(
        self, holds: Callable[[], bool], seconds: float = STARTS_WITHIN_SECONDS
    ) -> float:
        """How many seconds it took. Raises TimeoutError."""
        started = time.monotonic()
        while not holds():
            if time.monotonic() > started + seconds:
                raise TimeoutError(f"not within {seconds} s")
            time.sleep(0.05)
        return time.monotonic() - started


def alter(url: str, name: str, value: str) -> None:
    """Change a parameter of a PostgreSQL server."""
    engine: Any = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text("SET synchronous_commit = local"))
        connection.execute(text(f"ALTER SYSTEM SET {name} = '{value}'"))
        connection.execute(text("SELECT pg_reload_conf()"))
    engine.dispose()


def pgbouncer_version(command: str) -> tuple[int, ...]:
    """The first two numbers of its version."""
    said = subprocess.run([command, "--version"], capture_output=True, text=True, check=True)  # noqa: S603
    return tuple(map(int, said.stdout.split()[1].split(".")[:2]))


def _found(program: str) -> str:
    path = shutil.which(program, path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if path is None:
        raise RuntimeError(f"{program} is not installed: apt install {program}")
    return path


def _tell(*lines: str) -> None:
    sys.stdout.write("\n".join([*lines, ""]))
    sys.stdout.flush()


def _end(_number: int, _frame: object) -> None:
    """The first signal ends all, and no later one stops that."""
    for number in ENDING:
        signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt


def main() -> None:
    # What a shell starts with "&" ignores SIGINT, and an init ends it with SIGTERM. Nothing may be left then.
    for number in ENDING:
        signal.signal(number, _end)
    with suppress(KeyboardInterrupt), Machines() as machines:
        one, two = (server.port for server in machines.servers)
        person = machines.database.people[0]
        _tell(
            f"HAProxy    http://127.0.0.1:{machines.port}, before the servers {one} and {two}",
            f"primary    {machines.database.url}",
            f"standby    {machines.standby.url}",
            f"log in as  {person.login}, password {person.password!r}, x-koms-clientid {CLIENT}",
            "Ctrl-C or SIGTERM ends all, which takes some ten seconds.",
        )
        try:
            signal.pause()
        finally:
            _tell("ending")


if __name__ == "__main__":
    main()
