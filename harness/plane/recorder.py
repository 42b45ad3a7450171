"""From a request and its answer to an entry of the journal."""

import time
from collections.abc import Callable
from typing import Any

from flask import Flask
from werkzeug.datastructures import EnvironHeaders

from app.core.core import Core
from app.doors.verify import REFUSAL

from . import asked
from .clock import VirtualClock
from .effects import Answered
from .faults import Asked
from .journal import Entry
from .redaction import MAX_NAMES, Names

# A body beyond this is no dialect's: its length is kept, and nothing of it.
MAX_BODY = 64 * 1024


class Recorder:
    """Of one world; ``app`` gives its application, which is another after a reset.

    Tokens keep their names over a reset: a name is never given twice.
    """

    def __init__(self, world: str, clock: VirtualClock, app: Callable[[], Flask]) -> None:
        self._world = world
        self._clock = clock
        self._app = app
        # Of the application that it belongs to: after a reset, there are other sessions.
        self._known: tuple[Flask | None, dict[str, asked.Holder]] = (None, {})
        self._names = Names(lambda token: asked.kind_of(self._core, token))

    @property
    def _core(self) -> Core:
        core: Core = self._app().extensions["watchword"].core
        return core

    def begin(self, environ: dict[str, Any], raw: bytes) -> tuple[Entry, Asked]:
        """The entry, as far as the request says it; and what of the request a fault may match."""
        app = self._app()
        method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"]
        query = environ.get("QUERY_STRING", "")
        operation = asked.operation_of(app, method, path)
        dialect = app.extensions["watchword"].pages.dialect_of(path)
        headers = list(iter(EnvironHeaders(environ)))  # without asking for their number first
        content_type = environ.get("CONTENT_TYPE", "")
        texts = [*(value for _, value in headers), query, raw.decode("utf-8", "replace")]
        holders = self._holders_of(app, "\n".join(texts))
        logins = asked.logins_in(raw, content_type, environ.get("HTTP_AUTHORIZATION", ""))
        users = {name for holder in holders for name in (holder.username, holder.email)}
        entry = Entry(
            at=self._clock.true_now(),
            real_at=time.time(),
            world=self._world,
            method=method,
            path=path,
            dialect=dialect.name,
            operation=operation,
            user=holders[0].username if holders else next(iter(logins), None),
            session=holders[0].name if holders else None,
            request={
                "headers": self._names.headers(headers),
                "query": self._names.without_tokens(query),
                "body": self._names.body(raw, content_type) if len(raw) <= MAX_BODY else len(raw),
            },
        )
        return entry, Asked(method, path, operation, dialect.name, frozenset({*users, *logins}))

    def note(self, entry: Entry, environ: dict[str, Any], answered: Answered) -> None:
        """Add what the service answered, before a fault spoils it."""
        named = {name.lower(): value for name, value in answered.headers}
        entry.status = int(answered.status[:3])
        refusal = environ.get(REFUSAL)
        entry.refusal = None if refusal is None else refusal.value
        entry.request_id = named.get("x-request-id")
        content_type = named.get("content-type", "")
        entry.response = {
            "headers": self._names.headers(answered.headers),
            "body": self._names.body(answered.body, content_type) if answered.body else None,
        }
        holders = self._holders_of(self._app(), answered.body.decode("utf-8", "replace"))
        if holders:
            entry.user, entry.session = holders[0].username, holders[0].name

    def _holders_of(self, app: Flask, text: str) -> list[asked.Holder]:
        """Whose the tokens in this text are. No name ever changes, so each token is looked up once."""
        if self._known[0] is not app:
            self._known = (app, {})
        known = self._known[1]
        found = []
        for token in self._names.tokens(text):
            holder = known.get(token) or asked.holder_of(self._core, token)
            if holder is not None:
                found.append(holder)
                known[token] = holder
        if len(known) > MAX_NAMES:
            known.clear()
        return found
