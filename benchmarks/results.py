"""The findings of a part: rows of the table, the figures behind them, and their files."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from . import machine
from .compare import Series
from .servers import CACHE, ROOT

RESULTS = ROOT / "benchmarks" / "results"
QUICK_RESULTS = CACHE / "quick"


@dataclass(frozen=True)
class Row:
    """One line of the table: the requirement and the result.

    ``bound`` is the least that ``measured`` may be, or the most if ``at_most``. ``failed`` counts
    requests with a wrong answer: with even one, the verdict is a failure.
    """

    what: str
    bound: float
    measured: float
    unit: str = " ×"
    at_most: bool = False
    failed: int = 0
    note: str = ""

    @property
    def required(self) -> str:
        return f"{'≤' if self.at_most else '≥'} {_number(self.bound)}{self.unit}"

    @property
    def found(self) -> str:
        return f"{_number(self.measured)}{self.unit}"

    @property
    def verdict(self) -> str:
        if self.failed:
            return f"invalid: {self.failed} failed requests"
        reached = self.measured <= self.bound if self.at_most else self.measured >= self.bound
        return "reached" if reached else "missed"


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


@dataclass
class Findings:
    """All results of one part."""

    rows: list[Row] = field(default_factory=list)
    series: dict[str, Series] = field(default_factory=dict)
    details: dict[str, Any] = field(default_factory=dict)

    def failed(self, *names: str) -> int:
        return sum(self.series[name].failed for name in names)


def write(part: str, findings: Findings, *, rounds: int, seconds: int, quick: bool) -> Path:
    """``results/<part>.json``; a quick run's figures go to the cache, not into the repository."""
    directory = QUICK_RESULTS if quick else RESULTS
    directory.mkdir(parents=True, exist_ok=True)
    document = {
        "part": part,
        "machine": machine.facts(),
        "rounds": rounds,
        "seconds_a_run": seconds,
        "rows": [{**asdict(row), "verdict": row.verdict} for row in findings.rows],
        "variants": {name: series.summary() for name, series in findings.series.items()},
        "details": findings.details,
    }
    path = directory / f"{part}.json"
    path.write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n")
    return path


def read(part: str) -> dict[str, Any] | None:
    path = RESULTS / f"{part}.json"
    return json.loads(path.read_text()) if path.exists() else None


def rows_of(document: dict[str, Any]) -> list[Row]:
    return [
        Row(**{name: value for name, value in row.items() if name != "verdict"})
        for row in document["rows"]
    ]


def table(rows: list[Row]) -> str:
    """The table as Markdown."""
    lines = ["| what | required | measured | verdict | |", "|---|---|---|---|---|"]
    lines += [f"| {r.what} | {r.required} | {r.found} | {r.verdict} | {r.note} |" for r in rows]
    return "\n".join(lines)
