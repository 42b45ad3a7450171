"""``python -m benchmarks [--only PART,…] [--quick] [--rounds N]``; see the docstring of the package."""

import argparse
import os
import sys
import time

from . import document, load, machine, results
from .compare import Effort
from .load import WrongAnswer
from .parts import NOT_QUICK, PARTS
from .results import Row


def main() -> int:
    arguments = _arguments()
    if not load.wrk_is_there():
        print("wrk is missing: apt-get install wrk (it is a Debian package)", file=sys.stderr)
        return 1
    if len(machine.ALL_CORES) < 2:
        print("the server and the load need a core each; this machine has one", file=sys.stderr)
        return 1
    os.sched_setaffinity(0, machine.LOAD_CORES)
    effort = Effort(arguments.rounds, arguments.seconds, arguments.quick)
    rows: list[Row] = []
    broken = []
    for part in arguments.only:
        started = time.monotonic()
        print(f"{part}:", flush=True)
        try:
            findings = PARTS[part](effort)
        except (WrongAnswer, RuntimeError) as error:
            print(f"  {part} could not be measured: {error}", flush=True)
            broken.append(part)
            continue
        path = results.write(
            part, findings, rounds=effort.rounds, seconds=effort.seconds, quick=effort.quick
        )
        rows += findings.rows
        print(f"  {time.monotonic() - started:.0f} s, {path.name}", flush=True)
    print(f"\n{results.table(rows)}")
    if effort.quick:
        left = ", ".join(sorted(NOT_QUICK))
        print(f"\nThe quick form: short runs, nothing kept, without the peers, {left}.")
    else:
        print(f"\nWritten: {', '.join(document.update())}")
    return 1 if broken or any(row.failed for row in rows) else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__package__)
    parser.add_argument("--only", type=_parts, help=f"some of {', '.join(PARTS)}")
    parser.add_argument("--quick", action="store_true", help="within three minutes, roughly right")
    parser.add_argument("--rounds", type=int, help="alternated runs of each variant (5; quick 3)")
    parser.add_argument("--seconds", type=int, help="how long one run takes (6; quick 1)")
    arguments = parser.parse_args()
    if arguments.only is None:
        arguments.only = [p for p in PARTS if not (arguments.quick and p in NOT_QUICK)]
    arguments.rounds = arguments.rounds or (3 if arguments.quick else 5)
    arguments.seconds = arguments.seconds or (1 if arguments.quick else 6)
    return arguments


def _parts(text: str) -> list[str]:
    parts = [part.strip() for part in text.split(",") if part.strip()]
    unknown = [part for part in parts if part not in PARTS]
    if unknown or not parts:
        raise argparse.ArgumentTypeError(f"choose from {', '.join(PARTS)}")
    return parts


if __name__ == "__main__":
    sys.exit(main())
