"""``python -m chaos [--only NAME,…] [--seconds N]``; ``--list`` names the scenarios."""

import argparse
import sys
import time
import traceback

from . import (
    failover,
    faults,
    floods,
    imports,
    machines,
    password_floods,
    proxied,
    storage,
    surroundings,
    together,
    upgrades,
)
from .outcome import Outcome, table

SCENARIOS = {
    **faults.SCENARIOS,
    **failover.SCENARIOS,
    **together.SCENARIOS,
    **floods.SCENARIOS,
    **password_floods.SCENARIOS,
    **imports.SCENARIOS,
    **upgrades.SCENARIOS,
    **storage.SCENARIOS,
    **proxied.SCENARIOS,
    **surroundings.SCENARIOS,
    **machines.SCENARIOS,
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="chaos", description=__doc__)
    parser.add_argument(
        "--only", default="", help="scenarios whose names begin so, comma-separated"
    )
    parser.add_argument("--seconds", type=float, default=6, help="of load in each scenario")
    parser.add_argument("--list", action="store_true")
    arguments = parser.parse_args()
    wanted = tuple(part.strip() for part in arguments.only.split(",") if part.strip())
    chosen = {n: run for n, run in SCENARIOS.items() if not wanted or n.startswith(wanted)}
    if arguments.list or not chosen:
        print("\n".join(SCENARIOS))
        return 0 if arguments.list else 2
    outcomes = {}
    for name, run in chosen.items():
        print(f"{name} …", flush=True)
        outcomes[name] = _timed(run, arguments.seconds)
    print(table(outcomes))
    return 0 if all(outcome.holds for outcome in outcomes.values()) else 1


def _timed(run, seconds: float) -> Outcome:
    started = time.monotonic()
    try:
        outcome = run(seconds)
    except Exception as error:
        traceback.print_exc()
        outcome = Outcome(faults=[f"the scenario itself failed: {type(error).__name__}: {error}"])
    outcome.seconds = time.monotonic() - started
    return outcome


if __name__ == "__main__":
    sys.exit(main())
