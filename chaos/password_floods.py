"""Floods of passwords: texts that are expensive to normalise, and one address that takes all it can."""

import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from .databases import Database, Person, sqlite
from .dialects import SESSION, SPEAKERS, Speaker
from .faults import kill
from .floods import judged, token_of
from .outcome import Outcome
from .probe import probe
from .servers import Server
from .wire import Answer, Client

# Two combining marks that normalising must reorder. In JSON's escapes they nearly fill a body.
MARKS = "a" + "\u0315\u0300" * 5_000
ATTACKER = "203.0.113.66"
ATTACKERS = 8
HONEST = 50
# One address has room for three logins at once in each worker.
STEADY = 4
SETTLES_SECONDS = 5
# Otherwise the brute-force protection would stop the flood.
NO_PAUSES = {"address_failures": 10**6, "pause_after_failures": 10**6}


def normalising(seconds: float) -> Outcome:
    """Names and passwords of combining characters, as long as a body allows, wherever a password is taken.

    To normalise them whole would take quadratic time and block the interpreter for seconds each.
    """
    over = threading.Event()

    def ask(door: Speaker) -> Outcome:
        found = Outcome()
        client = Client(server.port)
        known, wrong = database.people[0].login, "a wrong password"
        while not over.is_set():
            for person in (Person(MARKS, wrong, wrong), Person(known, MARKS, MARKS)):
                answer = door.open(client, person)
                found.tried += 1
                found.answered += answer is not None
                found.expect(
                    answer is None or answer.status in (400, 401, 503), f"{door.path}: {answer}"
                )
        return found

    outcome = Outcome()
    with sqlite() as database, Server(database.url, **NO_PAUSES) as server:
        token = token_of(server, database)
        idle = probe(server.port, token, seconds)
        with ThreadPoolExecutor(len(SPEAKERS)) as attackers:
            floods = [attackers.submit(ask, door) for door in SPEAKERS]
            during = probe(server.port, token, seconds)
            over.set()
            for flood in floods:
                outcome.add(flood.result())
        outcome.expect(outcome.answered > 100, f"only {outcome.answered} answers in the flood")
        outcome.expect(outcome.answered == outcome.tried, "connections were cut")
        return judged(outcome, idle, during, server)


def one_address(kind: str, _seconds: float) -> Outcome:
    """Registrations, or one account's good password, from one address as fast as it is answered.

    Of 50 honest logins from elsewhere, one after the other, at most a tenth may see a 503.
    """
    over = threading.Event()

    def attack(index: int) -> Outcome:
        found = Outcome()
        client = Client(server.port, address=ATTACKER)
        while not over.is_set():
            person = database.people[0]
            if kind == "registrations":
                person = Person(f"flood{index}-{found.tried}@example.com", person.password)
            act = SESSION.register if kind == "registrations" else SESSION.open
            answer = act(client, person)
            found.tried += 1
            found.answered += answer is not None
        return found

    with (
        sqlite() as database,
        Server(database.url, argon2_profile="owasp", trusted_proxies="127.0.0.1") as server,
        ThreadPoolExecutor(ATTACKERS) as attackers,
    ):
        floods = [attackers.submit(attack, index) for index in range(ATTACKERS)]
        try:
            statuses = Counter(
                answer.status if (answer := _honest(server, database, number)) else 0
                for number in range(HONEST)
            )
        finally:
            over.set()
        outcome = Outcome(tried=HONEST, answered=HONEST - statuses[0])
        for flood in floods:
            outcome.add(flood.result())
        outcome.expect(set(statuses) <= {200, 503}, f"answers {dict(statuses)}")
        outcome.expect(statuses[503] <= HONEST // 10, f"{statuses[503]} honest logins refused")
        outcome.notes.append(f"{statuses[503]} of {HONEST} honest logins refused")
        outcome.faults += server.complaints()
        return outcome


def after_a_kill(seconds: float) -> Outcome:
    """Logins all the time, fewer at once than two workers take from one address, and one worker is killed.

    All clients then have their connections with the other worker, and it refuses what is too much for it.
    Once the new worker is there, refusals end: what is refused comes back on a new connection.
    """
    over, settled = threading.Event(), threading.Event()
    refused: Counter[str] = Counter()

    def log_in(index: int) -> Outcome:
        found = Outcome()
        client = Client(server.port)
        while not over.is_set():
            is_late = settled.is_set()
            answer = SESSION.open(client, database.people[index])
            found.tried += 1
            found.answered += answer is not None
            status = answer.status if answer else 0
            found.expect(status in (0, 200, 503), f"answer {status}")
            if status != 200:
                refused["late" if is_late else "at first"] += 1
                over.wait(0.05)
        return found

    outcome = Outcome()
    with (
        sqlite() as database,
        Server(database.url, argon2_profile="owasp", **NO_PAUSES) as server,
        ThreadPoolExecutor(STEADY) as clients,
    ):
        running = [clients.submit(log_in, index) for index in range(STEADY)]
        try:
            time.sleep(1)
            kill(server.workers()[0])
            time.sleep(SETTLES_SECONDS)
            settled.set()
            time.sleep(seconds)
        finally:
            over.set()
        for client in running:
            outcome.add(client.result())
        late = refused["late"]
        outcome.expect(late * 50 <= outcome.tried, f"{late} were refused long after the kill")
        outcome.notes.append(f"{refused['at first']} refused in the first seconds")
        outcome.faults += server.complaints()
        return outcome


def _honest(server: Server, database: Database, number: int) -> Answer | None:
    client = Client(server.port, address=f"198.51.100.{number + 1}")
    return SESSION.open(client, database.people[1 + number % (len(database.people) - 1)])


SCENARIOS = {
    "normalising-flood": normalising,
    "registrations-of-one-address": partial(one_address, "registrations"),
    "logins-of-one-address": partial(one_address, "logins"),
    "logins-after-a-kill": after_a_kill,
}
