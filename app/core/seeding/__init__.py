"""Seed documents add customers, clients and users in one transaction. To run one again changes nothing.

``rules`` checks a document, ``existing`` finds which of its rows exist already, ``bulk_hashing`` hashes
passwords on all cores, in processes that end with the command (``children``).
"""

from .seeding import (
    Counts,
    NewKey,
    Plan,
    plan,
    write,
)

__all__ = [
    "Counts",
    "NewKey",
    "Plan",
    "plan",
    "write",
]
