"""Sessions: their rows, their tokens, and the state machine that decides whether a token is valid.

``state`` verifies, rotates, touches and ends. ``rows`` reads and writes the table, ``tokens`` reads and
makes tokens, ``grants`` opens sessions after a login, ``endings`` ends what depends on a change, ``nearby``
verifies at a replica. This package proves no passwords or credentials.
"""

from .state import (
    end,
    end_row,
    find,
    restriction,
    rotate,
    seconds_left,
    touch,
    verify,
    verify_restricted,
)

__all__ = [
    "end",
    "end_row",
    "find",
    "restriction",
    "rotate",
    "seconds_left",
    "touch",
    "verify",
    "verify_restricted",
]
