"""A clock that a test turns. It runs beside the real one at a rate, or is stopped."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager


class Backwards(Exception):
    """The clock would go back, which must be asked for explicitly."""


class VirtualClock:
    """The time of one world, as a NumericDate (seconds since 1970-01-01T00:00:00Z).

    A frozen clock shows exactly what it was set to. A running one adds the real seconds since then,
    times ``rate``.
    """

    def __init__(
        self, now: float | None = None, *, frozen: bool = False, rate: float = 1.0
    ) -> None:
        self._lock = threading.Lock()
        self._skew = threading.local()
        self._base = time.time() if now is None else now
        self._since = time.monotonic()
        self.frozen = frozen
        self.rate = rate

    def now(self) -> float:
        """The time, with the skew of the answer that this thread makes."""
        return self.true_now() + float(getattr(self._skew, "seconds", 0.0))

    def true_now(self) -> float:
        with self._lock:
            return self._now()

    def _now(self) -> float:
        if self.frozen:
            return self._base
        return self._base + (time.monotonic() - self._since) * self.rate

    def turn(
        self,
        *,
        now: float | None = None,
        advance: float = 0.0,
        frozen: bool | None = None,
        rate: float | None = None,
        rewind: bool = False,
    ) -> tuple[float, float]:
        """Set the clock, and say the time before and after. Raises Backwards, and changes nothing then."""
        with self._lock:
            before = self._now()
            after = (before if now is None else now) + advance
            if after < before and not rewind:
                raise Backwards
            self._base, self._since = after, time.monotonic()
            self.frozen = self.frozen if frozen is None else frozen
            self.rate = self.rate if rate is None else rate
            return before, after

    @contextmanager
    def skewed(self, seconds: float) -> Iterator[None]:
        """What this thread does in the block happens so many seconds later, or earlier."""
        self._skew.seconds = seconds
        try:
            yield
        finally:
            self._skew.seconds = 0.0
