"""Passwords: hashing with Argon2id in a bounded number of threads, and the rules for new passwords.

``foreign`` has the hashes that other systems made. This package does not know whose password it hashes,
and never asks the database.
"""

from .native import NATIVE, acceptable_hash
from .passwords import (
    HASHING_NICENESS,
    MAX_TYPED_LENGTH,
    PROFILES,
    Cost,
    Passwords,
    common_passwords,
    normalized,
    peppered,
    same,
    unacceptable,
)

__all__ = [
    "HASHING_NICENESS",
    "MAX_TYPED_LENGTH",
    "NATIVE",
    "PROFILES",
    "Cost",
    "Passwords",
    "acceptable_hash",
    "common_passwords",
    "normalized",
    "peppered",
    "same",
    "unacceptable",
]
