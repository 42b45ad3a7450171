"""``GET /verify``: every kind of token on SQLite, beside the baselines and the peers; PostgreSQL."""

from contextlib import ExitStack

from .. import compare, data, postgres, wire
from ..compare import Effort, Series, Variant
from ..data import Database
from ..peers import PEERS
from ..results import Findings, Row
from ..servers import Server, baseline, watchword

SESSIONS = 100_000
THREADS = data.default_threads()
REQUIRED = {"session": 2.6, "jwt": 2.4, "uuid": 2.7, "sessid": 2.7}
TITLES = {
    "session": "session token",
    "jwt": "JWT of token v2",
    "uuid": "UUID of login",
    "sessid": "SESSID cookie",
}


def baselines(
    stack: ExitStack, database: Database, names: tuple[str, ...] = ("bare_flask",)
) -> list[Variant]:
    """Bare Flask, to which ratios are given, or bare WSGI too."""
    load = wire.bare(database)
    stack.callback(load.discard)
    servers = [baseline(name, THREADS) for name in names]
    return [Variant(server.name, stack.enter_context(server), load) for server in servers]


def verifying(
    stack: ExitStack, server: Server, database: Database, *kinds: str, suffix: str = ""
) -> list[Variant]:
    """A variant for each kind of token, all on one running server."""
    variants = []
    for kind in kinds:
        load = wire.verify(database, kind)
        stack.callback(load.discard)
        variants.append(Variant(f"verify, {TITLES[kind]}{suffix}", server, load))
    return variants


def to_flask(series: dict[str, Series], name: str) -> float:
    return compare.ratio(series[name].rates(), series["bare flask"].rates())


def on_sqlite(effort: Effort) -> Findings:
    database = data.sqlite(SESSIONS)
    peers = () if effort.quick else PEERS
    for peer in peers:
        peer.prepare()
    with ExitStack() as stack:
        server = stack.enter_context(watchword("watchword on SQLite", database.environment))
        variants = baselines(stack, database, ("bare_wsgi", "bare_flask"))
        variants += verifying(stack, server, database, *REQUIRED)
        ours = stack.enter_context(baseline("bare_flask", THREADS, our_worker=True))
        variants.append(Variant(ours.name, ours, variants[0].load))
        for peer in peers:
            load = peer.load()
            stack.callback(load.discard)
            running = stack.enter_context(peer.server(THREADS))
            variants.append(Variant(peer.title, running, load))
        series = compare.alternate(variants, effort)
    findings = Findings(series=series)
    for kind, required in REQUIRED.items():
        name = f"verify, {TITLES[kind]}"
        findings.rows.append(
            Row(
                f"GET /verify, {TITLES[kind]}, SQLite, {SESSIONS:,} sessions",
                required,
                to_flask(series, name),
                unit=" × bare Flask",
                failed=findings.failed(name, "bare flask"),
            )
        )
    if peers:
        ours = f"verify, {TITLES['session']}"
        fastest = max((peer.title for peer in peers), key=lambda title: series[title].rate)
        findings.rows.append(
            Row(
                "the fastest peer's validation",
                0.25,
                compare.ratio(series[fastest].rates(), series[ours].rates()),
                unit=" × ours",
                at_most=True,
                failed=findings.failed(ours, *(peer.title for peer in peers)),
                note=fastest,
            )
        )
    return findings


def on_postgresql(effort: Effort) -> Findings:
    reference = data.sqlite(SESSIONS)
    with ExitStack() as stack:
        databases = stack.enter_context(postgres.server())
        database = data.postgresql(databases, SESSIONS, ("session",))
        server = stack.enter_context(watchword("watchword on PostgreSQL", database.environment))
        variants = baselines(stack, reference)
        variants += verifying(stack, server, database, "session", suffix=", PostgreSQL")
        series = compare.alternate(variants, effort)
    findings = Findings(series=series)
    name = f"verify, {TITLES['session']}, PostgreSQL"
    findings.rows.append(
        Row(
            f"GET /verify, session token, PostgreSQL, {SESSIONS:,} sessions",
            1.4,
            to_flask(series, name),
            unit=" × bare Flask",
            failed=findings.failed(name, "bare flask"),
        )
    )
    return findings
