"""Traces by OpenTelemetry: a span for each request, and for the core operations and statements in it.

Nothing of the service imports this module while ``WATCHWORD_TRACES`` is off. Where it is on, each worker
calls ``start`` before its first request, and the plain functions are replaced by wrappers. So a service
without traces has no condition, no import and no call for them.

An attribute has no token, name, URL, query, header or value of a statement. A span has the route's
pattern, the refusal's name, and the SQL with its placeholders. An error is told by its type alone, because
its text may have values.
"""

import functools
import inspect
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from flask import Flask
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import INVALID_SPAN, Span, SpanKind, Status, StatusCode, get_current_span
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from .core.refusals import Refused
from .doors.verify import ENVOY_PATH, status_of_a_yes
from .http import metrics
from .store.replica import Replica
from .store.store import Store, Writing
from .version import VERSION

# The packages whose public functions of a ``core`` are operations.
OPERATIONS = ("app.core.sessions", "app.core.identities", "app.core.credentials")
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"})
# How long a worker that ends waits for a collector, in seconds.
PATIENCE = 2.0

Application = Callable[..., Iterable[bytes]]


class Traces:
    """What ``start`` has replaced. ``stop`` puts the plain functions back and sends what is left."""

    def __init__(self, app: Flask, processor: SpanProcessor) -> None:
        # OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES win.
        own = Resource({"service.name": "watchword", "service.version": VERSION})
        self._provider = TracerProvider(resource=own.merge(_stated()))
        self._provider.add_span_processor(processor)
        self._tracer = self._provider.get_tracer("watchword", VERSION)
        self._replaced: list[tuple[object, str, object]] = []
        self._replace(app, "wsgi_app", self._request(app.wsgi_app))
        self._replace(metrics, "observe", _observed(metrics.observe))
        self._replace_operations()
        self._replace(Store, "read", self._read(Store.read))
        self._replace(Store, "write", self._write(Store.write))
        self._replace(Store, "write_at_once", self._execute(Store.write_at_once))
        self._replace(Writing, "execute", self._execute(Writing.execute))
        self._replace(Writing, "execute_many", self._execute_many(Writing.execute_many))

    def stop(self) -> None:
        for owner, name, plain in reversed(self._replaced):
            setattr(owner, name, plain)
        # A collector that does not answer must not hold up the worker's end.
        ending = threading.Thread(target=self._provider.shutdown, daemon=True)
        ending.start()
        ending.join(PATIENCE)

    def _replace(self, owner: object, name: str, traced: object) -> None:
        self._replaced.append((owner, name, getattr(owner, name)))
        setattr(owner, name, traced)

    def _replace_operations(self) -> None:
        """In every module that has imported one."""
        modules = [
            module for name, module in sorted(sys.modules.items()) if name.startswith("app.")
        ]
        traced: dict[object, object] = {}
        for module in modules:
            if module.__name__.startswith(OPERATIONS):
                for name, function in vars(module).items():
                    if _is_operation(module.__name__, name, function):
                        traced[function] = self._operation(function)
        for module in modules:
            for name, value in list(vars(module).items()):
                if inspect.isfunction(value) and value in traced:
                    self._replace(module, name, traced[value])

    @contextmanager
    def _span(
        self, name: str, attributes: dict[str, str], kind: SpanKind = SpanKind.INTERNAL, **more: Any
    ) -> Iterator[Span]:
        if kind is not SpanKind.SERVER and not get_current_span().get_span_context().is_valid:
            # Housekeeping, or a replica that is measured: each statement would be a trace of its own.
            yield INVALID_SPAN
            return
        with self._tracer.start_as_current_span(
            name,
            kind=kind,
            attributes=attributes,
            record_exception=False,
            set_status_on_exception=False,
            **more,
        ) as span:
            try:
                yield span
            except Refused as refused:
                span.set_attribute("watchword.refusal", str(refused.refusal))
                raise
            except Exception as error:
                span.set_attribute("error.type", type(error).__name__)
                span.set_status(Status(StatusCode.ERROR))
                raise

    def _request(self, application: Application) -> Application:
        parents = TraceContextTextMapPropagator()

        def traced(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
            fields = {
                name: environ[f"HTTP_{name.upper()}"]
                for name in ("traceparent", "tracestate")
                if f"HTTP_{name.upper()}" in environ
            }
            method = environ["REQUEST_METHOD"]
            known = method if method in METHODS else "_OTHER"
            attributes = {"http.request.method": known}
            context = parents.extract(fields)
            with self._span(known, attributes, SpanKind.SERVER, context=context) as span:

                def start(status: str, *others: Any) -> Any:
                    code = int(status[:3])
                    span.set_attribute("http.response.status_code", code)
                    if code >= 500:
                        span.set_status(Status(StatusCode.ERROR))
                    # Flask forgets the request when it returns.
                    route = _route(environ)
                    if route is not None:
                        span.set_attribute("http.route", route)
                        span.update_name(f"{known} {route}")
                    return start_response(status, *others)

                return application(environ, start)

        return traced

    def _operation(self, plain: Callable[..., Any]) -> Callable[..., Any]:
        name = f"{plain.__module__.removeprefix('app.core.')}.{plain.__name__}"

        @functools.wraps(plain)
        def traced(*arguments: Any, **named: Any) -> Any:
            with self._span(name, {}):
                return plain(*arguments, **named)

        return traced

    def _statement(self, sql: str, at: Store | Writing) -> AbstractContextManager[Span]:
        attributes = {
            "db.system.name": at.backend,
            "watchword.database": "replica" if isinstance(at, Replica) else "primary",
            "db.query.text": sql,
            "db.operation.name": sql.split(None, 1)[0],
        }
        return self._span(attributes["db.operation.name"], attributes, SpanKind.CLIENT)

    def _read(self, plain: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(plain)
        def read(store: Store, statement: Any, **parameters: Any) -> Any:
            with self._statement(store.sql(statement), store):
                return plain(store, statement, **parameters)

        return read

    def _execute(self, plain: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(plain)
        def execute(at: Store | Writing, statement: Any, parameters: Mapping[str, Any] = {}) -> Any:
            with self._statement(at.sql(statement, tuple(parameters)), at):
                return plain(at, statement, parameters)

        return execute

    def _execute_many(self, plain: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(plain)
        def execute_many(at: Writing, statement: Any, rows: Any) -> None:
            if rows:
                with self._statement(at.sql(statement, tuple(rows[0])), at):
                    plain(at, statement, rows)

        return execute_many

    def _write(self, plain: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(plain)
        @contextmanager
        def write(store: Store, **how: Any) -> Iterator[Writing]:
            attributes = {"db.system.name": store.backend}
            with (
                self._span("transaction", attributes, SpanKind.CLIENT),
                plain(store, **how) as writing,
            ):
                yield writing

        return write


def start(app: Flask, processor: SpanProcessor | None = None) -> Traces:
    """Trace this process, whose ``app`` it is, until ``stop``.

    Without ``processor`` spans are sent by OTLP over HTTP, by a thread of this process, as OpenTelemetry's
    own variables say (``OTEL_EXPORTER_OTLP_ENDPOINT`` and others). So call it after the fork.
    """
    return Traces(app, processor or BatchSpanProcessor(OTLPSpanExporter()))


def _stated() -> Resource:
    """What the operator's variables say, and nothing that the library would add where they say nothing."""
    stated = dict(Resource.create().attributes)
    if str(stated.get("service.name", "")).startswith("unknown_service"):
        del stated["service.name"]
    return Resource(stated)


def _is_operation(module: str, name: str, value: object) -> bool:
    if not inspect.isfunction(value) or value.__module__ != module or name.startswith("_"):
        return False
    return next(iter(inspect.signature(value).parameters), None) == "core"


def _observed(plain: Callable[..., None]) -> Callable[..., None]:
    """Both ways to an answer count it here, within the request's span."""

    @functools.wraps(plain)
    def observe(dialect: str, status: int, refusal: Any, seconds: float) -> None:
        span = get_current_span()
        span.set_attribute("watchword.dialect", dialect)
        if refusal is not None:
            span.set_attribute("watchword.refusal", str(refusal))
        plain(dialect, status, refusal, seconds)

    return observe


def _route(environ: dict[str, Any]) -> str | None:
    """The pattern that the path has matched; never the path itself, which may have a token."""
    path = environ["PATH_INFO"]
    if status_of_a_yes(path) is not None:
        return ENVOY_PATH if path.startswith(ENVOY_PATH) else path
    rule = getattr(environ.get("werkzeug.request"), "url_rule", None)
    return None if rule is None else str(rule.rule)
