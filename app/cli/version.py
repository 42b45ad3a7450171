"""``flask version``: which Watchword this is."""

import click

from ..version import VERSION
from .shell import Command


@click.command("version", cls=Command)
def version() -> None:
    """Print the version of Watchword, which `/openapi.json` states too."""
    click.echo(VERSION)
