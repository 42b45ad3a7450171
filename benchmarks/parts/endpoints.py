"""Requests through Flask and a dialect's contract: reads, logins with an API key, rotations."""

from contextlib import ExitStack

from sqlalchemy import create_engine, text

from .. import compare, data, wire
from ..compare import Effort, Variant
from ..load import Load
from ..results import Findings, Row
from ..servers import Server, watchword
from .verify import SESSIONS, baselines, to_flask

COUNTED = ("sessions", "audit_events", "users", "throttles")


def _variant(stack: ExitStack, name: str, server: Server, load: Load) -> Variant:
    stack.callback(load.discard)
    return Variant(name, server, load)


def _against_flask(findings: Findings, required: dict[str, float], what: dict[str, str]) -> None:
    for name, bound in required.items():
        findings.rows.append(
            Row(
                what[name],
                bound,
                to_flask(findings.series, name),
                unit=" × bare Flask",
                failed=findings.failed(name, "bare flask"),
            )
        )


def reads(effort: Effort) -> Findings:
    """``GET /session``, keepalive with a Bearer token, keepalive with Basic credentials."""
    with ExitStack() as stack:
        database = stack.enter_context(data.sqlite(SESSIONS).copy())
        server = stack.enter_context(watchword("watchword for reads", database.environment))
        variants = [
            *baselines(stack, database),
            _variant(stack, "GET /session", server, wire.session_info(database)),
            _variant(stack, "keepalive, Bearer", server, wire.keepalive(database)),
            _variant(stack, "keepalive, Basic", server, wire.keepalive_basic()),
        ]
        findings = Findings(series=compare.alternate(variants, effort))
    required = {"GET /session": 0.9, "keepalive, Bearer": 0.95, "keepalive, Basic": 0.4}
    _against_flask(
        findings,
        required,
        {
            "GET /session": "GET /session",
            "keepalive, Bearer": "GET …/keepalive, Bearer",
            "keepalive, Basic": "GET …/keepalive, the same Basic credentials again",
        },
    )
    return findings


def api_key_logins(effort: Effort) -> Findings:
    """``POST /login`` in both formats: a lookup and one durable write."""
    as_json, as_xml = "POST /login, JSON", "POST /login, XML"
    with ExitStack() as stack:
        database = stack.enter_context(data.sqlite(SESSIONS).copy())
        server = stack.enter_context(watchword("watchword for login", database.environment))
        json_load = wire.api_key_login(database, "application/json")
        xml_load = wire.api_key_login(database, "application/xml")
        variants = [
            *baselines(stack, database),
            _variant(stack, as_json, server, json_load),
            _variant(stack, as_xml, server, xml_load),
        ]
        findings = Findings(series=compare.alternate(variants, effort))
    _against_flask(findings, {as_json: 0.35, as_xml: 0.35}, {as_json: as_json, as_xml: as_xml})
    series = findings.series
    apart = [
        abs(a / b - 1) for a, b in zip(series[as_json].rates(), series[as_xml].rates(), strict=True)
    ]
    findings.rows.append(
        Row(
            "POST /login, JSON and XML apart",
            15.0,
            100 * sorted(apart)[len(apart) // 2],
            unit=" %",
            at_most=True,
            failed=findings.failed(as_json, as_xml),
        )
    )
    return findings


def rotations(effort: Effort) -> Findings:
    """``PUT /session``, each session once, and the rows that it leaves behind."""
    with ExitStack() as stack:
        database = stack.enter_context(data.sqlite(SESSIONS).copy())
        server = stack.enter_context(watchword("watchword for rotation", database.environment))
        variants = [
            *baselines(stack, database),
            _variant(stack, "PUT /session", server, wire.rotation(database)),
        ]
        before = _counts(database.url)
        findings = Findings(series=compare.alternate(variants, effort))
        after = _counts(database.url)
    _against_flask(findings, {"PUT /session": 0.45}, {"PUT /session": "PUT /session (rotation)"})
    # The check before the first round sent one wrong token, which leaves no row.
    more = {name: after[name] - count for name, count in before.items()}
    findings.details = {"rows_before": before, "rows_after": after}
    findings.rows.append(
        Row(
            "rows more in any table after all these rotations",
            0,
            max(more.values()),
            unit=" rows",
            at_most=True,
        )
    )
    return findings


def _counts(url: str) -> dict[str, int]:
    engine = create_engine(url)
    with engine.connect() as connection:
        counts = {
            name: connection.execute(text(f"SELECT count(*) FROM {name}")).scalar_one()
            for name in COUNTED
        }
    engine.dispose()
    return counts
