"""``flask import`` and ``flask export``: the users of another system, and the way back.

The server registers commands too, so what these need is imported when one of them runs.
"""

import gc
import json
import os
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import click
from flask.cli import with_appcontext

from ..core.names import is_email
from ..core.secrets import PEPPER_FORMS, ImportedPepper
from .import_files import rejects_file, small_file, unreadable, users_file
from .seed import refuse_demonstration
from .shell import ORIGIN, Command, open_core

if TYPE_CHECKING:
    from ..core.importing import Batch, Counts, Format, Import, PassedOver

FORMATS = (
    "csv",
    "jsonl",
    "seed",
    "dumpdata",
    "keycloak",
    "auth0",
    "firebase",
    "ldif",
    "htpasswd",
)

# Seconds between two lines of progress.
EVERY_SECONDS = 5.0

_A_FILE = click.Path(path_type=Path)


@click.command("import", cls=Command)
@click.argument("file", type=_A_FILE)
@click.option("--format", "named", type=click.Choice(FORMATS), help="Default: by looking.")
@click.option("--dry-run", is_flag=True, help="Check everything and write nothing.")
@click.option("--rejects", type=_A_FILE, help="A file for the place and reason of each reject.")
@click.option("--wrap", is_flag=True, help="Put Argon2id around weak hashes now.")
@click.option(
    "--admins", is_flag=True, help="Take users with the role admin, who may use the console."
)
@click.option("--email-domain", metavar="DOMAIN", help="Users without an email get NAME@DOMAIN.")
@click.option("--hash-config", type=_A_FILE, help="Firebase's hash_config, with the signer key.")
@click.option("--pepper-file", type=_A_FILE, help="The pepper of the old system, one line.")
@click.option(
    "--pepper-form",
    type=click.Choice(PEPPER_FORMS),
    default=PEPPER_FORMS[0],
    show_default=True,
    help="How the old system joined pepper and password.",
)
@with_appcontext
def import_(  # noqa: PLR0917, click gives them by name
    file: Path,
    named: str | None,
    rejects: Path | None,
    email_domain: str | None,
    hash_config: Path | None,
    pepper_file: Path | None,
    pepper_form: str,
    *,
    dry_run: bool,
    wrap: bool,
    admins: bool,
) -> None:
    """Add the users of FILE, with the password hashes of their old system.

    A user who cannot be added is rejected, with its line and a reason, and the others go on. One who is there
    already is passed over: after an interruption, run the same command again.
    """
    from ..core import importing
    from ..core.importing.formats import firebase, seed_document
    from .ahead import ahead

    core = open_core()
    if email_domain is not None and not is_email(f"somebody@{email_domain}"):
        raise click.ClickException("--email-domain is not the domain of an e-mail address")
    with unreadable(hash_config or file):
        config = firebase.hash_config(small_file(hash_config).decode()) if hash_config else None
    pepper = config.signer if config else _pepper(pepper_file, pepper_form)
    with (
        unreadable(file),
        users_file(file, is_format_known=named is not None) as stream,
        rejects_file(rejects, (file, hash_config, pepper_file), core.store.file) as reject,
        _seldom_collected(),
    ):
        chosen = importing.FORMATS[named] if named else importing.recognised(stream)
        if chosen is seed_document.FORMAT:
            refuse_demonstration(file, is_one=seed_document.is_for_development(stream))
        if chosen.name == "firebase":
            chosen = chosen._replace(read=firebase.reader(config))
        checks = importing.Checks(
            core.policy,
            email_domain=email_domain,
            wrap=wrap,
            pepper_id=core.keys.import_pepper(pepper) if pepper and not dry_run else None,
            peppers=importing.peppers(core),
            admins=admins,
            now=core.clock.now(),
        )
        run = importing.Import(
            core,
            ORIGIN,
            dry_run=dry_run,
            reject=reject,
            progress=_progress(stream),
        )
        with closing(ahead(lambda: importing.batches(chosen.read(stream), checks))) as batches:
            _run(run, batches)
    if any(run.passed_over):
        click.echo(_passed_over(run.passed_over), err=True)
    _conclude(run.counts, chosen, file, rejects, dry_run=dry_run)


def _run(run: "Import", batches: "Iterable[Batch]") -> None:
    try:
        run.run(batches)
    except BaseException:
        # What was written stays, so say how far it went.
        click.echo(f"stopped: {_counted(run.counts)}", err=True)
        raise


@contextmanager
def _seldom_collected() -> Iterator[None]:
    """Make Python look for garbage seldom: a look takes time, and finds none."""
    thresholds = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(200_000)
    try:
        yield
    finally:
        gc.set_threshold(*thresholds)
        gc.unfreeze()


def _pepper(file: Path | None, form: str) -> ImportedPepper | None:
    if file is None:
        return None
    secret = small_file(file).strip(b"\r\n")
    if not secret:
        raise click.ClickException(f"{file}: is empty")
    return ImportedPepper(form, secret)


def _passed_over(found: "PassedOver") -> str:
    # The names come from the file, so they are written as Python does: nothing moves the cursor.
    names = [*map(ascii, found.names)]
    more = [f"and {found.more:,} more"] if found.more else []
    return f"passed over, as nothing is known by these names: {', '.join([*names, *more])}"


def _progress(stream: BinaryIO) -> "Callable[[Counts], None]":
    size = max(1, os.fstat(stream.fileno()).st_size)
    started = shown = time.monotonic()

    def show(counts: "Counts") -> None:
        nonlocal shown
        now = time.monotonic()
        if now - shown < EVERY_SECONDS:
            return
        shown = now
        # The process that reads shares the place with this one. A pipe has none.
        at = os.lseek(stream.fileno(), 0, os.SEEK_CUR) if stream.seekable() else None
        part = f"{100 * at // size} %, " if at is not None else ""
        rate = counts.read / (now - started)
        click.echo(f"{part}{rate:,.0f} users a second: {_counted(counts)}", err=True)

    return show


def _counted(counts: "Counts") -> str:
    return f"{counts.added:,} added, {counts.present:,} there already, {counts.rejected:,} rejected"


def _conclude(
    counts: "Counts", chosen: "Format", file: Path, rejects: Path | None, *, dry_run: bool
) -> None:
    """Raises ClickException if nothing of the file could be used."""
    would = "would be: " if dry_run else ""
    click.echo(f"{chosen.name}: {would}{_counted(counts)}")
    if counts.wrapped:
        click.echo(f"Argon2id is around the weak hashes of {counts.wrapped:,} users")
    if counts.plain:
        # Among hashes it may be a word that the old system wrote instead of one.
        plain = f"{counts.plain:,} of the added have a plain password"
        click.echo(f"{plain}: what the file says there opens the account", err=True)
    if counts.rejected:
        where = f"see {rejects}" if rejects else "--rejects FILE tells each with its reason"
        click.echo(f"{counts.rejected:,} rejected: {where}", err=True)
    if not counts.added and not counts.present:
        raise click.ClickException(f"{file}: no user of it could be taken, read as {chosen.name}")


@click.command("export", cls=Command)
@with_appcontext
def export() -> None:
    """Print all users with their password hashes, as JSON Lines that import takes back.

    Keep it as you keep the database: say `umask 077` before you send it to a file. A hash with a pepper needs
    the keys of this service too.
    """
    from ..core import importing

    core = open_core()
    for line in importing.exported(core):
        click.echo(json.dumps(line))
