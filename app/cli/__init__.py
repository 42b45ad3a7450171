"""The operator's commands: the same core calls as HTTP, from a shell.

A command exits with 0, or with 1 and a reason of one line on stderr. Secrets come from a prompt or
stdin, never from arguments. A new secret is printed once, alone on its line of stdout. ``db`` is
Flask-Migrate's (``migrations``); each other group is a module.
"""

from flask import Flask

from . import migrations
from .access_codes import access_codes
from .api_keys import api_keys
from .audit import audit
from .clients import clients
from .import_users import export, import_
from .keys import keys
from .seed import seed
from .sessions import sessions
from .settings import settings
from .stats import stats
from .users import users
from .version import version

COMMANDS = (
    seed,
    import_,
    export,
    users,
    api_keys,
    access_codes,
    clients,
    sessions,
    keys,
    audit,
    stats,
    settings,
    version,
)


def register(app: Flask) -> None:
    """Add the commands to ``flask --app wsgi``."""
    migrations.register(app)
    for command in COMMANDS:
        app.cli.add_command(command)
