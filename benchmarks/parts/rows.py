"""``/verify`` on few sessions and on many: the size of the table must not slow it."""

from contextlib import ExitStack

from .. import compare, data, postgres
from ..compare import Effort
from ..results import Findings, Row
from ..servers import watchword
from .verify import TITLES, verifying

FEW, MANY = 10_000, 3_000_000
KINDS = ("session",)


def many_sessions(effort: Effort) -> Findings:
    with ExitStack() as stack:
        databases = stack.enter_context(postgres.server())
        filled = {
            ("SQLite", FEW): data.sqlite(FEW, KINDS),
            ("SQLite", MANY): data.sqlite(MANY, KINDS),
            ("PostgreSQL", FEW): data.postgresql(databases, FEW, KINDS),
            ("PostgreSQL", MANY): data.postgresql(databases, MANY, KINDS),
        }
        variants = []
        for (backend, sessions), database in filled.items():
            suffix = f", {backend}, {sessions:,} rows"
            server = stack.enter_context(
                watchword(f"watchword on {backend} {sessions}", database.environment)
            )
            variants += verifying(stack, server, database, *KINDS, suffix=suffix)
        series = compare.alternate(variants, effort)
    findings = Findings(series=series)
    for backend in ("SQLite", "PostgreSQL"):
        few, many = (
            f"verify, {TITLES['session']}, {backend}, {sessions:,} rows" for sessions in (FEW, MANY)
        )
        findings.rows.append(
            Row(
                f"/verify with {FEW:,} → {MANY:,} sessions, {backend}",
                1.15,
                compare.ratio(series[few].rates(), series[many].rates()),
                unit=" × slower",
                at_most=True,
                failed=findings.failed(few, many),
                note=f"{series[few].rate:,.0f}/s → {series[many].rate:,.0f}/s",
            )
        )
    return findings
