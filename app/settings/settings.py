"""Everything an operator may set: one field a setting.

``config.py`` reads them from the environment. The table in ``docs/operations.md`` is made from the
declarations.
"""

import dataclasses
from collections.abc import Mapping

from ..core.keys.jwt import ALGORITHMS
from ..core.passwords import PROFILES
from ..core.policy import Policy
from ..http.addresses import Network
from ..machine import usable_cores
from . import values
from .database import database_url, replica_url
from .limits import lifetimes, limits
from .setting import Setting, declared, declared_in
from .source import Stated


def _profile(name: str) -> str:
    """The cost of an Argon2 profile, in the words of its parameters."""
    cost = PROFILES[name]
    return f"{cost.memory_cost // 1024} MiB, t={cost.time_cost}, p={cost.parallelism}"


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
        " gets the 404 of a service that has none. A proxy must name its client"
        " ([console.md](console.md#behind-a-proxy))",
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


def all_settings() -> list[Setting]:
    """Every setting, in the order of the documentation."""
    return [setting for _, setting in (*declared_in(Settings), *lifetimes(), *limits())]
