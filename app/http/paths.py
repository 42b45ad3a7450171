"""The path of a request, exactly as it was sent."""

from typing import Any


def asked_path(environ: dict[str, Any]) -> str:
    """The path; werkzeug's ``Request.path`` reduces several slashes at its start to one, another URL."""
    path: str = environ["PATH_INFO"]
    return path.encode("latin-1").decode(errors="replace")
