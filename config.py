"""Settings, read from the environment once and validated as a whole.

All faults are reported together, by variable name, so that an operator can correct them in one step. Secrets
have no default outside development, and the development default is refused elsewhere. What may be set is
declared in ``app.settings.settings``.
"""

import dataclasses
import os
import sys
from pathlib import Path

from app.core.passwords import MAX_TYPED_LENGTH
from app.core.policy import Policy
from app.settings.limits import lifetimes, limits
from app.settings.setting import declared_in
from app.settings.settings import Settings, all_settings
from app.settings.source import Source, Stated
from app.settings.values import NO_ADDRESSES

ROOT = Path(__file__).resolve().parent


class SettingsError(Exception):
    """The environment is wrong; the text has one fault a line."""


def load_settings() -> Settings:
    """The settings of the server and the commands. Exits with the faults, one a line.

    Flask's commands read a ``.env`` file. The server reads it through the same function; otherwise the
    two could work on different databases.
    """
    _occupy_standard_streams()
    from flask.cli import load_dotenv
    from flask.helpers import get_load_dotenv

    if get_load_dotenv():
        load_dotenv()
    try:
        return read_settings()
    except SettingsError as error:
        sys.exit(f"watchword: invalid settings\n{error}")


def read_settings() -> Settings:
    """Read ``WATCHWORD_*`` and ``WEB_CONCURRENCY``. Raises SettingsError."""
    source = Source(dict(os.environ))
    own = dict(declared_in(Settings))
    environment = source.read(own.pop("environment"))
    settings = Settings(
        environment=environment,
        policy=Policy(**{name: source.read(limit) for name, limit in limits()}),
        lifetimes={name: source.read(lifetime) for name, lifetime in lifetimes()},
        **{name: source.read(setting, environment) for name, setting in own.items()},
    )
    settings = dataclasses.replace(settings, stated=_in_order(source.stated))
    source.look_for_unknown_names()
    if not source.faults:
        source.faults += _contradictions(settings)
    if source.faults:
        raise SettingsError("\n".join(source.faults))
    return settings


def _in_order(stated: list[Stated]) -> tuple[Stated, ...]:
    """As ``all_settings`` has them."""
    found = {it.setting.variable: it for it in stated}
    return tuple(found[it.variable] for it in all_settings() if it.variable in found)


def _contradictions(settings: Settings) -> list[str]:
    """What is wrong with settings that are each valid but contradict each other."""
    policy, faults = settings.policy, []
    if settings.threads <= policy.hashing_slots + policy.hashing_queue:
        faults.append(
            "WATCHWORD_THREADS: must exceed HASHING_SLOTS + HASHING_QUEUE, or logins could"
            " take every thread from token verification"
        )
    if policy.password_max_length > MAX_TYPED_LENGTH:
        faults.append(f"WATCHWORD_PASSWORD_MAX_LENGTH: must be at most {MAX_TYPED_LENGTH}")
    if (settings.registration == "clients") != bool(settings.registration_clients):
        faults.append(
            "WATCHWORD_REGISTRATION_CLIENTS: names the client ids for WATCHWORD_REGISTRATION=clients,"
            " and has no meaning without it"
        )
    if settings.replica_url and settings.database_url.startswith("sqlite"):
        faults.append(
            "WATCHWORD_REPLICA_URL: SQLite has no replicas; it needs PostgreSQL in WATCHWORD_DATABASE_URL"
        )
    if settings.console and not settings.console_networks:
        faults.append("WATCHWORD_CONSOLE_NETWORKS: is empty, so nobody could reach the console")
    if settings.bind.startswith("unix:") and not settings.trusted_proxies:
        faults.append(f"WATCHWORD_BIND: {NO_ADDRESSES}")
    return faults


def _occupy_standard_streams() -> None:
    """Open the null device for each standard stream that is closed.

    Otherwise the next file to be opened, such as the database, would get the number of that stream, and
    printed text would be written into it.
    """
    while (lowest := os.open(os.devnull, os.O_RDWR)) <= 2:
        pass
    os.close(lowest)
