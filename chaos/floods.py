"""Overload: the service sheds the excess load and answers everybody else in time."""

import json
import resource
import socket
import subprocess
import sys
import threading
import time
from functools import partial
from types import TracebackType

from config import ROOT

from .databases import Database, sqlite
from .dialects import SESSION, Pair
from .outcome import Outcome
from .probe import Seen, probe
from .servers import Server
from .wire import Client

LOGINS = 200
SLOW = 200
IDLE = 10_000
# A multiple of the idle p99. Below the floor the ratio of two small times means nothing.
TIMES_IDLE = 5
FLOOR_MS = 25.0
REFUSED_WITHIN_SECONDS = 2
GROWTH_MIB = 160


class Weight(threading.Thread):
    """The service's memory, watched while it is under load."""

    def __init__(self, server: Server) -> None:
        super().__init__(daemon=True)
        self._server = server
        self._over = threading.Event()
        self.before = self.most = server.pss_mib()
        self.after = 0.0

    def __enter__(self) -> "Weight":
        self.start()
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self._over.set()
        self.join()
        self.after = self._server.pss_mib()

    def run(self) -> None:
        while not self._over.wait(0.25):
            self.most = max(self.most, self._server.pss_mib())

    def judge(self, outcome: Outcome) -> None:
        grown = self.most - self.before
        outcome.expect(grown < GROWTH_MIB, f"memory grew by {grown:.0f} MiB")
        outcome.notes.append(f"memory {self.before:.0f} → {self.most:.0f} MiB at most")


def herd(port: int, mode: str, number: int, seconds: float) -> subprocess.Popen:
    """Start a herd and wait until all its connections are open."""
    command = [sys.executable, "-m", "chaos.herd", str(port), mode, str(number), str(seconds)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    process.standing = json.loads(process.stdout.readline())["standing"]  # type: ignore[attr-defined]
    return process


def password_logins(seconds: float) -> Outcome:
    """200 password logins at once, with the real hasher."""
    with sqlite() as database, Server(database.url, argon2_profile="owasp") as server:
        token = token_of(server, database)
        idle = probe(server.port, token, seconds)
        with Weight(server) as weight:
            flood = herd(server.port, "logins", LOGINS, seconds + 3)
            during = probe(server.port, token, seconds)
            found = json.loads(flood.communicate()[0])
        statuses = found["statuses"]
        outcome = Outcome(tried=sum(statuses.values()), answered=sum(statuses.values()))
        client = Client(server.port)
        for access in found["tokens"]:
            answer = SESSION.verify(client, Pair(access))
            if answer is None or answer.status != 204:
                outcome.lost.append("a login answered in the flood does not count")
        outcome.expect(set(statuses) <= {"200", "503"}, f"answers {statuses}")
        outcome.expect(not found["without_retry_after"], "503 without Retry-After")
        outcome.expect(not found["closed"], f"{found['closed']} connections were cut")
        wait = found["longest_refusal"]
        outcome.expect(wait < REFUSED_WITHIN_SECONDS, f"a refusal took {wait:.1f} s")
        outcome.notes.append(f"{statuses.get('200', 0)} logins, {statuses.get('503', 0)} refused")
        weight.judge(outcome)
        return judged(outcome, idle, during, server)


def crowd(mode: str, number: int, seconds: float) -> Outcome:
    """Idle and very slow connections: everybody else is answered."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    number = min(number, hard - 500)
    with sqlite() as database, Server(database.url) as server:
        token = token_of(server, database)
        idle = probe(server.port, token, seconds)
        with Weight(server) as weight:
            # Long enough for the slow ones to reach their deadline and connect again.
            crowd = herd(server.port, mode, number, max(seconds, 14) + number / 1000)
            during = probe(server.port, token, max(seconds, 12))
            found = json.loads(crowd.communicate()[0])
        after = probe(server.port, token, 2)
        outcome = Outcome(tried=number, answered=number)
        outcome.expect(crowd.standing == number, f"only {crowd.standing} of {number} connections")
        outcome.expect(not after.wrong, "wrong answers afterwards")
        outcome.notes.append(f"{number} connections, {found['closed']} closed")
        weight.judge(outcome)
        return judged(outcome, idle, during, server)


def large_heads(_seconds: float) -> Outcome:
    """64 KiB of header fields are refused in the dialect's shape, and the connection is closed."""
    outcome = Outcome()
    with sqlite() as database, Server(database.url) as server:
        field = b"a" * 8000
        many = b"".join(b"X-Field-%d: %s\r\n" % (number, field) for number in range(8))
        one = b"X-Field: " + b"a" * 65_536 + b"\r\n"
        lines = b"".join(b"X-%d: a\r\n" % number for number in range(5000))
        for path, mark in ((b"/verify", b"problem+json"), (b"/session", b"errorType")):
            for fields in (many, one, lines):
                outcome.tried += 1
                with socket.create_connection(("127.0.0.1", server.port), timeout=5) as client:
                    client.sendall(
                        b"GET " + path + b" HTTP/1.1\r\nHost: chaos\r\n" + fields + b"\r\n"
                    )
                    client.shutdown(socket.SHUT_WR)
                    answer = b"".join(iter(partial(client.recv, 65_536), b""))
                outcome.answered += answer.startswith(b"HTTP/1.1 4")
                outcome.expect(
                    answer.startswith(b"HTTP/1.1 4") and mark in answer, f"{answer[:80]!r}"
                )
        verified = Client(server.port).get("/verify")
        outcome.expect(verified is not None and verified.status == 401, "/verify stopped")
        outcome.faults += server.complaints()
    return outcome


def token_of(server: Server, database: Database) -> str:
    opened = SESSION.open(Client(server.port), database.people[0])
    assert opened is not None
    return SESSION.pair(opened).access


def judged(outcome: Outcome, idle: Seen, during: Seen, server: Server) -> Outcome:
    limit = max(TIMES_IDLE * idle.p99, FLOOR_MS)
    outcome.expect(not during.wrong, f"{during.wrong} of {during.asked} verifications failed")
    outcome.expect(during.p99 < limit, f"/verify p99 {during.p99:.1f} ms, over {limit:.1f}")
    ratio = during.p99 / idle.p99
    outcome.notes.append(f"/verify p99 {idle.p99:.1f} → {during.p99:.1f} ms, {ratio:.1f}-fold")
    workers = server.workers()
    time.sleep(0.5)
    outcome.expect(workers == server.workers(), "a worker died")
    outcome.faults += server.complaints()
    return outcome


SCENARIOS = {
    "logins-at-once": password_logins,
    "slow-heads": partial(crowd, "heads", SLOW),
    "slow-bodies": partial(crowd, "bodies", SLOW),
    "slow-readers": partial(crowd, "readers", SLOW),
    "idle-connections": partial(crowd, "idle", IDLE),
    "pipelined-garbage": partial(crowd, "garbage", 50),
    "large-heads": large_heads,
}
