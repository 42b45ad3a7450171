"""Traces by OpenTelemetry, with its own exporters: into memory, and from real workers to a collector."""

import http.server
import os
import sys
import threading
from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode

from app import traces
from app.core import identities as core_identities
from app.core import sessions
from app.core.sessions import nearby
from app.http import metrics
from app.store.store import Store, Writing
from config import ROOT, SettingsError
from tests import grants
from tests.conftest import settings_for
from tests.e2e.conftest import serving
from tests.factories import ORIGIN
from tests.forked import run
from tests.security.conftest import Answer
from tests.security.tour import Tour

TRACE, PARENT = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
TRACEPARENT = {"traceparent": f"00-{TRACE}-{PARENT}-01"}
PLAIN = {
    "read": (Store, Store.read),
    "write": (Store, Store.write),
    "write_at_once": (Store, Store.write_at_once),
    "execute": (Writing, Writing.execute),
    "execute_many": (Writing, Writing.execute_many),
    "observe": (metrics, metrics.observe),
    "verify": (nearby, nearby.verify),
    "prove": (core_identities, core_identities.prove),
}


ON_BOTH = pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)


@pytest.fixture
def database_url(request: pytest.FixtureRequest) -> str:
    """SQLite, or what ``ON_BOTH`` says."""
    url: str = request.getfixturevalue(f"{getattr(request, 'param', 'sqlite')}_url")
    return url


@pytest.fixture
def exported(app: Flask) -> Iterator[InMemorySpanExporter]:
    exporter = InMemorySpanExporter()
    running = traces.start(app, SimpleSpanProcessor(exporter))
    yield exporter
    running.stop()


def by_name(exported: InMemorySpanExporter, name: str) -> ReadableSpan:
    [span] = [span for span in exported.get_finished_spans() if span.name == name]
    return span


def parent_of(exported: InMemorySpanExporter, span: ReadableSpan) -> str:
    assert span.parent is not None
    named = {it.context.span_id: it.name for it in exported.get_finished_spans() if it.context}
    return named[span.parent.span_id]


@ON_BOTH
def test_a_verification_is_a_request_an_operation_and_a_statement(
    core, client: FlaskClient, identities, exported: InMemorySpanExporter
):
    user = identities.add("somebody")
    token = grants.jwt_pair(core, core_identities.get(core, user.id), ORIGIN).access
    assert exported.get_finished_spans() == (), "what no request asks for is not traced"
    headers = {"Authorization": f"Bearer {token}", **TRACEPARENT}
    assert client.get("/verify", headers=headers).status_code == 204
    request = by_name(exported, "GET /verify")
    assert request.context
    assert request.parent
    assert f"{request.context.trace_id:032x}" == TRACE
    assert f"{request.parent.span_id:016x}" == PARENT
    assert dict(request.attributes or {}) == {
        "http.request.method": "GET",
        "http.route": "/verify",
        "http.response.status_code": 204,
        "watchword.dialect": "verify",
    }
    statement = by_name(exported, "SELECT")
    attributes = dict(statement.attributes or {})
    assert attributes.pop("db.query.text").startswith("SELECT sessions.")
    assert attributes == {
        "db.system.name": core.store.backend,
        "watchword.database": "primary",
        "db.operation.name": "SELECT",
    }
    assert parent_of(exported, statement) == "sessions.rows.by_id"
    assert parent_of(exported, by_name(exported, "sessions.nearby.verify")) == "GET /verify"
    assert {span.context.trace_id for span in exported.get_finished_spans() if span.context} == {
        request.context.trace_id
    }


def test_a_refusal_is_named_and_is_no_error(client: FlaskClient, exported: InMemorySpanExporter):
    assert client.get("/verify", headers={"Authorization": "Bearer x"}).status_code == 401
    for name in ("GET /verify", "sessions.nearby.verify"):
        span = by_name(exported, name)
        assert (span.attributes or {})["watchword.refusal"] == "token_malformed"
        assert span.status.status_code is StatusCode.UNSET


@ON_BOTH
def test_a_write_shows_its_transaction_and_its_statements(
    client: FlaskClient, identities, exported: InMemorySpanExporter
):
    user = identities.add("somebody")
    login = {"username": user.username, "password": user.password}
    assert client.post("/api/v2/auth/token", json=login).status_code == 200
    assert by_name(exported, "POST /api/v2/auth/token")
    [insert] = [
        span
        for span in exported.get_finished_spans()
        if (span.attributes or {}).get("db.query.text", "").startswith("INSERT INTO sessions")
    ]
    assert parent_of(exported, insert) == "sessions.rows.open_session"
    assert parent_of(exported, by_name(exported, "sessions.rows.open_session")) == "transaction"


@pytest.mark.parametrize(
    ("method", "path", "name"),
    [
        ("GET", "/verify/envoy/a/secret?Token=secret", "GET /verify/envoy"),
        ("GET", "/nothing/secret", "GET"),
        ("SECRET", "/verify", "_OTHER /verify"),
    ],
)
def test_a_span_is_named_by_what_the_client_cannot_choose(
    client: FlaskClient, exported: InMemorySpanExporter, method: str, path: str, name: str
):
    client.open(path, method=method)
    span = by_name(exported, name)
    assert "secret" not in span.to_json().lower()


def test_a_fault_is_an_error_without_its_text(
    app: Flask, client: FlaskClient, exported: InMemorySpanExporter, monkeypatch
):
    def fails(*_arguments: object, **_named: object) -> None:
        raise RuntimeError("a secret value")

    monkeypatch.setattr("app.core.identities.accounts.find", fails)
    login = {"username": "somebody", "password": "x" * 20}
    app.config["PROPAGATE_EXCEPTIONS"] = False
    assert client.post("/api/v2/auth/token", json=login).status_code == 500
    assert by_name(exported, "POST /api/v2/auth/token").status.status_code is StatusCode.ERROR
    proving = by_name(exported, "identities.accounts.prove")
    assert dict(proving.attributes or {}) == {"error.type": "RuntimeError"}
    assert (proving.status.status_code, proving.status.description) == (StatusCode.ERROR, None)
    assert not any("a secret" in span.to_json() for span in exported.get_finished_spans())


@ON_BOTH
def test_no_secret_and_no_value_is_in_a_span_whatever_is_used(
    client: FlaskClient, core, exported: InMemorySpanExporter
):
    def send(method: str, path: str, headers: dict[str, str], body: bytes | None = None) -> Answer:
        response = client.open(path, method=method, headers=headers, data=body)
        return Answer(response.status_code, dict(response.headers), response.data)

    secrets = Tour(core, send).take()
    spans = exported.get_finished_spans()
    assert len(spans) > 300
    text = "\n".join(span.to_json() for span in spans)
    names = ["tour.ist", "tourist@", "Token=", "koms-web", str(core.store.url.database)]
    assert [secret for secret in (*secrets, *names) if secret in text] == []


def test_when_it_ends_every_function_is_the_plain_one_again(app: Flask, core):
    plain = app.wsgi_app
    running = traces.start(app, SimpleSpanProcessor(InMemorySpanExporter()))
    assert app.wsgi_app is not plain
    assert all(getattr(owner, name) is not it for name, (owner, it) in PLAIN.items())
    running.stop()
    assert app.wsgi_app == plain
    assert all(getattr(owner, name) is it for name, (owner, it) in PLAIN.items())
    assert sessions.verify.__module__ == "app.core.sessions.state"
    assert not hasattr(sessions.verify, "__wrapped__")


OFF = """
import os, sys
os.environ.update(WATCHWORD_ENV="development", WATCHWORD_DATABASE_URL="sqlite:////nonexistent/x")
from wsgi import app
app.test_client().get("/verify")
from app.store.store import Store
from app.core.sessions import nearby
from app.doors.short_cut import ShortCut
assert not [name for name in sys.modules if name.startswith(("opentelemetry", "app.traces"))]
assert type(app.wsgi_app) is ShortCut
assert not [it for it in (Store.read, nearby.verify) if hasattr(it, "__wrapped__")]
"""


def test_switched_off_nothing_is_imported_and_nothing_is_wrapped():
    done = run(["-c", OFF], os.environ, directory=ROOT)
    assert done.returncode == 0, done.stderr


def test_without_the_packages_the_setting_is_refused(monkeypatch):
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.trace", None)
    with pytest.raises(SettingsError, match=r"^WATCHWORD_TRACES: .*requirements-otel.txt"):
        settings_for("sqlite:////tmp/x", monkeypatch, traces="otlp")


@pytest.mark.parametrize("variable", ["PROTOCOL", "TRACES_PROTOCOL"])
def test_another_protocol_is_refused(monkeypatch, variable: str):
    monkeypatch.setenv(f"OTEL_EXPORTER_OTLP_{variable}", "grpc")
    with pytest.raises(SettingsError, match=r"^WATCHWORD_TRACES: .*http/protobuf"):
        settings_for("sqlite:////tmp/x", monkeypatch, traces="otlp")


class Collector(http.server.HTTPServer):
    """Receives OTLP, and keeps it by the process that sent it."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Receiving)
        self.arrived = threading.Event()
        self.received: list[ExportTraceServiceRequest] = []
        threading.Thread(target=self.serve_forever, daemon=True).start()


class _Receiving(http.server.BaseHTTPRequestHandler):
    server: Collector

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.received.append(ExportTraceServiceRequest.FromString(body))
        self.send_response(200)
        self.end_headers()
        self.server.arrived.set()

    def log_message(self, *_arguments: object) -> None:
        """Nothing on the test's output."""


@pytest.mark.e2e
def test_forked_workers_send_their_spans_and_their_last_ones_when_they_end(
    sqlite_url: str, monkeypatch
):
    collector = Collector()
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", f"http://127.0.0.1:{collector.server_port}")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_COMPRESSION", "none")
    monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "100")
    with serving(sqlite_url, client=None, traces="otlp", workers=1) as server:
        assert server.ask("GET", "/verify", headers=TRACEPARENT).status == 401
        assert collector.arrived.wait(10), server.log()
        server.ask("GET", "/verify/envoy", headers=TRACEPARENT)
    collector.shutdown()
    collector.server_close()
    sent = [
        (scope.scope.name, span.name, span.trace_id.hex())
        for request in collector.received
        for resource in request.resource_spans
        for scope in resource.scope_spans
        for span in scope.spans
    ]
    assert ("watchword", "GET /verify", TRACE) in sent
    assert ("watchword", "GET /verify/envoy", TRACE) in sent
    [service] = {
        attribute.value.string_value
        for request in collector.received
        for resource in request.resource_spans
        for attribute in resource.resource.attributes
        if attribute.key == "service.name"
    }
    assert service == "watchword"
