"""A world: the service with a database, clock, faults and journal of its own. Worlds never meet."""

import shutil
import sqlite3
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Any, cast

from flask import Flask, Response, g, request

from app import create_app
from app.core.core import Core
from app.core.refusals import Refused
from app.doors.verify import REFUSAL
from app.http.http_refusals import HttpRefusal
from app.settings.settings import Settings
from app.store.faults import StoreUnavailable

from . import effects
from .clock import VirtualClock
from .effects import Answered
from .faults import REFUSALS, Faults, Rule
from .journal import Journal
from .recorder import MAX_BODY, Recorder
from .seeds import BadSeed, Seeded, sow
from .wire import LINE, Hangup, Line

Environ = dict[str, Any]
StartResponse = Callable[..., Any]
EFFECT = "harness.effect"


@dataclass(frozen=True)
class Snapshot:
    """A state that can be restored: the database as a file, who there is, and the clock."""

    database: Path
    seeded: Seeded
    now: float
    frozen: bool
    rate: float


class World:
    """One world. ``seed`` is a seed document; ``template`` an empty database at the newest migration."""

    def __init__(
        self,
        name: str,
        home: Path,
        *,
        settings: Settings,
        template: Path,
        seed: Mapping[str, Any],
        clock: VirtualClock,
    ) -> None:
        self.name = name
        self.home = home
        self.clock = clock
        self.faults = Faults()
        self.journal = Journal()
        self._recorder = Recorder(name, clock, lambda: self.app)
        self.snapshots: dict[str, Snapshot] = {}
        self._acts = threading.Lock()
        self._database = home / "watchword.sqlite3"
        self._settings = replace(settings, database_url=f"sqlite:///{self._database}")
        home.mkdir(mode=0o700)
        shutil.copyfile(template, self._database)
        self.app = self._application()
        try:
            self.seeded = sow(self.core, seed, Seeded())
        except BadSeed:
            self.close()
            raise
        self._born = self._kept("born")

    @property
    def core(self) -> Core:
        return cast(Core, self.app.extensions["watchword"].core)

    def _application(self) -> Flask:
        app = create_app(self._settings, self.clock)
        app.before_request(self._interfere)
        app.after_request(_note_refusal)
        return app

    def reset(self) -> None:
        """Back to the seed: database, identities, faults, journal and snapshots. The clock goes on."""
        with self._acts:
            self._restore(self._born)
            for snapshot in self.snapshots.values():
                snapshot.database.unlink()
            self.snapshots.clear()
            self.faults.clear()
            self.journal.clear()

    def keep(self, name: str) -> None:
        with self._acts:
            self.snapshots[name] = self._kept(f"snapshot-{len(self.snapshots)}")

    def restore(self, name: str) -> None:
        """Raises KeyError. The clock shows the time of the snapshot again."""
        with self._acts:
            snapshot = self.snapshots[name]
            self._restore(snapshot)
            self.clock.turn(
                now=snapshot.now, frozen=snapshot.frozen, rate=snapshot.rate, rewind=True
            )

    def _kept(self, name: str) -> Snapshot:
        path = self.home / f"{name}.sqlite3"
        with (
            closing(sqlite3.connect(self._database)) as source,
            closing(sqlite3.connect(path)) as target,
        ):
            source.backup(target)
        clock = self.clock
        return Snapshot(path, self.seeded, clock.true_now(), clock.frozen, clock.rate)

    def _restore(self, snapshot: Snapshot) -> None:
        self.core.close()
        for suffix in ("-wal", "-shm"):
            Path(f"{self._database}{suffix}").unlink(missing_ok=True)
        # Another file: what is still being answered ends in the old one.
        fresh = self.home / "restored.sqlite3"
        shutil.copyfile(snapshot.database, fresh)
        fresh.replace(self._database)
        self.seeded = snapshot.seeded
        self.app = self._application()

    def close(self) -> None:
        self.journal.close()
        self.core.close()
        shutil.rmtree(self.home, ignore_errors=True)

    def answer(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """What the service answers, or what a fault makes of it. Raises Hangup."""
        line: Line = environ[LINE]
        started = time.perf_counter()
        raw = environ["wsgi.input"].read(MAX_BODY + 1)
        environ["wsgi.input"].seek(0)
        entry, about = self._recorder.begin(environ, raw)
        rule = self.faults.fires(about)
        effect: Mapping[str, Any] = rule.effect if rule else {}
        environ[EFFECT] = effect
        try:
            effects.before(effect)
            skew = effect.get("clock_skew_seconds", 0.0)
            line.clock = lambda: self.clock.true_now() + skew
            with self.clock.skewed(skew):
                answered = self._answered(environ, effect)
            self._recorder.note(entry, environ, answered)
            effects.after(effect)
        except Hangup:
            entry.fault = f"{_named(rule)}: nothing was sent"
            raise
        finally:
            entry.seconds = time.perf_counter() - started
            entry.fault = entry.fault or environ.get("harness.note") or _named(rule) or None
            self.journal.add(entry)
        answered = effects.malformed(answered, effect.get("malform"))
        line.tamper = effects.on_the_wire(effect)
        start_response(answered.status, answered.headers)
        return [answered.body]

    def _answered(self, environ: Environ, effect: Mapping[str, Any]) -> Answered:
        """As in service; but a fault needs Flask's way, in which ``_interfere`` is, and not the short cut."""
        found: list[Any] = []

        def start_response(
            status: str, headers: effects.Headers, _exc_info: Any = None, /
        ) -> Callable[[bytes], None]:
            found[:] = [status, headers]
            return lambda _piece: None

        wsgi_app = partial(Flask.wsgi_app, self.app) if effect else self.app.wsgi_app
        pieces = wsgi_app(environ, start_response)
        try:
            body = b"".join(pieces)
        finally:
            close = getattr(pieces, "close", None)
            if close is not None:
                close()
        status, headers = found
        return Answered(status, list(headers), body)

    def _interfere(self) -> Response | None:
        """What a fault puts in the place of the service's own answer, in the dialect's words."""
        effect: Mapping[str, Any] = request.environ.get(EFFECT, {})
        dialect = self.app.extensions["watchword"].pages.dialect_of(request.environ["PATH_INFO"])
        if effect.get("database") == "unavailable":
            raise StoreUnavailable("a fault of the harness")
        if "refuse" in effect:
            refusal: StrEnum = REFUSALS[effect["refuse"].lower()]
            if refusal not in dialect.errors:
                request.environ["harness.note"] = f"{dialect.name} has no {refusal.name}"
                raise Refused(HttpRefusal.INTERNAL)
            raise Refused(refusal, retry_after=effect.get("retry_after"))
        if "status" in effect:
            status = effect["status"]
            refusal = next(
                (name for name, row in dialect.errors.items() if row.status == status),
                HttpRefusal.INTERNAL,
            )
            g.refusal = refusal
            response: Response = dialect.refuse(Refused(refusal), status)
            return response
        return None


def _note_refusal(response: Response) -> Response:
    refusal = g.get("refusal")
    if refusal is not None:
        request.environ[REFUSAL] = refusal
    return response


def _named(rule: Rule | None) -> str:
    return f"#{rule.id}" if rule else ""
