"""How the text of a setting becomes its value. Every function raises ValueError with the reason.

A reason never quotes a secret: it is printed where the service refuses to start.
"""

import importlib
import ipaddress
import os
import re
from collections.abc import Callable, Sequence

from ..core.guessing import guessable
from ..core.passwords import PROFILES
from ..http.addresses import Network

# Everybody can read it here, so it is good only for a demonstration on loopback.
DEVELOPMENT_SECRET = "watchword-development-secret-known-to-everybody"
MIN_SECRET_LENGTH = 32
# Without addresses, every limit per address would count all clients as one.
NO_ADDRESSES = (
    "a UNIX socket has no client addresses; name the proxies that send X-Forwarded-For in"
    " WATCHWORD_TRUSTED_PROXIES (127.0.0.1 where the proxy on the socket is the only one)"
)
BINDS = "must be ADDRESS:PORT with a port from 1 to 65535, or unix:PATH"


def at_least(least: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        # The length first: Python refuses to read a number of thousands of digits.
        if not (
            text.isascii() and text.isdigit() and len(text) <= 10 and least <= int(text) < 2**31
        ):
            raise ValueError(f"must be a whole number of at least {least}")
        return int(text)

    return parse


def one_of(*choices: str) -> Callable[[str], str]:
    def parse(text: str) -> str:
        if text not in choices:
            raise ValueError(f"must be one of {', '.join(choices)}")
        return text

    return parse


def traces(text: str) -> str:
    """The optional packages are looked for where they are wanted, and nowhere else."""
    if one_of("off", "otlp")(text) == "otlp":
        try:
            importlib.import_module("opentelemetry.exporter.otlp.proto.http")
            importlib.import_module("opentelemetry.sdk.trace")
        except ImportError:
            raise ValueError(
                "otlp needs: pip install -r requirements-otel.txt (of the wheel: the extra otel)"
            ) from None
        protocol = os.environ.get("OTEL_EXPORTER_OTLP_PROTOCOL") or "http/protobuf"
        protocol = os.environ.get("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL") or protocol
        if protocol != "http/protobuf":
            raise ValueError(
                "otlp sends http/protobuf, and OTEL_EXPORTER_OTLP_PROTOCOL says otherwise"
            )
    return text


def client_ids(text: str) -> frozenset[str]:
    """Separated by commas."""
    return frozenset(part.strip() for part in text.split(",") if part.strip())


def argon2_profile(environment: str | None) -> Callable[[str], str]:
    """Profiles that protect nothing are refused in production."""

    def parse(text: str) -> str:
        if environment == "production" and text in PROFILES and text.endswith("-tests-only"):
            raise ValueError(f"{text} protects no password; it needs WATCHWORD_ENV=testing")
        return one_of(*PROFILES)(text)

    return parse


def secrets(environment: str | None) -> Callable[[str], tuple[str, ...]]:
    """Newest first, separated by commas or, in a file, by lines. Development has a default."""

    def parse(text: str) -> tuple[str, ...]:
        keys = tuple(part.strip() for part in re.split(r"[,\n]", text) if part.strip())
        if environment == "development":
            return keys or (DEVELOPMENT_SECRET,)
        if not keys:
            raise ValueError("is missing; make one with: openssl rand -base64 48")
        if DEVELOPMENT_SECRET in keys:
            raise ValueError("is the development default, which everybody knows")
        if any(len(key) < MIN_SECRET_LENGTH or len(set(key)) < 8 for key in keys):
            raise ValueError(f"every key needs at least {MIN_SECRET_LENGTH} random characters")
        if any(map(guessable, keys)):
            raise ValueError("a key can be guessed; make one with: openssl rand -base64 48")
        return keys

    return parse


def bind(text: str) -> str:
    if text.startswith("unix:") and len(text) > len("unix:"):
        return text
    host, _, port = text.rpartition(":")
    plain = host and not any(c.isspace() or c == "," for c in host)
    bracketed = ":" not in host or (host.startswith("[") and host.endswith("]"))
    if not (plain and bracketed and port.isascii() and port.isdigit() and len(port) <= 5):
        raise ValueError(BINDS)
    if not 1 <= int(port) <= 65_535:
        raise ValueError(BINDS)
    return text


def is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def bind_in(environment: str | None) -> Callable[[str], str]:
    """An address to bind; in development and in tests one that only this machine reaches."""
    if environment not in ("development", "testing"):
        return bind

    def parse(text: str) -> str:
        if not bind(text).startswith("unix:") and not is_loopback(text.rpartition(":")[0]):
            raise ValueError(f"WATCHWORD_ENV={environment} serves loopback addresses only")
        return text

    return parse


def socket_mode(text: str) -> int:
    if text not in ("0600", "0660", "0666"):
        raise ValueError("must be 0600 (the owner), 0660 (the group too) or 0666 (everybody)")
    return int(text, 8)


def on_or_off(text: str) -> bool:
    return one_of("off", "on")(text) == "on"


def networks(text: str) -> Sequence[Network]:
    parts = [part.strip() for part in text.split(",") if part.strip()]
    return tuple(ipaddress.ip_network(part) for part in parts)
