"""Seed documents: customers, clients and users in one transaction, the same rows however often.

``rules`` judges a document, ``existing`` finds what is there already, ``bulk_hashing`` uses all cores.
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
