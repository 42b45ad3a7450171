"""A client of the control plane, with the standard library alone.

watchword = Watchword("http://127.0.0.1:8000")
watchword.clock.tick(hours=1)
watchword.journal.count(operation="PUT /session", status=200)
"""

import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote, urlencode

from .control import Json, ask
from .shared_clock import SharedClock

# The conditions of a fault; whatever else ``faults.add`` is given is its effect.
CONDITIONS = ("dialect", "method", "path", "user", "nth", "skip", "times")
# How long to wait before a harness that cannot let one wait is asked again.
ASK_AGAIN_SECONDS = 0.25


class Watchword:
    """One world of a running harness. ``url`` is what the client under test is given."""

    def __init__(self, url: str, control: str | None = None, *, name: str = "default") -> None:
        self.url = url.rstrip("/")
        self.control = (control or f"{self.url}/__harness__").rstrip("/")
        self.name = name
        self.clock = Clock(self)
        self.faults = Faults(self)
        self.journal = Journal(self)

    def ask(self, method: str, path: str, body: Any = None, *, timeout: float = 90) -> Json:
        """One request to the control plane, and what it answers. Raises ControlError."""
        return ask(self.control, method, path, body, timeout=timeout)

    def world(
        self,
        *,
        name: str | None = None,
        seed: Mapping[str, Any] | None = None,
        now: "datetime | str | float | None" = None,
        frozen: bool = False,
        port: int | None = None,
    ) -> "Watchword":
        """A new world of the same process. ``close`` throws it away."""
        wanted = {"name": name, "seed": seed, "port": port}
        body: Json = {key: value for key, value in wanted.items() if value is not None}
        if now is not None:
            body["now"] = _instant(now)
        made = self.ask("POST", "/worlds", {**body, "frozen": frozen})
        return World(self, made["url"], made["control"], made["name"])

    def reset(self) -> None:
        """Back to the seed. The clock goes on."""
        self.ask("POST", "/reset")

    def snapshot(self, name: str) -> None:
        """Keep the state of this world, clock included."""
        self.ask("POST", f"/snapshots/{quote(name, safe='')}")

    def restore(self, name: str) -> None:
        """Restore a state that was kept."""
        self.ask("PUT", f"/snapshots/{quote(name, safe='')}")
        if self.clock.shared is not None:
            self.clock.share()

    @property
    def identities(self) -> Json:
        """The identities of the world as a seed document, with the passwords in clear."""
        return self.ask("GET", "/identities")

    def add_identities(self, document: Mapping[str, Any]) -> Json:
        """Add the customers, clients and users of a seed document; returns who there is now."""
        return self.ask("POST", "/identities", document)

    def token(
        self, user: str, dialect: str, state: str = "live", *, client_id: str | None = None
    ) -> Json:
        """A token without a login, in the state asked for: ``access``, and perhaps ``refresh``."""
        body = {"user": user, "dialect": dialect, "state": state}
        return self.ask("POST", "/tokens", body | ({"client_id": client_id} if client_id else {}))

    def act(self, **action: Any) -> Json:
        """One act of the operator, such as ``act(disable_user="komi")``; what came of it."""
        done: Json = self.ask("POST", "/actions", action)["done"]
        return done

    def close(self) -> None:
        """Give the process its own clock back."""
        self.clock.unshare()


class World(Watchword):
    """A world that was made on the way, and can be thrown away."""

    def __init__(self, maker: Watchword, url: str, control: str, name: str) -> None:
        super().__init__(url, control, name=name)
        self._maker = maker

    def close(self) -> None:
        """Throw the world away."""
        self.clock.unshare()
        self._maker.ask("DELETE", f"/worlds/{quote(self.name, safe='')}")


class Clock:
    """The clock of a world. The names are those of freezegun and time-machine."""

    def __init__(self, watchword: Watchword) -> None:
        self._watchword = watchword
        self.shared: SharedClock | None = None

    def now(self) -> datetime:
        """The world's time, in UTC."""
        return datetime.fromtimestamp(self._watchword.ask("GET", "/clock")["now"], UTC)

    def tick(self, delta: float | timedelta = 0.0, **parts: float) -> Json:
        """Go forward by seconds, a timedelta, or its parts: ``tick(hours=1)``. Returns what came due."""
        whole = delta if isinstance(delta, timedelta) else timedelta(seconds=delta)
        return self._turn(advance_seconds=(whole + timedelta(**parts)).total_seconds())

    shift = tick

    def move_to(self, when: datetime | str | float, *, rewind: bool = False) -> Json:
        """Go to a time. Going back needs ``rewind``. Returns what came due."""
        return self._turn(now=_instant(when), rewind=rewind)

    def freeze(self) -> None:
        """Stand still until it is turned or thawed."""
        self._turn(frozen=True)

    def thaw(self) -> None:
        """Run again."""
        self._turn(frozen=False)

    def share(self) -> None:
        """Let the clock of this process move with the world's, until ``unshare``.

        Raises NoClockLibrary. At another ``rate`` than 1 the two differ until the next turn.
        """
        self.shared = self.shared or SharedClock()
        self._show(self._watchword.ask("GET", "/clock"))

    def unshare(self) -> None:
        """Give the process its own clock back."""
        if self.shared is not None:
            self.shared.stop()
            self.shared = None

    def _turn(self, **how: Any) -> Json:
        found = self._watchword.ask("PUT", "/clock", how)
        self._show(found)
        due: Json = found["due"]
        return due

    def _show(self, found: Json) -> None:
        if self.shared is not None:
            when = datetime.fromtimestamp(found["now"], UTC)
            self.shared.show(when, frozen=found["frozen"])


class Faults:
    """What is to go wrong in a world."""

    def __init__(self, watchword: Watchword) -> None:
        self._watchword = watchword

    def add(self, operation: str | None = None, **rule: Any) -> int:
        """Add a rule; its number. ``nth``, ``skip``, ``times``, ``user`` … say which requests go wrong.

        All else is the effect, such as ``disconnect="after"`` or ``refuse="TOKEN_EXPIRED"``.
        """
        match = {name: rule.pop(name) for name in CONDITIONS if name in rule}
        if operation is not None:
            match["operation"] = operation
        body = {"match": match, "effect": rule}
        return int(self._watchword.ask("POST", "/faults", body)["id"])

    def all(self) -> list[Json]:
        """The rules, and how often each has fired."""
        found: list[Json] = self._watchword.ask("GET", "/faults")["faults"]
        return found

    def remove(self, number: int) -> None:
        """Remove one rule."""
        self._watchword.ask("DELETE", f"/faults/{number}")

    def clear(self) -> None:
        """Remove all rules."""
        self._watchword.ask("DELETE", "/faults")


class Journal:
    """What was asked of a world, and what it answered."""

    def __init__(self, watchword: Watchword) -> None:
        self._watchword = watchword

    def entries(self, **wanted: Any) -> list[Json]:
        """The entries, oldest first: all, or those with these values (``status=200``, ``after=7`` …)."""
        query = urlencode(wanted)
        found: list[Json] = self._watchword.ask("GET", f"/journal?{query}")["entries"]
        return found

    def count(self, **wanted: Any) -> int:
        """How many entries there are with these values."""
        return len(self.entries(**wanted))

    def wait(self, *, seconds: float = 10, **wanted: Any) -> list[Json]:
        """The same as ``entries``, as soon as there is one; an empty list if there is none in time."""
        # A harness that is asked by many answers early. The clock of this process may stand still: it is
        # the harness that says how long it has waited.
        while True:
            query = urlencode({**wanted, "seconds": seconds})
            answer = self._watchword.ask("GET", f"/journal/wait?{query}")
            found: list[Json] = answer["entries"]
            seconds -= answer["waited_seconds"]
            if found or seconds <= 0:
                return found
            time.sleep(ASK_AGAIN_SECONDS)
            seconds -= ASK_AGAIN_SECONDS

    def clear(self) -> None:
        """Forget what was."""
        self._watchword.ask("DELETE", "/journal")


def _instant(when: datetime | str | float) -> str | float:
    return when.isoformat() if isinstance(when, datetime) else when
