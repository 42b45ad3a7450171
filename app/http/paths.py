"""The path that was asked for, to the letter."""

from typing import Any


def asked_path(environ: dict[str, Any]) -> str:
    """werkzeug's own ``Request.path`` drops all slashes but one at its beginning: another URL."""
    path: str = environ["PATH_INFO"]
    return path.encode("latin-1").decode(errors="replace")
