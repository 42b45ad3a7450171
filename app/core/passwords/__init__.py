"""Passwords: hashing with Argon2id in a bounded number of threads, and the rules for new passwords.

``foreign`` has the hashes that other systems made. This package does not know whose password it hashes,
and never asks the database.
"""

from .passwords import (
    HASHING_NICENESS,
    MAX_ENCODED_LENGTH,
    MAX_MEMORY_KIB,
    MAX_PARALLELISM,
    MAX_TIME_COST,
    MAX_TYPED_LENGTH,
    NATIVE,
    PROFILES,
    Cost,
    Passwords,
    acceptable_hash,
    common_passwords,
    normalized,
    peppered,
    same,
    unacceptable,
)

__all__ = [
    "HASHING_NICENESS",
    "MAX_ENCODED_LENGTH",
    "MAX_MEMORY_KIB",
    "MAX_PARALLELISM",
    "MAX_TIME_COST",
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
