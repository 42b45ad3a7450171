"""What must be right about the machine before the server starts, beside its settings and database."""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from config import NO_ADDRESSES, Settings
from config_values import is_loopback

METRICS_DIRECTORY = "PROMETHEUS_MULTIPROC_DIR"


def refused_address(settings: Settings, addresses: Iterable[Any]) -> str | None:
    """Why the service may not listen at one of these, which are as the socket module has them."""
    for address in addresses:
        if isinstance(address, str | bytes):
            if not settings.trusted_proxies:
                return f"{_shown(address)}: {NO_ADDRESSES}"
        elif isinstance(address, tuple) and settings.loopback_only and not is_loopback(address[0]):
            environment = settings.environment
            return f"{address[0]}: WATCHWORD_ENV={environment} serves loopback addresses only"
    return None


def _shown(path: str | bytes) -> str:
    return f"unix:{path.decode(errors='replace') if isinstance(path, bytes) else path}"


def refused_directory() -> str | None:
    """Why the directory that prometheus_client may be told of is none.

    Watchword's own metrics need no directory, but who names one expects that it is there and private.
    """
    path = os.environ.get(METRICS_DIRECTORY, "").strip()
    if not path:
        return None
    unset = "the metrics need none: unset it"
    if not Path(path).is_dir():
        return f"{METRICS_DIRECTORY}: {path} is no directory; {unset}"
    if Path(path).stat().st_uid != os.geteuid():
        return f"{METRICS_DIRECTORY}: {path} belongs to another user; {unset}"
    return None
