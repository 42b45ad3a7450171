"""The test's own clock, moved by time-machine or freezegun, whichever is installed."""

from collections.abc import Callable
from datetime import datetime
from importlib.util import find_spec
from typing import Any


class NoClockLibrary(ImportError):
    """``clock.share()`` needs one of the two libraries."""


class SharedClock:
    """Patches the clock of this process until ``stop``. Raises NoClockLibrary."""

    def __init__(self) -> None:
        self._stop: Callable[[], object] | None = None
        self._start = _time_machine if find_spec("time_machine") else _freezegun
        if find_spec("time_machine") is None and find_spec("freezegun") is None:
            raise NoClockLibrary(
                "clock.share() needs time-machine or freezegun: install one of them"
            )

    def show(self, when: datetime, *, frozen: bool) -> None:
        """Show this time; stand there, or go on from it in real time."""
        self.stop()
        patch = self._start(when, frozen)
        patch.start()
        self._stop = patch.stop

    def stop(self) -> None:
        """Give the process its own clock back."""
        stop, self._stop = self._stop, None
        if stop is not None:
            stop()


def _time_machine(when: datetime, frozen: bool) -> Any:
    import time_machine

    return time_machine.travel(when, tick=not frozen)


def _freezegun(when: datetime, frozen: bool) -> Any:
    import freezegun

    return freezegun.freeze_time(when, tick=not frozen)
