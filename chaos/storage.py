"""Tables stay as large as their live rows, and the purge delays nobody."""

import re
import sqlite3
import threading
import time
import uuid
from contextlib import closing

from .databases import Database, Person, sqlite
from .dialects import SESSION, SPEAKERS
from .outcome import Outcome
from .probe import Probe, probe
from .servers import Server
from .wire import Client

# The requirement's hour, scaled down: everything expires within two seconds. The housekeeper looks every two
# seconds, and purges every second time.
LIFETIME_SECONDS = 2
INTERVAL_SECONDS = 2
CHURN_SECONDS = 24
SHORT = {
    "session_refresh_seconds": LIFETIME_SECONDS,
    "session_absolute_seconds": LIFETIME_SECONDS,
    "token_v2_refresh_seconds": LIFETIME_SECONDS,
    "token_v2_absolute_seconds": LIFETIME_SECONDS,
    "aaa_idle_seconds": LIFETIME_SECONDS,
    "aaa_absolute_seconds": LIFETIME_SECONDS,
    "login_token_seconds": LIFETIME_SECONDS,
    "expired_retention_seconds": 1,
    "audit_retention_seconds": LIFETIME_SECONDS,
    "known_address_seconds": LIFETIME_SECONDS,
    "pause_forget_seconds": LIFETIME_SECONDS,
    "address_window_seconds": LIFETIME_SECONDS,
    "purge_interval_seconds": INTERVAL_SECONDS,
}
# A row stays for its lifetime, its retention, the purge interval, and two seconds between two looks.
STAYS_SECONDS = LIFETIME_SECONDS + 1 + 2 * INTERVAL_SECONDS + 1
EXPIRED = 200_000
NEVER = 2_000_000_000
# The lease of the previous server expires after two intervals.
OFTEN = {"purge_interval_seconds": 2}
TIMES_PURGING = 2
FLOOR_MS = 20.0


def login_churn(_seconds: float) -> Outcome:
    """Logins at full speed, right and wrong: no table grows beyond the rows that these can cause."""
    with sqlite() as database, Server(database.url, **SHORT) as server:
        churn = Churn(server.port, database)
        with churn:
            halves = [_most_rows(database, CHURN_SECONDS / 2) for _ in range(2)]
        logins = sum(churn.logins)
        outcome = Outcome(tried=sum(churn.tried), answered=logins)
        rate = logins / CHURN_SECONDS
        for table, most in halves[1].items():
            # A login writes one session and one event; a refusal an event and a count of a name.
            bound = sum(churn.tried) / CHURN_SECONDS * STAYS_SECONDS * 1.5
            outcome.expect(most < bound, f"{table}: {most} rows, more than {bound:.0f}")
            outcome.notes.append(f"{table} {halves[0][table]} → {most}")
        outcome.notes.append(f"{rate:.0f} logins a second")
        time.sleep(STAYS_SECONDS + 2 * INTERVAL_SECONDS)
        for table in halves[1]:
            left = database.count(table)
            # The address's allowance row stays until its hour is over.
            stays = 1 if table == "throttles" else 0
            outcome.expect(left <= stays, f"{table}: {left} rows are left after the churn")
        outcome.expect(
            _shown(server, "sessions") == {"alive": 0, "expired": 0}, "/metrics disagrees"
        )
        outcome.faults += churn.faults + server.complaints()
        return outcome


class Churn:
    """Clients that log in as fast as they are answered, every tenth time with a wrong secret."""

    def __init__(self, port: int, database: Database, number: int = 4) -> None:
        self.logins = [0] * number
        self.tried = [0] * number
        self.faults: list[str] = []
        self._stopping = threading.Event()
        self._threads = [
            threading.Thread(target=self._run, args=(port, database.people, index), daemon=True)
            for index in range(number)
        ]

    def __enter__(self) -> "Churn":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        for thread in self._threads:
            thread.join(30)

    def _run(self, port: int, people: list[Person], index: int) -> None:
        client = Client(port)
        speakers = SPEAKERS
        while not self._stopping.is_set():
            self.tried[index] += 1
            person = people[self.tried[index] % len(people)]
            speaker = speakers[self.tried[index] % len(speakers)]
            if self.tried[index] % 50 == 0:
                person = Person(f"{uuid.uuid4().hex}@example.com", "a wrong password", "AAAA")
            answer = speaker.open(client, person)
            if answer is None or answer.status not in (200, 401, 429, 503):
                self.faults.append(f"{speaker.path}: {answer.status if answer else 'no answer'}")
                return
            self.logins[index] += answer.status == 200


def _most_rows(database: Database, seconds: float) -> dict[str, int]:
    most = dict.fromkeys(("sessions", "audit_events", "throttles"), 0)
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        for table in most:
            most[table] = max(most[table], database.count(table))
        time.sleep(0.5)
    return most


def _shown(server: Server, table: str) -> dict[str, int]:
    answer = Client(server.port).get("/metrics")
    text = answer.body.decode() if answer else ""
    lines = re.findall(
        rf'^watchword_rows{{state="(\w+)",table="{table}"}} (\S+)', text, re.MULTILINE
    )
    return {state: int(float(rows)) for state, rows in lines}


def purge_under_load(_seconds: float) -> Outcome:
    """Many expired sessions are purged while gateways ask. All are deleted, and /verify answers in time."""
    outcome = Outcome()
    with sqlite() as database:
        with Server(database.url, expired_retention_seconds=NEVER, **OFTEN) as server:
            token = SESSION.pair(SESSION.open(Client(server.port), database.people[0])).access
            idle = probe(server.port, token, 5)
        _add_expired(database)
        with Server(database.url, **OFTEN) as server:
            opened = Probe(server.port, token, 8)
            deadline = time.monotonic() + 60
            started = time.monotonic()
            while _expired(database) and time.monotonic() < deadline:
                time.sleep(0.25)
            gone = time.monotonic() - started
            during = opened.seen()
            left = _expired(database)
        outcome.tried = outcome.answered = during.asked
        outcome.expect(not left, f"{left} expired rows are left")
        outcome.expect(not during.wrong, f"{during.wrong} verifications failed")
        limit = max(TIMES_PURGING * idle.p99, FLOOR_MS)
        outcome.expect(during.p99 < limit, f"/verify p99 {during.p99:.1f} ms, over {limit:.1f}")
        outcome.notes.append(f"{EXPIRED:,} rows gone in {gone:.0f} s")
        outcome.notes.append(f"/verify p99 {idle.p99:.1f} → {during.p99:.1f} ms")
    return outcome


def _add_expired(database: Database) -> None:
    assert database.file is not None
    with closing(sqlite3.connect(database.file)) as connection:
        names = [row[1] for row in connection.execute("PRAGMA table_info(sessions)")]
        long_ago = {
            "expires_at",
            "access_expires_at",
            "absolute_expires_at",
            "opened_at",
            "rotated_at",
        }
        values = [
            "numbers.n" if name == "id"
            else "numbers.n * 0.001" if name in long_ago
            else "NULL" if name == "token_digest"
            else name
            for name in names
        ]  # fmt: skip
        connection.execute(
            f"WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < {EXPIRED})"
            f" INSERT INTO sessions ({', '.join(names)}) SELECT {', '.join(values)}"
            " FROM numbers, (SELECT * FROM sessions LIMIT 1)"
        )
        connection.commit()


def _expired(database: Database) -> int:
    return int(database.rows("SELECT count(*) FROM sessions WHERE expires_at < 1000000")[0][0])


SCENARIOS = {"login-churn": login_churn, "purge-under-load": purge_under_load}
