"""Measure variants in turns: each round measures every variant once, in the same order."""

import statistics
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

from . import load, machine
from .load import Load, WrongAnswer
from .servers import Server


class Effort(NamedTuple):
    """How long everything takes."""

    rounds: int
    seconds: int
    quick: bool


@dataclass(frozen=True)
class Variant:
    name: str
    server: Server
    load: Load
    connections: int = 8


@dataclass
class Series:
    """The runs of one variant, one for each round. ``cpu`` is the server's, in microseconds a request."""

    runs: list[load.Run] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    stolen_seconds: float = 0.0
    failed: int = 0

    def rates(self) -> list[float]:
        return [run.rate for run in self.runs]

    def percentiles(self, percent: float) -> list[float]:
        return [run.percentile(percent) for run in self.runs]

    @property
    def rate(self) -> float:
        return statistics.median(self.rates())

    def summary(self) -> dict[str, object]:
        return {
            "requests_per_second": spread(self.rates(), 1),
            "p50_ms": spread(self.percentiles(50), 3),
            "p99_ms": spread(self.percentiles(99), 3),
            "cpu_us_per_request": spread(self.cpu, 1) if self.cpu else None,
            "requests": sum(run.requests for run in self.runs),
            "failed": self.failed,
            "stolen_seconds": round(self.stolen_seconds, 2),
        }


def spread(values: list[float], digits: int) -> dict[str, float]:
    return {
        "median": round(statistics.median(values), digits),
        "min": round(min(values), digits),
        "max": round(max(values), digits),
    }


def alternate(
    variants: list[Variant], effort: Effort, *, before: Callable[[], None] = lambda: None
) -> dict[str, Series]:
    """Check every variant, warm it up, then measure them in turns. Raises WrongAnswer."""
    for variant in variants:
        try:
            variant.load.check(variant.server.port)
        except WrongAnswer as wrong:
            raise WrongAnswer(f"{variant.name}: {wrong}") from None
    found = {variant.name: Series() for variant in variants}
    skipped = {variant.name: 1 for variant in variants}
    for number in range(effort.rounds + 1):
        for variant in variants:
            before()
            run, cpu, stolen = _measured(
                variant, effort.seconds if number else 1, skipped[variant.name]
            )
            skipped[variant.name] += run.requests + 2 * variant.connections + 2
            if run.failed:
                print(
                    f"  {variant.name}: {run.failed} of {run.requests} requests failed", flush=True
                )
            series = found[variant.name]
            series.failed += run.failed
            if number:
                series.runs.append(run)
                series.cpu.append(cpu)
                series.stolen_seconds += stolen
    for name, series in found.items():
        print(
            f"  {name}: {series.rate:,.0f}/s, p99 {statistics.median(series.percentiles(99)):.1f} ms"
        )
    return found


def _measured(variant: Variant, seconds: int, skip: int) -> tuple[load.Run, float, float]:
    machine.settle()
    cpu, stolen = variant.server.cpu_seconds(), machine.stolen_seconds()
    run = load.send(variant.server.port, variant.load, seconds, variant.connections, skip)
    spent = variant.server.cpu_seconds() - cpu
    return run, 1e6 * spent / max(run.requests, 1), machine.stolen_seconds() - stolen


def ratio(one: list[float], other: list[float]) -> float:
    """The median of the ratios within each round: a slow minute of the machine slows both sides."""
    return statistics.median(a / b for a, b in zip(one, other, strict=True))


def discard(variants: list[Variant]) -> None:
    for variant in variants:
        variant.load.discard()
