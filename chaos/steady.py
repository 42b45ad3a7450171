"""Clients that only log in, without any fault: each login must be answered, committed and counted."""

import re
import threading
import time

from .databases import Database
from .dialects import SPEAKERS, Pair, Speaker
from .outcome import Outcome
from .servers import Server
from .wire import Client

# Not more than one address may hash at once, so that no login is BUSY.
CLIENTS = 3
SERIES = re.compile(
    r'^watchword_requests_total\{dialect="(\w+)",status="200"\} (\S+)$', re.MULTILINE
)
# The names of the SPEAKERS' dialects in metrics.
COUNTED = ("aaa", "login", "session", "token_v2")


class Steady:
    """Log in over every dialect in turn, from ``begin`` to the end of the block."""

    def __init__(self, server: Server, database: Database) -> None:
        self.outcome = Outcome()
        self._server = server
        self._database = database
        self._opened: list[tuple[Speaker, Pair]] = []
        self._over = threading.Event()
        self._lock = threading.Lock()
        self._threads = [threading.Thread(target=self._run, args=[n]) for n in range(CLIENTS)]
        self._longest = 0.0
        self._rows = database.count("sessions")
        self._counted = counted(server)

    def __enter__(self) -> "Steady":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()

    def _run(self, number: int) -> None:
        client = Client(self._server.port)
        turn = number
        while not self._over.is_set():
            speaker = SPEAKERS[turn % len(SPEAKERS)]
            person = self._database.people[turn % len(self._database.people)]
            turn += 1
            started = time.monotonic()
            answer = speaker.open(client, person)
            took = time.monotonic() - started
            with self._lock:
                self._longest = max(self._longest, took)
                self.outcome.tried += 1
                if answer is None or answer.status != 200:
                    got = "no answer" if answer is None else f"{answer.status}: {answer.body!r}"
                    self.outcome.faults.append(f"{speaker.path} got {got}")
                    continue
                self.outcome.answered += 1
                self._opened.append((speaker, speaker.pair(answer)))
        client.close()

    def audit(self) -> Outcome:
        """Every token is valid, every login has a row, and the metrics have the same number."""
        found = self.outcome
        client = Client(self._server.port)
        for speaker, pair in self._opened:
            answer = speaker.verify(client, pair)
            if answer is None or answer.status != 204:
                found.lost.append(f"afterwards a session of {speaker.path} does not count")
        client.close()
        rows = self._database.count("sessions") - self._rows
        found.expect(rows == found.answered, f"{rows} rows for {found.answered} logins")
        series = counted(self._server) - self._counted
        found.expect(series == found.answered, f"{series} counted of {found.answered} logins")
        found.notes.append(f"the longest wait {self._longest:.1f} s")
        return found


def counted(server: Server) -> int:
    """The number of answered logins in the metrics. Nothing else gets a 200 from these dialects here."""
    answer = Client(server.port).get("/metrics")
    if answer is None or answer.status != 200:
        return -1
    series = SERIES.findall(answer.body.decode())
    return sum(int(float(number)) for dialect, number in series if dialect in COUNTED)
