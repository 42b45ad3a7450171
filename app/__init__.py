"""Watchword: one sentry, four dialects.

Clients of four different authentication APIs log in, each through its own API (``dialects``), to one
core of identities and sessions (``core``, on the database in ``store``). Gateways and APIs ask a door
(``doors``) whether a token is valid. ``http`` is what the dialects share of HTTP, ``cli`` the operator's
commands, ``console`` the operator's pages, ``settings`` what an operator may set. ``serving`` is the HTTP
server; it imports nothing of the rest. Imports point down only; ``setup.cfg`` has the contracts.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flask import Flask, Request
from flask.sessions import NullSession, SessionInterface
from sqlalchemy import Dialect as SqlDialect
from sqlalchemy import make_url
from werkzeug.routing import Map, MapAdapter

from . import lean_structlog  # noqa: F401

# isort: split
from . import cli
from .console.kinds import CONSOLE
from .core.clock import Clock
from .core.core import Core, build_core
from .core.kinds import Kinds
from .core.upkeep.readiness import Readiness
from .dialects import all_dialects, all_kinds
from .doors import Problems, all_doors
from .doors.short_cut import ShortCut
from .http import hooks, logs, metrics
from .http.bodies import MAX_BYTES
from .http.dialect import Dialect
from .http.error_pages import ErrorPages
from .http.routes import Route, own_copy
from .settings.database import DEFAULT_DATABASE
from .settings.settings import Settings
from .store.connections import Connections
from .store.engine import dialect_of
from .store.replica import Replica
from .store.store import Store

if TYPE_CHECKING:
    from .console.dialect import Console, Reach


class NoCookieSession(SessionInterface):
    """Flask's own session, a signed cookie. No part of Watchword uses it, so all requests share none."""

    _NONE = NullSession()

    def open_session(self, app: Flask, request: Request) -> NullSession:
        return self._NONE


class Service(Flask):
    """Flask without the check, at every request, whether a function is a coroutine."""

    url_rule_class = Route
    _borrowed: Map | None = None
    session_interface = NoCookieSession()

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        return func

    @property
    def url_map(self) -> Map:
        """The rules of this application alone: copies, from when somebody first asks for them.

        Requests alone do not. Until then they go by the rules of ``borrow``, which cost nothing.
        """
        borrowed = self._borrowed
        if borrowed is not None:
            self._own, self._borrowed = own_copy(borrowed), None
        return self._own

    @url_map.setter
    def url_map(self, rules: Map) -> None:
        self._own = rules

    def borrow(self, operations: "Service") -> None:
        """Answer the requests that ``operations`` answers, by the same views."""
        self._borrowed = operations.url_map
        self.view_functions.update(operations.view_functions)
        self.blueprints.update(operations.blueprints)

    def create_url_adapter(self, request: Request | None) -> MapAdapter | None:
        """Find an operation by path and method. Neither host nor scheme says which one it is.

        A method is case-sensitive (RFC 9110 section 9.1), so ``get`` is none that a rule knows: 405.
        Werkzeug would take it for GET, and a gateway's rule for GET would not see it. A request to
        upgrade the connection is answered as if it did not ask (section 7.8); for a WebSocket Werkzeug
        would look among rules of another kind.
        """
        if request is None:
            return super().create_url_adapter(request)
        method = request.environ["REQUEST_METHOD"]
        known = method if request.method == method else "--"
        request.method = method
        rules = self._borrowed or self._own
        return MapAdapter(rules, "", request.root_path, "", "http", request.path, known)


@cache
def with_operations(dialects: tuple[Dialect, ...]) -> Service:
    """An application that has these operations and nothing else.

    To register them takes most of the time that creating an application took: Werkzeug parses and
    compiles the rule of each. So it is done once in a process, and applications borrow them.
    """
    app = empty_service()
    for dialect in dialects:
        dialect.register(app)
    return app


def empty_service() -> Service:
    """An application without an operation."""
    app = Service(__name__, static_folder=None, instance_path=str(DEFAULT_DATABASE.parent))
    app.config.update(MAX_CONTENT_LENGTH=MAX_BYTES, PROVIDE_AUTOMATIC_OPTIONS=False)
    # Werkzeug would redirect to a tidier URL, with an HTML page. Here it is a 404 of its dialect.
    app.url_map.merge_slashes = False
    app.url_map.strict_slashes = True
    return app


@dataclass(frozen=True)
class Watchword:
    """The object in ``app.extensions["watchword"]``."""

    core: Core
    readiness: Readiness
    connections: Connections
    settings: Settings
    dialects: list[Dialect]
    pages: ErrorPages


def create_app(settings: Settings, clock: Clock | None = None) -> Flask:
    """The application. Opens no connection: keys and rows are read when first needed."""
    logs.configure(settings.log_level, development=settings.development)
    app = empty_service()
    url = make_url(settings.database_url)
    if url.database and Path(url.database).parent == Path(app.instance_path):
        # The default place. If it cannot be created, opening the database reports it.
        with suppress(OSError):
            Path(app.instance_path).mkdir(mode=0o700, exist_ok=True)
    connections = Connections(
        url,
        life_seconds=settings.database_connection_seconds,
        synchronous=settings.sqlite_synchronous,
    )
    app.config["SQLALCHEMY_DATABASE_URI"] = settings.database_url
    dialect = dialect_of(url.drivername)
    store = Store(connections, dialect)
    replica = _replica(settings, store, dialect)
    core = build_core(
        store,
        policy=settings.policy,
        kinds=Kinds((*all_kinds(), CONSOLE), settings.lifetimes),
        secret_keys=settings.secret_keys,
        jwt_algorithm=settings.jwt_algorithm,
        argon2_profile=settings.argon2_profile,
        issuer=settings.issuer,
        registrars=settings.registrars,
        clock=clock,
        replica=replica,
    )
    dialects = [*all_dialects(), *all_doors()]
    console = _console(settings)
    outside = next(d for d in dialects if isinstance(d, Problems))
    pages = ErrorPages([*dialects, *console], outside)
    app.extensions["watchword"] = Watchword(
        core, Readiness(), connections, settings, dialects, pages
    )
    app.borrow(with_operations((*dialects, *console)))
    pages.register(app)
    hooks.register(app, pages, settings.trusted_proxies)
    for operators_pages in console:
        app.before_request(operators_pages.hide)
    app.wsgi_app = ShortCut(  # type: ignore[method-assign]
        app.wsgi_app, core, settings.trusted_proxies
    )
    cli.register(app)
    return app


def _replica(settings: Settings, primary: Store, dialect: SqlDialect) -> Replica | None:
    if not settings.replica_url:
        return None
    return Replica(
        make_url(settings.replica_url),
        dialect,
        primary,
        lag_seconds=settings.replica_lag_seconds,
        life_seconds=settings.database_connection_seconds,
        count=metrics.count_replica_read,
        show_lag=metrics.set_replica_lag,
    )


def _console(settings: Settings) -> "list[Console]":
    """The operator's pages, where they are wanted. They are in no published contract."""
    if not settings.console:
        return []
    from .console.dialect import Reach

    return [_built_console(Reach(settings.console_networks, settings.trusted_proxies))]


@cache
def _built_console(reach: "Reach") -> "Console":
    """Built once in a process for those who can reach it, as the dialects are."""
    from .console.dialect import build
    from .dialects.aaa.kinds import CODES

    return build(reach, CODES)
