"""The keys for sealed tokens, JWTs and password peppers. The database keeps them encrypted (wrapped).

Each process holds the unwrapped keys in a ``Keyring``. This package changes no session: ``upkeep`` ends the
sessions of a retired key.
"""

from .keys import (
    Keys,
)

__all__ = [
    "Keys",
]
