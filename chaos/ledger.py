"""Clients that work while things break. A ledger keeps their answers, which are checked afterwards.

A request without an answer may have been carried out or not, so what it touched leaves the ledger. So does a
503: a database that crashes during a commit may have committed.
"""

import random
import threading
import time
import uuid
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from .databases import PASSWORD, Person
from .dialects import SESSION, SPEAKERS, Pair, Speaker
from .outcome import Outcome
from .wire import Answer, Client

# Less than the grace time of a refresh, in which a client that lost the answer may repeat it.
ASK_AGAIN_SECONDS = 7
PASSING = (429, 503)


@dataclass
class Held:
    """One session as its client knows it. ``older`` are the access tokens that were replaced."""

    speaker: Speaker
    pair: Pair
    older: list[str] = field(default_factory=list)
    ended: bool = False


class Actor(threading.Thread):
    """One client: registers, logs in, refreshes, verifies and ends, in random order, until stopped."""

    def __init__(self, ports: Sequence[int], people: list[Person], seed: int) -> None:
        super().__init__(daemon=True)
        self.held: list[Held] = []
        self.registered: list[Person] = []
        self.outcome = Outcome()
        self.statuses: Counter[int] = Counter()
        self.longest = 0.0
        self.stopping = threading.Event()
        self._clients = [Client(port) for port in ports]
        self._people = list(people)
        self._random = random.Random(seed)

    def run(self) -> None:
        try:
            while not self.stopping.is_set():
                self._act()
        except Exception as error:
            self.outcome.faults.append(f"a client met {type(error).__name__}: {error}")
        finally:
            for client in self._clients:
                client.close()

    @property
    def _client(self) -> Client:
        return self._random.choice(self._clients)

    def _act(self) -> None:
        live = [held for held in self.held if not held.ended]
        step = self._random.random()
        if step < 0.1:
            self._register()
        elif step < 0.35 or not live:
            self._open()
        elif step < 0.65:
            self._refresh(self._random.choice(live))
        elif step < 0.85:
            self._verify(self._random.choice(live))
        else:
            self._end(self._random.choice(live))

    def _counted(self, ask, *arguments) -> Answer | None:
        """Send a request and note the status of its answer. Without an answer, wait a moment."""
        started = time.monotonic()
        answer = ask(self._client, *arguments)
        self.outcome.tried += 1
        # Without the service's header it is a proxy's own answer, which says nothing about the request.
        if answer is None or not answer.headers["X-Request-ID"]:
            self.stopping.wait(0.05)
            return None
        self.longest = max(self.longest, time.monotonic() - started)
        self.outcome.answered += 1
        self.statuses[answer.status] += 1
        if answer.status >= 500 and answer.status != 503:
            self.outcome.faults.append(f"{answer.status}: {answer.body[:200]!r}")
        if answer.status == 503 and not answer.headers["Retry-After"]:
            self.outcome.faults.append("503 without Retry-After")
        if answer.status in PASSING:
            self.stopping.wait(0.05)
        return answer

    def _register(self) -> None:
        person = Person(f"{uuid.uuid4().hex}@example.com", PASSWORD)
        answer = self._counted(SESSION.register, person)
        if answer is not None and answer.status == 201:
            self.registered.append(person)
        elif answer is not None and answer.status not in PASSING:
            self.outcome.lost.append(f"a registration was refused: {answer.status}")

    def _open(self) -> None:
        speaker = self._random.choice(SPEAKERS)
        answer = self._counted(speaker.open, self._random.choice(self._people))
        if answer is None or answer.status in PASSING:
            return
        if answer.status == 200:
            self.held.append(Held(speaker, speaker.pair(answer)))
        else:
            self.outcome.lost.append(f"{speaker.path} refused a right secret: {answer.status}")

    def _refresh(self, held: Held) -> None:
        if not held.speaker.refreshes:
            return
        started = time.monotonic()
        answer = self._counted(held.speaker.refresh, held.pair)
        while _is_doubtful(answer) and time.monotonic() < started + ASK_AGAIN_SECONDS:
            answer = self._counted(held.speaker.refresh, held.pair)
        if answer is not None and answer.status == 200:
            held.older.append(held.pair.access)
            held.pair = held.speaker.pair(answer)
            return
        self.held.remove(held)
        if answer is not None and answer.status not in PASSING:
            self.outcome.lost.append(f"a refresh token was refused: {answer.status}")

    def _verify(self, held: Held) -> None:
        answer = self._counted(held.speaker.verify, held.pair)
        if answer is not None and answer.status not in (204, *PASSING):
            self.outcome.lost.append(f"a live token of {held.speaker.path} got {answer.status}")
            self.held.remove(held)

    def _end(self, held: Held) -> None:
        if not held.speaker.ends:
            return
        answer = self._counted(held.speaker.end, held.pair)
        if answer is not None and answer.status == 204:
            held.ended = True
            return
        self.held.remove(held)
        if answer is not None and answer.status not in PASSING:
            self.outcome.lost.append(f"a logout was refused: {answer.status}")

    def audit(self, port: int) -> Outcome:
        """Compare the ledger with what the service answers now."""
        client = Client(port)
        found = self.outcome
        for held in self.held:
            answer = held.speaker.verify(client, held.pair)
            expected = 401 if held.ended else 204
            if answer is None or answer.status != expected:
                what = "an ended" if held.ended else "a live"
                got = "no answer" if answer is None else answer.status
                found.lost.append(f"afterwards {what} session of {held.speaker.path} got {got}")
            for access in held.older[-2:]:
                older = held.speaker.verify(client, Pair(access))
                if older is None or older.status != 401:
                    found.lost.append(f"afterwards a replaced token of {held.speaker.path} counts")
        for person in self.registered:
            answer = SESSION.open(client, person)
            if answer is None or answer.status != 200:
                found.lost.append("afterwards a registered user cannot log in")
        client.close()
        return found


def _is_doubtful(answer: Answer | None) -> bool:
    return answer is None or answer.status == 503


class Crowd:
    """Several actors at once, on one machine or more."""

    def __init__(self, ports: Sequence[int], people: list[Person], number: int = 6) -> None:
        self.actors = [Actor(ports, people, seed) for seed in range(number)]
        self._ports = ports

    def __enter__(self) -> "Crowd":
        for actor in self.actors:
            actor.start()
        return self

    def __exit__(self, *_: object) -> None:
        for actor in self.actors:
            actor.stopping.set()
        for actor in self.actors:
            actor.join(60)

    @property
    def statuses(self) -> Counter[int]:
        return sum((actor.statuses for actor in self.actors), Counter())

    @property
    def longest(self) -> float:
        return max(actor.longest for actor in self.actors)

    def audit(self) -> Outcome:
        total = Outcome()
        for actor in self.actors:
            total.add(actor.audit(self._ports[0]))
        total.expect(total.answered > 0, "nothing was answered at all")
        return total
