"""The result of a scenario, and the table of all results."""

from dataclasses import dataclass, field


@dataclass
class Outcome:
    """``tried`` and ``answered`` count requests; ``lost`` the answers that later turned out untrue.

    A scenario that tried nothing has shown nothing, so it has failed.
    """

    tried: int = 0
    answered: int = 0
    lost: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def holds(self) -> bool:
        return not self.lost and not self.faults and self.tried > 0

    def expect(self, condition: bool, fault: str) -> None:
        if not condition:
            self.faults.append(fault)

    def add(self, other: "Outcome") -> None:
        self.tried += other.tried
        self.answered += other.answered
        self.lost += other.lost
        self.faults += other.faults
        self.notes += other.notes


def table(outcomes: dict[str, Outcome]) -> str:
    """A line for each scenario, with its faults below it. The last line is the verdict."""
    width = max(len(name) for name in outcomes)
    lines = [f"{'scenario':{width}}  {'tried':>7}  {'answered':>8}  {'lost':>4}  {'s':>4}  verdict"]
    for name, outcome in outcomes.items():
        verdict = "holds" if outcome.holds else "BROKEN"
        counts = f"{outcome.tried:7}  {outcome.answered:8}  {len(outcome.lost):4}"
        notes = f" ({'; '.join(outcome.notes)})" if outcome.notes else ""
        lines.append(f"{name:{width}}  {counts}  {outcome.seconds:4.0f}  {verdict}{notes}")
        lines += [f"{'':{width}}  - {text}" for text in (outcome.lost + outcome.faults)[:10]]
        if not outcome.tried:
            lines.append(f"{'':{width}}  - nothing was tried")
    lost = sum(len(outcome.lost) for outcome in outcomes.values())
    broken = sum(not outcome.holds for outcome in outcomes.values())
    verdict = f"chaos: {len(outcomes)} scenarios, {lost} answers lost"
    lines.append(verdict if not broken else f"{verdict}, {broken} scenarios broken")
    return "\n".join(lines)
