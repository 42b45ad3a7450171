"""``flask db``: Flask-Migrate's commands, loaded when the first of them is asked for.

Flask-Migrate loads Alembic, which would take a tenth of the start of every process that migrates nothing.
"""

from copy import copy
from typing import Any

import click
from flask import Flask
from flask.cli import AppGroup, with_appcontext

from ..extensions import db
from .migration_checks import CHANGES
from .migration_files import DIRECTORY, READS, WRITES
from .shell import Group

COMMAND = "db"
EXTENSION = "migrate"


class Commands(AppGroup):
    """The commands of an application, with ``db`` among them."""

    def __init__(self, app: Flask) -> None:
        super().__init__(app.name)
        self._app = app

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name == COMMAND and cmd_name not in self.commands:
            load(self._app)
        return super().get_command(ctx, cmd_name)

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted({*super().list_commands(ctx), COMMAND})


class Unloaded:
    """Stands for Flask-Migrate's settings in ``app.extensions``, until something reads one of them."""

    def __init__(self, app: Flask) -> None:
        self._app = app

    def __getattr__(self, name: str) -> Any:
        load(self._app)
        return getattr(self._app.extensions[EXTENSION], name)


def register(app: Flask) -> None:
    """Give the application its commands. To be called before any is added."""
    app.cli = Commands(app)
    app.extensions[EXTENSION] = Unloaded(app)


def load(app: Flask) -> None:
    """Put Flask-Migrate's settings and its command into their places."""
    from flask_migrate import Migrate

    db.init_app(app)
    Migrate(
        directory=DIRECTORY, render_as_batch=True, compare_type=True, compare_server_default=True
    ).init_app(app, db)
    group = app.cli.commands[COMMAND]
    assert isinstance(group, click.Group)
    # Flask-Migrate's group is one for all applications of a process, so it stays as it is.
    ours = Group(COMMAND, callback=group.callback, params=group.params, help=group.help)
    for name, command in group.commands.items():
        ours.add_command(_changed(command, name), name)
    app.cli.add_command(ours, COMMAND)


def _changed(command: click.Command, name: str) -> click.Command:
    """The same command with our changes round its callback. The last of them looks first."""
    made = copy(command)
    assert command.callback is not None
    run = command.callback
    for changes in (WRITES, CHANGES, READS):
        if name in changes:
            run = changes[name](run)
    made.callback = with_appcontext(run)
    return made
