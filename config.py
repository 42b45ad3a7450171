"""Settings, read from the environment once and validated as a whole.

All faults are reported together, by variable name, so that an operator can correct them in one step. Secrets
have no default outside development, and the development default is refused elsewhere.
"""

import dataclasses
import os
import sys
from collections.abc import Mapping
from pathlib import Path

from app.core.keys.jwt import ALGORITHMS
from app.core.passwords import MAX_TYPED_LENGTH, PROFILES
from app.core.policy import Policy
from app.http.addresses import Network
from app.machine import usable_cores
from app.settings import values
from app.settings.database import database_url, replica_url
from app.settings.limits import lifetimes, limits
from app.settings.setting import Setting, declared, declared_in
from app.settings.source import Source, Stated
from app.settings.values import NO_ADDRESSES

ROOT = Path(__file__).resolve().parent


def _profile(name: str) -> str:
    """The cost of an Argon2 profile, in the words of its parameters."""
    cost = PROFILES[name]
    return f"{cost.memory_cost // 1024} MiB, t={cost.time_cost}, p={cost.parallelism}"


class SettingsError(Exception):
    """The environment is wrong; the text has one fault a line."""


def load_settings() -> "Settings":
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
        return Settings.from_environment()
    except SettingsError as error:
        sys.exit(f"watchword: invalid settings\n{error}")


def _occupy_standard_streams() -> None:
    """Open the null device for each standard stream that is closed.

    Otherwise the next file to be opened, such as the database, would get the number of that stream, and
    printed text would be written into it.
    """
    while (lowest := os.open(os.devnull, os.O_RDWR)) <= 2:
        pass
    os.close(lowest)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Settings:
    """Everything an operator may set, read once at start.

    Each field declares its variable. ``policy`` holds the lifetimes and limits that ``core.policy``
    declares. The table in ``docs/operations.md`` is made from both.
    """

    environment: str = declared(
        "ENV",
        values.one_of("production", "development", "testing"),
        "production",
        "`development` serves loopback addresses only and has a default secret; `make run` sets it."
        " `testing` serves loopback addresses only and accepts a hash profile that protects nothing",
    )
    database_url: str = declared(
        "DATABASE_URL",
        database_url,
        "",
        "`sqlite:////absolute/path` or `postgresql://user:password@host/database`. Several hosts are"
        " given as `?host=a:5432&host=b:5432`; `options`, `sslmode` and the like are those of libpq."
        " `instance/` is in the checkout, or, with the wheel, in the working directory",
        secret=True,
        shown="SQLite in `instance/`, which is created",
    )
    database_connection_seconds: int = declared(
        "DATABASE_CONNECTION_SECONDS",
        values.at_least(1),
        "60",
        "the longest time that one connection to PostgreSQL is used",
    )
    replica_url: str = declared(
        "REPLICA_URL",
        replica_url,
        "",
        "a streaming standby of PostgreSQL near this machine. `/verify` and `/oauth2/introspect` read"
        " there first; what it refuses is asked again at the primary ([scaling.md](scaling.md))",
        secret=True,
    )
    replica_lag_seconds: int = declared(
        "REPLICA_LAG_SECONDS",
        values.at_least(1),
        "2",
        "a replica that may be further behind is passed over. So long may a token that has ended still be"
        " accepted through a replica",
    )
    secret_keys: tuple[str, ...] = declared(
        "SECRET_KEYS",
        values.secrets,
        "",
        "wraps the signing keys in the database. Newest first, separated by commas; each has at least"
        f" {values.MIN_SECRET_LENGTH} random characters. Words, patterns and placeholders are refused",
        secret=True,
        by_environment=True,
    )
    bind: str = declared(
        "BIND",
        values.bind_in,
        "127.0.0.1:8000",
        "`ADDRESS:PORT` or `unix:PATH`. A UNIX socket has no client addresses, so it needs"
        " `WATCHWORD_TRUSTED_PROXIES`",
        by_environment=True,
    )
    socket_mode: int = declared(
        "SOCKET_MODE",
        values.socket_mode,
        "0600",
        "who may connect to a UNIX socket: `0600` the owner, `0660` the group too, `0666` everybody",
        shown="`0600`",
    )
    workers: int = declared(
        "WEB_CONCURRENCY",
        values.at_least(1),
        lambda: str(usable_cores()),
        "worker processes. The default counts the cores that this process may use, and obeys the"
        " limit of its control group",
        prefix="",
        shown="one per core",
    )
    threads: int = declared(
        "THREADS",
        values.at_least(2),
        "12",
        "threads of one worker for requests that may wait; more than hashing slots and hashing queue"
        " together",
    )
    keepalive_seconds: int = declared(
        "KEEPALIVE_SECONDS",
        values.at_least(1),
        "75",
        "how long a connection without a request stays open. Make it longer than the gateway's own"
        " limit, so that the gateway closes first",
    )
    trusted_proxies: tuple[Network, ...] = declared(
        "TRUSTED_PROXIES",
        values.networks,
        "",
        "addresses or networks, separated by commas, whose `X-Forwarded-For` and `X-Forwarded-Proto`"
        " are believed",
    )
    issuer: str = declared("ISSUER", str, "watchword", "the claim `iss` of the JWTs")
    jwt_algorithm: str = declared(
        "JWT_ALGORITHM",
        values.one_of(*ALGORITHMS),
        "HS256",
        "or `EdDSA`, `ES256`, `RS256`, whose public keys are at `/.well-known/jwks.json`",
    )
    argon2_profile: str = declared(
        "ARGON2_PROFILE",
        values.argon2_profile,
        "owasp",
        f"{_profile('owasp')}; or `rfc9106-low`: {_profile('rfc9106-low')}. A password is hashed again at"
        " its next login",
        by_environment=True,
    )
    login_banner: str = declared(
        "LOGIN_BANNER", str, "", "`login_banner` of the AAA dialect", shown="empty"
    )
    registration: str = declared(
        "REGISTRATION",
        values.one_of("open", "clients", "closed"),
        "open",
        "who may register users at `POST /user`: `open`, every client id; `clients`, those in"
        " `WATCHWORD_REGISTRATION_CLIENTS`; `closed`, nobody",
    )
    registration_clients: frozenset[str] = declared(
        "REGISTRATION_CLIENTS",
        values.client_ids,
        "",
        "client ids for `clients`, separated by commas. Name confidential clients: anybody can send the"
        " id of a public one",
    )
    console: bool = declared(
        "CONSOLE",
        values.on_or_off,
        "off",
        "`on` serves the operator's pages at `/console` ([console.md](console.md))",
    )
    console_networks: tuple[Network, ...] = declared(
        "CONSOLE_NETWORKS",
        values.networks,
        "127.0.0.0/8, ::1",
        "addresses or networks, separated by commas, from which the console can be reached. Everybody else"
        " gets the 404 of a service that has none",
    )
    log_level: str = declared(
        "LOG_LEVEL",
        values.one_of("debug", "info", "warning", "error"),
        "info",
        "`debug` (successful reads too), `info`, `warning` or `error`",
    )
    traces: str = declared(
        "TRACES",
        values.traces,
        "off",
        "`otlp` sends traces by OpenTelemetry ([traces.md](traces.md)); needs `requirements-otel.txt`",
    )
    sqlite_synchronous: str = declared(
        "SQLITE_SYNCHRONOUS",
        values.one_of("FULL", "NORMAL"),
        "FULL",
        "`NORMAL` commits faster, and a power cut may lose the last commits",
    )
    policy: Policy
    # Seconds, by ``core.kinds.Lifetime.setting``.
    lifetimes: Mapping[str, int]
    # What was read, and where from.
    stated: tuple[Stated, ...] = dataclasses.field(default=(), repr=False, compare=False)

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
        """Read ``WATCHWORD_*`` and ``WEB_CONCURRENCY``. Raises SettingsError."""
        source = Source(os.environ)
        own = dict(declared_in(cls))
        environment = source.read(own.pop("environment"))
        settings = cls(
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


def all_settings() -> list[Setting]:
    """Every setting, in the order of the documentation."""
    return [setting for _, setting in (*declared_in(Settings), *lifetimes(), *limits())]


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
