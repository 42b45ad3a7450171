"""``watchword``: serve, flask, harness, version."""

import argparse
import gc
import os
import sys
from pathlib import Path

from . import documents, service

DEMO = Path("app", "cli", "demo.json")
LOOPBACK = ("127.0.0.1", "::1", "localhost")


def main(arguments: list[str] | None = None) -> int:
    """The exit status. ``serve`` and ``flask`` never return: the process becomes gunicorn, or flask."""
    parser = _parser()
    asked, rest = parser.parse_known_args(arguments)
    if asked.command == "serve":
        _become("gunicorn", "-c", str(service.directory() / "gunicorn.conf.py"), *rest, "wsgi:app")
    if asked.command == "flask":
        _become("flask", "--app", "wsgi", *rest)
    if rest:
        parser.error(f"unrecognized arguments: {' '.join(rest)}")
    if asked.command == "version":
        sys.stdout.write(f"watchword {service.version()}\n")
        return 0
    return _harness(asked)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="watchword", description="One sentry, four dialects.")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser(
        "serve", help="run the service; further arguments go to gunicorn", add_help=False
    )
    commands.add_parser("flask", help="the operator's commands", add_help=False)
    commands.add_parser("version", help="print the version")
    harness = commands.add_parser("harness", help="the service for tests, with a clock that turns")
    harness.add_argument("--port", type=int, default=0, help="0: any free port (default)")
    harness.add_argument("--seed", type=Path, help="identities, JSON or YAML (default: the demo's)")
    harness.add_argument("--now", help="the time to begin with, ISO 8601 with a zone")
    harness.add_argument("--frozen", action="store_true", help="the clock stands still")
    harness.add_argument("--insecure-bind", metavar="ADDRESS", help="listen beyond loopback")
    harness.add_argument("--parent", type=int, default=os.getppid(), help=argparse.SUPPRESS)
    harness.add_argument("--bind", default="127.0.0.1", choices=LOOPBACK, help=argparse.SUPPRESS)
    return parser


def _become(module: str, *arguments: str) -> None:
    sys.stdout.flush()
    os.execve(  # noqa: S606, the caller's own arguments, and no shell
        sys.executable,
        [sys.executable, "-P", "-m", f"{__package__}.launch", module, *arguments],
        service.environment(),
    )


def _harness(asked: argparse.Namespace) -> int:
    # Before the service is loaded, which takes ten times as long.
    try:
        seed = documents.read(asked.seed or service.directory() / DEMO)
    except documents.BadDocument as error:
        return _refused(error)
    # Let the process be ready sooner: what is loaded until then is no garbage. The server looks for
    # some again (``server.serve``).
    gc.disable()
    service.import_from_here()
    from .plane.clock import VirtualClock
    from .plane.schemas import NotATime, instant_of
    from .plane.seeds import BadSeed
    from .plane.server import Refusal, serve

    try:
        clock = VirtualClock(instant_of(asked.now) if asked.now else None, frozen=asked.frozen)
        address = asked.insecure_bind or asked.bind
        serve(seed, clock, address=address, port=asked.port, parent=asked.parent)
    except Refusal as error:
        return _refused(error)
    except BadSeed as error:
        return _refused(f"{asked.seed}: {error}")
    except NotATime as error:
        return _refused(f"--now: {error}")
    except SystemExit as ending:
        return ending.code if isinstance(ending.code, int) else 0
    return 0


def _refused(reason: object) -> int:
    sys.stderr.write(f"watchword: {reason}\n")
    return 1
