"""What the URL of a database says: the driver's arguments, and the addresses of its hosts."""

import re
import time
from typing import Any

import psycopg
from psycopg.conninfo import make_conninfo
from sqlalchemy import URL

from .resolving import addresses, is_address


def arguments(url: URL) -> dict[str, Any]:
    """The arguments for the driver. Raises ValueError, whose text holds no secret."""
    try:
        _, found = url.get_dialect()().create_connect_args(url)
    except Exception:
        raise ValueError("is not a database URL: hosts, ports and options do not fit") from None
    found.pop("context", None)
    if url.get_backend_name() != "postgresql":
        return dict(found)
    hosts = str(found.get("host", "")).split(",")
    for port in str(found.get("port", "")).split(","):
        if port and not (port.isascii() and port.isdigit() and 0 < int(port) < 2**16):
            raise ValueError("names a port that is not one of 1 to 65535")
    # SQLAlchemy reads port 0 as no port.
    said = url.normalized_query.get("host", ())
    zero = any(re.search(r":0+$", host) and not is_address(host) for host in said)
    if zero or any(":" in host and not is_address(host) for host in hosts):
        raise ValueError("names a port that is not one of 1 to 65535")
    try:
        make_conninfo(**found)
    except psycopg.ProgrammingError:
        raise ValueError("has an option that PostgreSQL's clients do not know") from None
    # Among several hosts, the one that takes writes.
    if len(hosts) > 1:
        found.setdefault("target_session_attrs", "read-write")
    return dict(found)


def places(chosen: dict[str, Any], until: float) -> list[dict[str, Any]]:
    """Every address of every host, each as arguments of its own.

    ``until`` ends the questions for addresses (of ``time.monotonic``). Raises psycopg.OperationalError if no
    host has any.
    """
    hosts = str(chosen.get("host", "")).split(",")
    ports = str(chosen.get("port", "")).split(",")
    found: list[dict[str, Any]] = []
    for number, host in enumerate(hosts):
        port = ports[number] if len(ports) == len(hosts) else ports[0]
        # For arguments that are missing here, libpq reads its environment.
        place = {name: value for name, value in (("host", host), ("port", port)) if value}
        if not host or host.startswith(("/", "@")) or "hostaddr" in chosen:
            found.append(place)
            continue
        known = addresses(host, until - time.monotonic())
        found += [place | {"hostaddr": address} for address in known]
    if not found:
        raise psycopg.OperationalError("no host by that name")
    return found
