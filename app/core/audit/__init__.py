"""Audit events: what happened to an identity or a session, written in the transaction of what it records.

``events`` writes them, ``allowance`` bounds how many one address may cause. ``listings`` reads them.
"""

from .events import (
    MINUTE,
    ONCE_A_DAY,
    Event,
    Origin,
    count,
    once_a_day,
    record,
    record_once_a_day,
)

__all__ = [
    "MINUTE",
    "ONCE_A_DAY",
    "Event",
    "Origin",
    "count",
    "once_a_day",
    "record",
    "record_once_a_day",
]
