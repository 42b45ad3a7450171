"""Audit events: what happened to an identity or a session.

``events`` writes an event in the transaction of the change that it records. ``allowance`` limits how many
events one address may cause. ``listings`` reads them.
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
