"""Which events to list."""

from typing import NamedTuple

from ..audit import Event


class EventFilter(NamedTuple):
    """Which events to list: those that meet every condition that is set.

    ``address`` is a client address; an IPv6 address stands for its /64. ``since`` and ``until`` are
    NumericDates: from ``since``, and before ``until``.
    """

    event: Event | None = None
    user_id: int | None = None
    address: str | None = None
    dialect: str | None = None
    since: float | None = None
    until: float | None = None
