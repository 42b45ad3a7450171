"""Two machines on one PostgreSQL, and two versions during a migration."""

import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from functools import partial

from .databases import BOTH, Database, postgresql
from .dialects import SESSION, SPEAKERS, Pair
from .faults import PATIENT
from .ledger import Crowd
from .outcome import Outcome
from .servers import Server
from .wire import Client

ROUNDS = 40


def two_machines(seconds: float) -> Outcome:
    """A change on one machine is seen by the next request on the other. Racing refreshes get one pair."""
    with ExitStack() as stack:
        database = stack.enter_context(postgresql())
        machines = [stack.enter_context(Server(database.url, **PATIENT)) for _ in range(2)]
        ports = [machine.port for machine in machines]
        outcome = _hand_over(ports, database)
        outcome.add(_race(ports, database))
        with Crowd(ports, database.people) as crowd:
            time.sleep(seconds)
        outcome.add(crowd.audit())
        return outcome


def _hand_over(ports: list[int], database: Database) -> Outcome:
    """A session opened on one machine and ended on the other is refused on the first."""
    outcome = Outcome()
    here, there = (Client(port) for port in ports)
    for _ in range(ROUNDS):
        for speaker in SPEAKERS:
            if not speaker.ends:
                continue
            opened = speaker.open(here, database.people[0])
            outcome.tried += 1
            if opened is None or opened.status != 200:
                outcome.faults.append(f"{speaker.path}: no login")
                continue
            outcome.answered += 1
            pair = speaker.pair(opened)
            asked = (
                speaker.verify(there, pair),
                speaker.end(there, pair),
                speaker.verify(here, pair),
            )
            said = [answer.status if answer else None for answer in asked]
            if said != [204, 204, 401]:
                outcome.lost.append(f"{speaker.path}: {said} on two machines")
        here, there = there, here
    return outcome


def _race(ports: list[int], database: Database) -> Outcome:
    """The same refresh on both machines at once gets the same new pair on both."""
    outcome = Outcome()
    clients = [Client(port) for port in ports for _ in range(2)]
    with ThreadPoolExecutor(len(clients)) as pool:
        for _ in range(ROUNDS):
            opened = SESSION.open(clients[0], database.people[1])
            assert opened is not None
            pair = SESSION.pair(opened)
            answers = list(pool.map(partial(_refresh, pair), clients))
            outcome.tried += len(answers)
            outcome.answered += sum(answer is not None for answer in answers)
            pairs = {
                SESSION.pair(answer) if answer and answer.status == 200 else None
                for answer in answers
            }
            if len(pairs) != 1 or None in pairs:
                outcome.lost.append(f"a refresh race ended in {len(pairs)} pairs")
                continue
            verified = SESSION.verify(clients[-1], pairs.pop() or pair)
            if verified is None or verified.status != 204:
                outcome.lost.append(
                    "the winner of a refresh race does not count on the other machine"
                )
    return outcome


def _refresh(pair: Pair, client: Client):
    return SESSION.refresh(client, pair)


def migration(backend: str, seconds: float) -> Outcome:
    """The schema is migrated from the previous version to the newest while this version serves."""
    with BOTH[backend]() as database, Server(database.url, **PATIENT) as server:
        with Crowd([server.port], database.people) as crowd:
            time.sleep(seconds / 4)
            for revision in ("-1", None):
                database.migrate(revision)
                time.sleep(seconds / 4)
            ready = Client(server.port).get("/readyz")
        outcome = crowd.audit()
        outcome.expect(ready is not None and ready.status == 200, "not ready after the migration")
        outcome.notes.append(
            f"{crowd.statuses[503]} refused, the longest wait {crowd.longest:.1f} s"
        )
        return outcome


def later_migration(backend: str, seconds: float) -> Outcome:
    """With a revision that it does not know, this version goes on serving, is ready, and can start again."""
    with BOTH[backend]() as database, Server(database.url, **PATIENT) as server:
        with Crowd([server.port], database.people) as crowd:
            time.sleep(seconds / 3)
            database.execute(
                "ALTER TABLE sessions ADD COLUMN of_a_later_version VARCHAR(40)",
                "CREATE INDEX ix_of_a_later_version ON audit_events (event, at)",
                "UPDATE alembic_version SET version_num = 'of_a_later_version'",
            )
            time.sleep(seconds / 3)
            ready = Client(server.port).get("/readyz")
            server.stop()
            server.start()
            time.sleep(seconds / 3)
        outcome = crowd.audit()
        outcome.expect(
            ready is not None and ready.status == 200, "not ready beside a later version"
        )
        return outcome


SCENARIOS = {"two-machines": two_machines} | {
    f"{name}-{backend}": partial(run, backend)
    for name, run in (("migration", migration), ("later-version", later_migration))
    for backend in BOTH
}
