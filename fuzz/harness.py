"""Runs a target for a time, in rounds of hypothesis examples, and collects its findings."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.strategies import SearchStrategy

from app.core.refusals import Refused

ROUND_EXAMPLES = 100
# A limit of processor time, so other load does not count. Parsers take less than a hundredth of it.
PATIENCE_SECONDS = 1.0

PROFILE = settings(
    max_examples=ROUND_EXAMPLES,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
    phases=(Phase.generate, Phase.shrink),
    print_blob=False,
)


@dataclass
class Result:
    inputs: int = 0
    accepted: int = 0
    slowest: float = 0.0
    findings: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Target:
    """``check`` raises AssertionError if the invariant is broken, and Refused if the input is refused."""

    name: str
    inputs: SearchStrategy[Any]
    check: Callable[[Any], None]

    def run(self, seconds: float, first_seed: int = 0) -> Result:
        result = Result()
        deadline = time.monotonic() + seconds
        number = first_seed
        while time.monotonic() < deadline and not result.findings:
            try:
                self._round(number, result)
            except Exception as error:
                notes = " ".join(getattr(error, "__notes__", ()))
                result.findings.append(f"{type(error).__name__}: {error} {notes}"[:2000])
            number += 1
        return result

    def _round(self, number: int, result: Result) -> None:
        @seed(number)
        @PROFILE
        @given(self.inputs)
        def one_round(given_input: Any) -> None:
            result.inputs += 1
            started = time.process_time()
            try:
                self.check(given_input)
                result.accepted += 1
            except Refused:
                pass
            took = time.process_time() - started
            result.slowest = max(result.slowest, took)
            assert took < PATIENCE_SECONDS, f"took {took:.1f} s"

        one_round()


def table(results: dict[str, Result]) -> str:
    """A line for each target, with its findings below it. The last line is the verdict."""
    width = max(len(name) for name in results)
    lines = [f"{'target':{width}}  {'inputs':>8}  {'accepted':>8}  {'slowest':>9}  findings"]
    for name, result in results.items():
        slowest = f"{result.slowest * 1000:.1f} ms"
        counts = f"{result.inputs:8}  {result.accepted:8}  {slowest:>9}"
        lines.append(f"{name:{width}}  {counts}  {len(result.findings)}")
        lines += [f"  - {finding}" for finding in result.findings]
    inputs = sum(result.inputs for result in results.values())
    findings = sum(len(result.findings) for result in results.values())
    lines.append(f"fuzz: {len(results)} targets, {inputs} inputs, {findings} findings")
    return "\n".join(lines)
