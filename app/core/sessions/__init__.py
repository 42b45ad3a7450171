"""The session: its row, its tokens, and the state machine that says whether a token still counts.

``state`` decides: verify, rotate, touch, end. ``rows`` reads and writes the table, ``tokens`` knows what a
token says, ``grants`` what a login is handed, ``endings`` what ends with what. Nobody is proven in here.
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
