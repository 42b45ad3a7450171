"""The only source of "now". Every expiry is compared with the clock that the ``Core`` was given."""

import datetime
import time
from typing import Protocol


class Clock(Protocol):
    def now(self) -> float:
        """The time as a NumericDate: seconds since 1970-01-01T00:00:00Z."""


def instant(numeric_date: float | None) -> str | None:
    """A NumericDate in UTC, to the second (RFC 3339); None for None."""
    if numeric_date is None:
        return None
    moment = datetime.datetime.fromtimestamp(numeric_date, datetime.UTC)
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")


class SystemClock:
    def now(self) -> float:
        return time.time()


class ManualClock:
    """A clock that moves only by ``advance``, for tests of the exact second of an expiry."""

    def __init__(self, now: float) -> None:
        self._now = now

    def now(self) -> float:
        return self._now

    def advance(self, seconds: float) -> None:
        self._now += seconds
