"""Which requests may wait: for a password's hash, for their turn to write, for a slow database.

The server asks this for every request. One that does not wait is answered in the event loop, by the
leader; one that may wait goes to a follower.
"""

from collections.abc import Callable
from typing import Any

from .authorization import BASIC_SCHEME, scheme_and_value

READS = ("GET", "HEAD")


def may_wait(environ: dict[str, Any]) -> bool:
    """For SQLite, where reading a row or two takes microseconds: only writes and Basic may wait."""
    if environ["REQUEST_METHOD"] not in READS:
        return True
    header = environ.get("HTTP_AUTHORIZATION")
    return header is not None and scheme_and_value(header)[0] == BASIC_SCHEME


def always(_environ: dict[str, Any]) -> bool:
    """For PostgreSQL, behind a socket: other requests run while one waits for its row."""
    return True


def also_under(
    prefix: str, asked: Callable[[dict[str, Any]], bool]
) -> Callable[[dict[str, Any]], bool]:
    """The same, and every request below ``prefix`` may wait too: its pages read many rows."""

    def may_wait_there(environ: dict[str, Any]) -> bool:
        return asked(environ) or environ["PATH_INFO"].startswith(prefix)

    return may_wait_there
