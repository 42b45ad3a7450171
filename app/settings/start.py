"""What else must be right before the server starts, apart from settings and database."""

import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from .settings import Settings
from .values import NO_ADDRESSES, is_loopback

# With this exit status gunicorn's master ends too, instead of starting a new worker again and again.
WORKER_BOOT_ERROR = 3

METRICS_DIRECTORY = "PROMETHEUS_MULTIPROC_DIR"


def refused_address(settings: Settings, addresses: Iterable[Any]) -> str | None:
    """Why the service may not listen at one of these addresses of the socket module; None if it may."""
    for address in addresses:
        if isinstance(address, str | bytes):
            if not settings.trusted_proxies:
                return f"{_shown(address)}: {NO_ADDRESSES}"
        elif isinstance(address, tuple) and settings.loopback_only and not is_loopback(address[0]):
            environment = settings.environment
            return f"{address[0]}: WATCHWORD_ENV={environment} serves loopback addresses only"
    return None


def refused_server(worker_class: Any, ours: type, *, has_tls: bool) -> str | None:
    """Why gunicorn may not serve with the options that override its file; None if it may."""
    if not (isinstance(worker_class, type) and issubclass(worker_class, ours)):
        name = getattr(worker_class, "__name__", worker_class)
        return f"worker class {name}: only that of gunicorn.conf.py bounds what a client may hold"
    if has_tls:
        return "certfile, keyfile: TLS is for the proxy in front; this server speaks plain HTTP"
    return None


def refuse_another_configuration() -> None:
    """End a gunicorn that runs without ``gunicorn.conf.py``: none of its settings has been checked."""
    by_gunicorn = os.environ.get("SERVER_SOFTWARE", "").startswith("gunicorn/")
    # That file imports the worker class before anything imports the application.
    if by_gunicorn and "app.serving.worker" not in sys.modules:
        sys.stderr.write("watchword: start it with: gunicorn -c gunicorn.conf.py wsgi:app\n")
        sys.exit(WORKER_BOOT_ERROR)


def _shown(path: str | bytes) -> str:
    return f"unix:{path.decode(errors='replace') if isinstance(path, bytes) else path}"


def refused_directory() -> str | None:
    """Why the directory in PROMETHEUS_MULTIPROC_DIR is refused; None without it, or if it is right.

    Watchword's metrics need no directory, but an operator who names one expects it to exist and to be
    private.
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
