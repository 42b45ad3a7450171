"""The signing keys: wrapped in the database, held by each process as a ring, for seals, JWTs and peppers.

What a rotation means for sessions stands in ``upkeep``; no session is touched in here.
"""

from .keys import (
    Keys,
)

__all__ = [
    "Keys",
]
