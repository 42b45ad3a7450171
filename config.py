"""Settings, read from the environment once and validated as a whole.

Every fault is reported at once, by variable name, so that an operator mends them in one go. Secrets
have no default outside development; the development default is refused everywhere else.
"""

import dataclasses
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from app.core.keys.jwt import ALGORITHMS
from app.core.passwords import MAX_TYPED_LENGTH, PROFILES
from app.core.policy import Policy
from app.http.addresses import Network
from app.machine import usable_cores
from app.settings import values
from app.settings.source import Source
from app.settings.values import DEVELOPMENT_SECRET, NO_ADDRESSES
from app.store.opening import arguments

ROOT = Path(__file__).resolve().parent
DEFAULT_DATABASE = ROOT / "instance" / "watchword.sqlite3"


class SettingsError(Exception):
    """What is wrong with the environment, one fault a line."""


def load_settings() -> "Settings":
    """What the server and the commands start with; exits with the faults, one a line.

    Flask's commands read a ``.env`` beside the code. So does the server, through the same function,
    or the two could work on different databases.
    """
    _occupy_standard_streams()
    from flask.cli import load_dotenv
    from flask.helpers import get_load_dotenv

    if get_load_dotenv():
        load_dotenv()
    try:
        return Settings.from_environment()
    except SettingsError as error:
        sys.exit(f"watchword: invalid settings\n{error}")


def _occupy_standard_streams() -> None:
    """The number of a stream that was closed goes to the next file, a database's say.

    Whatever is printed would be written into it.
    """
    while (lowest := os.open(os.devnull, os.O_RDWR)) <= 2:
        pass
    os.close(lowest)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Settings:
    """Everything an operator may set; ``docs/operations.md`` has the table."""

    environment: str
    database_url: str = dataclasses.field(repr=False)
    database_connection_seconds: int
    secret_keys: tuple[str, ...] = dataclasses.field(repr=False)
    bind: str
    socket_mode: int
    workers: int
    threads: int
    keepalive_seconds: int
    trusted_proxies: tuple[Network, ...]
    policy: Policy
    argon2_profile: str
    jwt_algorithm: str
    issuer: str
    login_banner: str
    registration: str
    registration_clients: frozenset[str]
    log_level: str
    sqlite_synchronous: str

    @property
    def development(self) -> bool:
        return self.environment == "development"

    @property
    def registrars(self) -> frozenset[str] | None:
        """The client ids that may register users; None: all of them."""
        if self.registration == "open":
            return None
        return self.registration_clients

    @property
    def loopback_only(self) -> bool:
        return self.environment != "production"

    @classmethod
    def from_environment(cls) -> "Settings":
        """Read ``WATCHWORD_*``. Raises SettingsError."""
        source = Source(os.environ)
        read = source.read
        environment = read(
            "ENV", values.one_of("production", "development", "testing"), "production"
        )
        development = environment == "development"
        policy = _policy(read)
        settings = cls(
            environment=environment,
            database_url=read("DATABASE_URL", _database_url, ""),
            database_connection_seconds=read(
                "DATABASE_CONNECTION_SECONDS", values.at_least(1), "60"
            ),
            secret_keys=read(
                "SECRET_KEYS",
                values.secrets(environment),
                DEVELOPMENT_SECRET if development else "",
            ),
            bind=read(
                "BIND",
                values.loopback(environment)
                if environment in ("development", "testing")
                else values.bind,
                "127.0.0.1:8000",
            ),
            socket_mode=read("SOCKET_MODE", values.socket_mode, "0600"),
            workers=read("WEB_CONCURRENCY", values.at_least(1), str(usable_cores()), prefix=""),
            threads=read("THREADS", values.at_least(2), "12"),
            keepalive_seconds=read("KEEPALIVE_SECONDS", values.at_least(1), "75"),
            trusted_proxies=read("TRUSTED_PROXIES", values.networks, ""),
            policy=policy,
            argon2_profile=read(
                "ARGON2_PROFILE", values.argon2_profile(environment, *PROFILES), "owasp"
            ),
            jwt_algorithm=read("JWT_ALGORITHM", values.one_of(*ALGORITHMS), "HS256"),
            issuer=read("ISSUER", str, "watchword"),
            login_banner=read("LOGIN_BANNER", str, ""),
            registration=read("REGISTRATION", values.one_of("open", "clients", "closed"), "open"),
            registration_clients=read("REGISTRATION_CLIENTS", values.client_ids, ""),
            log_level=read("LOG_LEVEL", values.one_of("debug", "info", "warning", "error"), "info"),
            sqlite_synchronous=read("SQLITE_SYNCHRONOUS", values.one_of("FULL", "NORMAL"), "FULL"),
        )
        source.look_for_unknown_names()
        if not source.faults:
            source.faults += _contradictions(settings)
        if source.faults:
            raise SettingsError("\n".join(source.faults))
        return settings


def _contradictions(settings: Settings) -> list[str]:
    """What is wrong with settings that are each right by themselves."""
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
    if settings.bind.startswith("unix:") and not settings.trusted_proxies:
        faults.append(f"WATCHWORD_BIND: {NO_ADDRESSES}")
    return faults


def _policy(read: Callable[..., Any]) -> Policy:
    fields = dataclasses.fields(Policy)
    return Policy(
        **{
            field.name: read(
                field.name.upper(),
                values.at_least(
                    0 if field.name in ("refresh_grace_seconds", "hashing_queue") else 1
                ),
                str(field.default),
            )
            for field in fields
        }
    )


def _database_url(text: str) -> str:
    """SQLite in a file, or PostgreSQL through psycopg 3 however the URL spells it.

    What is said of a broken one quotes none of it: its password may stand anywhere.
    """
    try:
        url = make_url(text or f"sqlite:///{DEFAULT_DATABASE}")
    except (ArgumentError, ValueError):
        raise ValueError(
            "is not a database URL; in a password, encode @ / : ? # and % with a percent sign"
        ) from None
    if url.drivername in ("postgres", "postgresql", "postgresql+psycopg"):
        url = url.set(drivername="postgresql+psycopg")
    elif url.drivername != "sqlite":
        raise ValueError("must be sqlite:///… or postgresql://…")
    elif not url.database or url.database == ":memory:":
        raise ValueError("SQLite needs a file: the workers share it")
    elif not url.database.startswith(("/", "file:")):
        url = url.set(database=str(DEFAULT_DATABASE.parent / url.database))
    arguments(url)
    return url.render_as_string(hide_password=False)
