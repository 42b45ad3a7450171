"""``python -m fuzz [--seconds N] [--only NAME,…] [--seed N]``: N seconds for all targets together."""

import argparse
import secrets
import sys
import time

from .harness import Result, Target, table
from .house import house
from .imports import imports
from .parsers import parsers
from .requests import requests
from .tokens import decoders
from .wire import connections

# Whole requests run the other parsers too.
WEIGHTS = {"requests": 4}


def main() -> int:
    parser = argparse.ArgumentParser(prog="fuzz", description=__doc__)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--only", default="")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(2**32))
    arguments = parser.parse_args()
    wanted = tuple(part.strip() for part in arguments.only.split(",") if part.strip())
    print(f"seed {arguments.seed}", flush=True)
    with house() as where:
        targets = [*parsers(where), *decoders(where), *connections(), *imports(), *requests(where)]
        chosen = [target for target in targets if not wanted or target.name.startswith(wanted)]
        results = _run(chosen, arguments.seconds, arguments.seed)
    print(table(results))
    return 1 if any(result.findings for result in results.values()) else 0


def _run(targets: list[Target], seconds: float, first_seed: int) -> dict[str, Result]:
    """Each target gets a share of the time that is left: a slow one does not lengthen the whole run."""
    results = {}
    deadline = time.monotonic() + seconds
    weights = [WEIGHTS.get(target.name, 1) for target in targets]
    for index, target in enumerate(targets):
        share = (deadline - time.monotonic()) * weights[index] / sum(weights[index:])
        results[target.name] = target.run(share, first_seed)
    return results


if __name__ == "__main__":
    sys.exit(main())
