"""Settings, read from the environment once and validated as a whole.

Every fault is reported at once, by variable name, so that an operator mends them in one go. Secrets
have no default outside development; the development default is refused everywhere else.
"""

import dataclasses
import ipaddress
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from environs import Env, EnvError
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from app.core.jwt import ALGORITHMS
from app.core.passwords import MAX_TYPED_LENGTH, PROFILES
from app.core.policy import Policy
from app.http.addresses import Network

ROOT = Path(__file__).resolve().parent

# Printed here for all to read, and so good for nothing but a demonstration on loopback.
DEVELOPMENT_SECRET = "watchword-development-secret-known-to-everybody"
MIN_SECRET_LENGTH = 32


class SettingsError(Exception):
    """What is wrong with the environment, one fault a line."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Settings:
    """Everything an operator may set; ``docs/operations.md`` has the table."""

    environment: str
    database_url: str
    secret_keys: tuple[str, ...] = dataclasses.field(repr=False)
    bind: str
    workers: int
    threads: int
    trusted_proxies: tuple[Network, ...]
    policy: Policy
    argon2_profile: str
    jwt_algorithm: str
    issuer: str
    login_banner: str
    log_level: str
    sqlite_synchronous: str

    @property
    def development(self) -> bool:
        return self.environment == "development"

    @classmethod
    def from_environment(cls) -> "Settings":
        """Read ``WATCHWORD_*``. Raises SettingsError."""
        env = Env()
        faults: list[str] = []

        def read(
            name: str, parse: Callable[[str], Any], default: str, prefix: str = "WATCHWORD_"
        ) -> Any:
            try:
                return parse(env.str(prefix + name, default))
            except (EnvError, ValueError) as error:
                faults.append(f"{prefix}{name}: {error}")
                return None

        environment = read("ENV", _one_of("production", "development"), "production")
        development = environment == "development"
        policy = _policy(read)
        threads = read("THREADS", _at_least(2), "12")
        settings = cls(
            environment=environment,
            database_url=read("DATABASE_URL", _database_url, ""),
            secret_keys=read(
                "SECRET_KEYS",
                _development_secrets if development else _secrets,
                DEVELOPMENT_SECRET if development else "",
            ),
            bind=read("BIND", _loopback if development else _bind, "127.0.0.1:8000"),
            workers=read("WEB_CONCURRENCY", _at_least(1), str(os.cpu_count() or 1), prefix=""),
            threads=threads,
            trusted_proxies=read("TRUSTED_PROXIES", _networks, ""),
            policy=policy,
            argon2_profile=read("ARGON2_PROFILE", _one_of(*PROFILES), "owasp"),
            jwt_algorithm=read("JWT_ALGORITHM", _one_of(*ALGORITHMS), "HS256"),
            issuer=read("ISSUER", str, "watchword"),
            login_banner=read("LOGIN_BANNER", str, ""),
            log_level=read("LOG_LEVEL", _one_of("debug", "info", "warning", "error"), "info"),
            sqlite_synchronous=read("SQLITE_SYNCHRONOUS", _one_of("FULL", "NORMAL"), "FULL"),
        )
        if not faults and threads <= policy.hashing_slots + policy.hashing_queue:
            faults.append(
                "WATCHWORD_THREADS: must exceed HASHING_SLOTS + HASHING_QUEUE, or logins could"
                " take every thread from token verification"
            )
        if not faults and policy.password_max_length > MAX_TYPED_LENGTH:
            faults.append(f"WATCHWORD_PASSWORD_MAX_LENGTH: must be at most {MAX_TYPED_LENGTH}")
        if faults:
            raise SettingsError("\n".join(faults))
        return settings


def _policy(read: Callable[..., Any]) -> Policy:
    fields = dataclasses.fields(Policy)
    return Policy(
        **{
            field.name: read(
                field.name.upper(),
                _at_least(0 if field.name in ("refresh_grace_seconds", "hashing_queue") else 1),
                str(field.default),
            )
            for field in fields
        }
    )


def _at_least(least: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        if not (text.isascii() and text.isdigit() and least <= int(text) < 2**31):
            raise ValueError(f"must be a whole number of at least {least}")
        return int(text)

    return parse


def _one_of(*choices: str) -> Callable[[str], str]:
    def parse(text: str) -> str:
        if text not in choices:
            raise ValueError(f"must be one of {', '.join(choices)}")
        return text

    return parse


def _database_url(text: str) -> str:
    """SQLite in a file, or PostgreSQL through psycopg 3 however the URL spells it."""
    try:
        url = make_url(text or f"sqlite:///{ROOT / 'instance' / 'watchword.sqlite3'}")
    except ArgumentError:
        raise ValueError("is not a database URL") from None
    if url.drivername in ("postgres", "postgresql", "postgresql+psycopg"):
        return url.set(drivername="postgresql+psycopg").render_as_string(hide_password=False)
    if url.drivername == "sqlite":
        if not url.database or url.database == ":memory:":
            raise ValueError("SQLite needs a file: the workers share it")
        return str(url)
    raise ValueError("must be sqlite:///… or postgresql://…")


def _development_secrets(text: str) -> tuple[str, ...]:
    return tuple(part for part in text.split(",") if part)


def _secrets(text: str) -> tuple[str, ...]:
    keys = tuple(part.strip() for part in text.split(",") if part.strip())
    if not keys:
        raise ValueError("is missing; make one with: openssl rand -base64 48")
    if DEVELOPMENT_SECRET in keys:
        raise ValueError("is the development default, which everybody knows")
    if any(len(key) < MIN_SECRET_LENGTH or len(set(key)) < 8 for key in keys):
        raise ValueError(f"every key needs at least {MIN_SECRET_LENGTH} random characters")
    return keys


def _bind(text: str) -> str:
    host, _, port = text.rpartition(":")
    if text.startswith("unix:") and len(text) > len("unix:"):
        return text
    if not host or not port.isdigit():
        raise ValueError("must be ADDRESS:PORT or unix:PATH")
    return text


def _loopback(text: str) -> str:
    host = _bind(text).rpartition(":")[0].strip("[]")
    try:
        loopback = host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        loopback = text.startswith("unix:")
    if not loopback:
        raise ValueError("WATCHWORD_ENV=development serves loopback addresses only")
    return text


def _networks(text: str) -> Sequence[Network]:
    parts = [part.strip() for part in text.split(",") if part.strip()]
    return tuple(ipaddress.ip_network(part) for part in parts)
