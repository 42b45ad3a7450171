"""Writes the results into ``docs``: the tables between their markers, and the plot."""

from typing import Any

from docs.marked import replaced

from . import plot, results
from .parts import PARTS
from .parts.profile import table as layers_table
from .servers import ROOT

PAGE = ROOT / "docs" / "performance.md"
PLOT = ROOT / "docs" / "performance.svg"
PLOTTED = ("verify", "postgresql", "endpoints", "login", "rotation")


def update() -> list[str]:
    """Rewrite what was generated before; the names of the files that were written."""
    documents = {part: found for part in PARTS if (found := results.read(part)) is not None}
    written = []
    plotted = [documents[part] for part in PLOTTED if part in documents]
    if plotted:
        PLOT.parent.mkdir(exist_ok=True)
        PLOT.write_text(plot.bars(plotted))
        written.append(PLOT.name)
    if PAGE.exists():
        page = PAGE.read_text()
        for name, text in _sections(documents).items():
            page = replaced(page, name, text)
        PAGE.write_text(page)
        written.append(PAGE.name)
    return written


def _sections(documents: dict[str, dict[str, Any]]) -> dict[str, str]:
    rows = [row for document in documents.values() for row in results.rows_of(document)]
    sections = {"table": results.table(rows), "rates": _rates(documents)}
    if "profile" in documents:
        sections["layers"] = layers_table(documents["profile"]["details"]["microseconds"])
    return sections


def _rates(documents: dict[str, dict[str, Any]]) -> str:
    """The figures of every variant."""
    lines = [
        "| part | variant | requests/s | least–most | p50 ms | p99 ms | CPU µs/request |",
        "|---|---|---:|---:|---:|---:|---:|",
    ]
    for part, document in documents.items():
        for name, found in document["variants"].items():
            rate, cpu = found["requests_per_second"], found["cpu_us_per_request"]
            spread = f"{rate['min']:,.0f}–{rate['max']:,.0f}"
            spent = f"{cpu['median']:,.0f}" if cpu else ""
            cells = [part, name, f"{rate['median']:,.0f}", spread]
            cells += [f"{found[p]['median']:.2f}" for p in ("p50_ms", "p99_ms")]
            lines.append(f"| {' | '.join([*cells, spent])} |")
    return "\n".join(lines)
