"""Logins at full speed while the hashes of another system become Argon2id."""

import queue
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from functools import partial

from app.core import identities

from .databases import BOTH, ORIGIN, Database, Person, application
from .dialects import SPEAKERS, Pair, Speaker
from .faults import kill
from .moved import Member, counted, foreign, import_members
from .outcome import Outcome
from .servers import Server
from .wire import Client

# Users of the table, and those of them who log in.
TABLE, ACTIVE = 200_000, 1_000
# So many pairs of connections. Each connection has an address of its own.
PAIRS = 8
# Of so many users one gets a new password from an operator meanwhile, and one is guessed at.
RESET_EVERY, GUESSED_EVERY = 8, 3
KILLS = 2
PROFILE = {"argon2_profile": "owasp"}
MANY_LOGINS = {
    "trusted_proxies": "127.0.0.1",
    "address_failures": 10**6,
    "hashing_queue": 12,
    "threads": 20,
}
DOORS = SPEAKERS[:3]  # all that take a password

Opened = Callable[[], AbstractContextManager[Database]]


class Storm:
    """Every member logs in twice at the same moment, and again, while some passwords are set anew.

    ``opened`` are the sessions that were answered.
    """

    def __init__(self, database: Database, server: Server, members: list[Member]) -> None:
        self.statuses: Counter[str] = Counter()
        self.opened: list[tuple[Member, Speaker, Pair]] = []
        self.longest = 0.0
        self._done = 0
        self._database = database
        self._server = server
        self._members = members
        self._resets: queue.SimpleQueue[Member | None] = queue.SimpleQueue()
        self._lock = threading.Lock()

    def run(self) -> None:
        with (
            ThreadPoolExecutor(2 * PAIRS + 1) as threads,
            application(self._database.url, **PROFILE) as core,
        ):
            operator = threads.submit(self._set_passwords, core)
            running = []
            for pair in range(PAIRS):
                both = threading.Barrier(2)
                members = self._members[pair::PAIRS]
                running += [threads.submit(self._log_in, both, pair, s, members) for s in (0, 1)]
            try:
                self._kill_workers(running)
                for thread in running:
                    thread.result()
            finally:
                self._resets.put(None)
            operator.result()

    def _kill_workers(self, running: "list[Future[None]]") -> None:
        """SIGKILL, when a third and when two thirds of the logins are answered."""
        for turn in range(1, KILLS + 1):
            while self._done < turn * 2 * len(self._members) // (KILLS + 1):
                if all(thread.done() for thread in running):
                    return  # they failed
                time.sleep(0.05)
            kill(self._server.workers()[0])

    def _set_passwords(self, core) -> None:
        while (member := self._resets.get()) is not None:
            assert member.new is not None
            identities.set_password(core, member.user_id, member.new, ORIGIN)
            with self._lock:
                self.statuses["set"] += 1

    def _log_in(self, both: threading.Barrier, pair: int, side: int, members: list[Member]) -> None:
        client = Client(self._server.port, address=f"198.51.{pair}.{side + 1}")
        for at, member in enumerate(members):
            both.wait(60)
            if side == 0 and member.number % RESET_EVERY == 0:
                member.new = f"the new password of {member.number}"
                self._resets.put(member)
            door = DOORS[(at + side) % len(DOORS)]
            if side == 1 and member.number % GUESSED_EVERY == 0:
                self._ask(client, door, member, member.wrong)
            self._ask(client, door, member, member.old)
        client.close()

    def _ask(self, client: Client, door: Speaker, member: Member, person: Person) -> None:
        """Log in, again and again until there is an answer that is not 503."""
        while True:
            started = time.monotonic()
            answer = door.open(client, person)
            took = time.monotonic() - started
            if answer is not None and answer.status != 503:
                break
            with self._lock:
                self.statuses["busy" if answer else "no answer"] += 1
            time.sleep(0.02)
        # An old password is wrong as soon as the operator has set a new one.
        lawful = (401,) if person == member.wrong else (200, 401) if member.new else (200,)
        with self._lock:
            self.longest = max(self.longest, took)
            self._done += person != member.wrong
            if answer.status not in lawful:
                self.statuses[f"{answer.status}, which is not true"] += 1
            elif answer.status == 200:
                self.statuses["right"] += 1
                self.opened.append((member, door, door.pair(answer)))
            else:
                self.statuses["refused"] += 1


def upgrades(opened: Opened, _seconds: float, table: int = TABLE, active: int = ACTIVE) -> Outcome:
    """A storm of logins on two workers. No deadlock, no lost upgrade, no lost password, nobody let in."""
    outcome = Outcome()
    with opened() as database:
        members = import_members(database, table, active)
        with Server(database.url, **PROFILE, **MANY_LOGINS) as server:
            storm = Storm(database, server, members)
            started = time.monotonic()
            storm.run()
            took = time.monotonic() - started
            statuses = storm.statuses
            outcome.tried = outcome.answered = statuses.total() - statuses["set"]
            outcome.answered -= statuses["no answer"]
            known = {"right", "refused", "busy", "no answer", "set"}
            untrue = {kind: number for kind, number in statuses.items() if kind not in known}
            outcome.lost += [f"{number} answers {kind}" for kind, number in untrue.items()]
            outcome.notes.append(
                f"{statuses['right'] / took:.0f} logins a second, the longest {storm.longest:.1f} s;"
                f" {statuses['set']} passwords set, {statuses['busy']} times busy"
            )
            left = foreign(database, members)
            outcome.notes.append(f"{len(left)} of {active} upgrades left to the next login")
            outcome.add(_afterwards(server, storm, members))
            outcome.faults += server.complaints()
        left = foreign(database, members)
        outcome.expect(not left, f"{len(left)} hashes were not upgraded, as {left[:1]}")
        others = len(foreign(database, None))
        outcome.expect(others == table - active, f"{others} hashes of other users")
        outcome.add(counted(database))
        outcome.expect(database.deadlocks() == 0, f"{database.deadlocks()} deadlocks")
        if database.file is not None:
            outcome.expect(database.is_sound(), "PRAGMA integrity_check complains")
    return outcome


def _afterwards(server: Server, storm: Storm, members: list[Member]) -> Outcome:
    """Everybody logs in with the password of now and with no other; sessions are what they should be."""
    with ThreadPoolExecutor(PAIRS) as threads, _clients(server) as clients:
        outcome = Outcome()
        for found in threads.map(partial(_ask_each, clients), _parts(members)):
            outcome.add(found)
        client = Client(server.port)
        for member, door, pair in storm.opened:
            answer = door.verify(client, pair)
            expected = 401 if member.new else 204
            if answer is None or answer.status != expected:
                got = "no answer" if answer is None else answer.status
                outcome.lost.append(f"a session of {member.login} got {got}, not {expected}")
        client.close()
    return outcome


def _parts(members: list[Member]) -> list[list[Member]]:
    return [members[at::PAIRS] for at in range(PAIRS)]


@contextmanager
def _clients(server: Server) -> Iterator["queue.SimpleQueue[Client]"]:
    """A client for each thread, each with an address of its own."""
    clients: queue.SimpleQueue[Client] = queue.SimpleQueue()
    for at in range(PAIRS):
        clients.put(Client(server.port, address=f"203.0.113.{at + 1}"))
    yield clients
    for _ in range(PAIRS):
        clients.get().close()


def _ask_each(clients: "queue.SimpleQueue[Client]", members: list[Member]) -> Outcome:
    outcome = Outcome()
    client = clients.get()
    for member in members:
        wanted = [(member.now, 200)]
        if member.new:
            wanted.append((member.old, 401))
        elif member.number % GUESSED_EVERY == 0:
            wanted.append((member.wrong, 401))
        for person, expected in wanted:
            while (answer := DOORS[0].open(client, person)) and answer.status == 503:
                time.sleep(0.05)
            outcome.tried += 1
            outcome.answered += answer is not None
            status = answer.status if answer else "no answer"
            if status != expected:
                outcome.lost.append(f"{person}: {status}, not {expected}")
    clients.put(client)
    return outcome


SCENARIOS = {f"import-upgraded-{name}": partial(upgrades, opened) for name, opened in BOTH.items()}
