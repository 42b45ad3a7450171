"""Which requests may wait for something: a password's hash, their turn to write, a slow database.

The server asks this of every parsed head; a request that does not wait is answered in its event loop.
"""

from typing import Any

from .credentials import BASIC_SCHEME, scheme_and_value

READS = ("GET", "HEAD")


def may_wait(environ: dict[str, Any]) -> bool:
    """Where reading a row or two is done in microseconds, as in SQLite."""
    if environ["REQUEST_METHOD"] not in READS:
        return True
    header = environ.get("HTTP_AUTHORIZATION")
    return header is not None and scheme_and_value(header)[0] == BASIC_SCHEME


def always(_environ: dict[str, Any]) -> bool:
    """Where the database is behind a socket: others run while a request waits for its row."""
    return True
