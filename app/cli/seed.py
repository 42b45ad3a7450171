"""``flask seed``: the customers, clients and users of a file, all of them or none."""

from pathlib import Path

import click
from flask import current_app
from flask.cli import with_appcontext

from ..core import seeding
from ..core.core import Core
from ..core.seeding import Counts, Plan, bulk_hashing
from ..machine import usable_cores
from . import seed_file
from .progress import bar
from .shell import ORIGIN, Command, open_core

MOST_FAULTS = 20

# Fewer passwords are hashed before a progress bar is useful.
WORTH_A_BAR = 8


@click.command("seed", cls=Command)
@click.argument("file", type=click.Path(path_type=Path))
@with_appcontext
def seed(file: Path) -> None:
    """Add the customers, clients and users of FILE (JSON, or YAML by its suffix).

    One fault refuses the whole file. What exists already is not changed.
    """
    core = open_core()
    try:
        found = seed_file.read(file)
    except seed_file.Unreadable as error:
        raise click.ClickException(f"{file}: {error}") from None
    refuse_demonstration(file, is_one=found.development_only)
    planned = seeding.plan(core, found.seed)
    faults = _in_order(found, planned)
    if faults:
        raise click.ClickException(_refusal(file, faults))
    if not any(planned.added):
        click.echo(f"nothing to do: {_counted(planned.present)} are there already")
        return
    _write(core, planned)
    click.echo(f"added {_counted(planned.added)}; there already: {_counted(planned.present)}")
    if found.development_only:
        click.echo("These identities are known to everybody: for demonstration only.", err=True)


def refuse_demonstration(file: Path, *, is_one: bool) -> None:
    """Outside development, nobody from the demonstration gets in. Raises ClickException."""
    if is_one and not current_app.extensions["watchword"].settings.development:
        raise click.ClickException(
            f"{file}: its passwords are known to everybody, so it is for WATCHWORD_ENV=development"
        )


def _write(core: Core, planned: Plan) -> None:
    made = bulk_hashing.hash_all(core, planned.passwords)
    count = len(planned.passwords)
    if count <= WORTH_A_BAR:
        seeding.write(core, planned, made, ORIGIN)
        return
    ready = []
    with bar(f"hashing on {usable_cores()} cores", count) as advance:
        for hashed in made:
            ready.append(hashed)
            advance()
    seeding.write(core, planned, ready, ORIGIN)


def _in_order(found: seed_file.SeedFile, planned: Plan) -> list[str]:
    """Every fault as a line, in the order of the file's sections and entries."""
    sections = list(seed_file.SHAPES)
    by_place = sorted(
        found.faults + planned.faults,
        key=lambda fault: (sections.index(fault.section), fault.position),
    )
    return [*found.outer_faults, *map(str, by_place)]


def _refusal(file: Path, faults: list[str]) -> str:
    lines = faults[:MOST_FAULTS]
    if len(faults) > MOST_FAULTS:
        lines.append(f"and {len(faults) - MOST_FAULTS} more")
    return "\n".join([f"{file} is refused as a whole, nothing was written:", *lines])


def _counted(counts: Counts) -> str:
    kinds = ("customer", "client", "user", "API key")
    *most, last = (
        f"{count:,} {kind}{'' if count == 1 else 's'}"
        for count, kind in zip(counts, kinds, strict=True)
    )
    return f"{', '.join(most)} and {last}"
