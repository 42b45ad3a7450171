"""Slots for hashing: a number of hashes at once, a number of callers that wait, and a share per network.

Hashing is expensive, and anybody can cause it with a login or a registration. So one network gets at most
half of the slots and of the queue. However many attempts it sends, the other half is left to all others.
"""

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from ..refusals import Refusal, Refused

WAIT_SECONDS = 1.5
RETRY_AFTER_SECONDS = 2


class Slots:
    """The slots of one process, and the places in its queue."""

    def __init__(self, slots: int, queue: int) -> None:
        self._slots = slots
        self._places = slots + queue
        self._freed = threading.Condition()
        # By network. Callers without one are under None, which has no limit of its own.
        self.hashing: Counter[str | None] = Counter()
        self.inside: Counter[str | None] = Counter()

    @contextmanager
    def taken(self, network: str | None) -> Iterator[None]:
        """Hold a slot.

        Raises Refused(BUSY): at once if the queue or the network's share of it is full, or after WAIT_SECONDS
        without a slot.
        """
        with self._freed:
            if not _has_room(self.inside, self._places, network):
                raise Refused(Refusal.BUSY, retry_after=RETRY_AFTER_SECONDS)
            self.inside[network] += 1
        try:
            with self._slot(network):
                yield
        finally:
            with self._freed:
                _release(self.inside, network)

    @contextmanager
    def _slot(self, network: str | None) -> Iterator[None]:
        with self._freed:
            if not self._freed.wait_for(
                lambda: _has_room(self.hashing, self._slots, network), WAIT_SECONDS
            ):
                raise Refused(Refusal.BUSY, retry_after=RETRY_AFTER_SECONDS)
            self.hashing[network] += 1
        try:
            yield
        finally:
            with self._freed:
                _release(self.hashing, network)
                self._freed.notify_all()


def _has_room(taken: "Counter[str | None]", most: int, network: str | None) -> bool:
    share = max(1, most // 2) if network is not None else most
    return taken.total() < most and taken[network] < share


def _release(taken: "Counter[str | None]", network: str | None) -> None:
    taken[network] -= 1
    if not taken[network]:
        del taken[network]
