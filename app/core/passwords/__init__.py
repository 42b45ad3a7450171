"""Passwords: Argon2id in a bounded number of threads, and the policy for new ones.

Nothing in here knows whose password it is, and nothing reads the database.
"""

from .passwords import (
    HASHING_NICENESS,
    MAX_ENCODED_LENGTH,
    MAX_MEMORY_KIB,
    MAX_PARALLELISM,
    MAX_TIME_COST,
    MAX_TYPED_LENGTH,
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
