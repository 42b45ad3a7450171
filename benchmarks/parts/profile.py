"""The time of one verification, in microseconds for each layer."""

from contextlib import ExitStack

from .. import compare, data, layers, postgres
from ..compare import Effort
from ..results import Findings
from ..servers import watchword
from .verify import REQUIRED, SESSIONS, TITLES, baselines, verifying

SERVER = "the server and the kernel, by difference"


def layers_of_verification(effort: Effort) -> Findings:
    """The layers in a loop, and the cost of a whole request in the server."""
    database = data.sqlite(SESSIONS)
    found: dict[str, dict[str, float]] = {}
    with ExitStack() as stack:
        databases = stack.enter_context(postgres.server())
        other = data.postgresql(databases, SESSIONS, ("session",))
        for kind in REQUIRED:
            found[f"{TITLES[kind]}, SQLite"] = layers.alone(database, kind)
        found[f"{TITLES['session']}, PostgreSQL"] = layers.alone(other, "session")
        variants = baselines(stack, database, ("bare_wsgi", "bare_flask"))
        for backend, where in (("SQLite", database), ("PostgreSQL", other)):
            server = watchword(f"watchword profiled on {backend}", where.environment)
            kinds = tuple(REQUIRED) if backend == "SQLite" else ("session",)
            running = stack.enter_context(server)
            variants += verifying(stack, running, where, *kinds, suffix=f", {backend}")
        series = compare.alternate(variants, effort)
    for name, column in found.items():
        served = compare.spread(series[f"verify, {name}"].cpu, 1)["median"]
        column[SERVER] = round(served - column["all of Watchword"], 1)
        column["a whole request, processor time"] = served
    print(table(found), flush=True)
    return Findings(series=series, details={"microseconds": found})


def table(columns: dict[str, dict[str, float]]) -> str:
    """Layers down, tokens across, as Markdown."""
    lines = [f"| µs | {' | '.join(columns)} |", "|---|" + "---:|" * len(columns)]
    for layer in next(iter(columns.values())):
        cells = (f"{column[layer]:.1f}" for column in columns.values())
        lines.append(f"| {layer} | {' | '.join(cells)} |")
    return "\n".join(lines)
