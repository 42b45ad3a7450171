"""``flask settings``: what the service is set to, and where from."""

import click
from flask import current_app
from flask.cli import with_appcontext

from ..settings.in_force import in_force
from .output import as_json, show_list
from .shell import Command

COLUMNS = ("variable", "value", "source")


@click.command("settings", cls=Command)
@as_json
@with_appcontext
def settings(json_wanted: bool) -> None:
    """List the settings that are in force here, and where each is from. Secrets are never shown."""
    lines = in_force(current_app.extensions["watchword"].settings.stated)
    show_list([line._asdict() for line in lines], COLUMNS, json_wanted)
