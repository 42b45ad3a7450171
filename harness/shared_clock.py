"""The test's own clock, moved by time-machine or freezegun, whichever is installed."""

from datetime import datetime
from importlib.util import find_spec
from typing import Any


class NoClockLibrary(ImportError):
    """``clock.share()`` needs one of the two libraries."""


class SharedClock:
    """Patches the clock of this process until ``stop``. Raises NoClockLibrary."""

    def __init__(self) -> None:
        self._move: Any = None
        self._stop: Any = lambda: None
        if find_spec("time_machine") is None and find_spec("freezegun") is None:
            raise NoClockLibrary(
                "clock.share() needs time-machine or freezegun: install one of them"
            )

    def move_to(self, when: datetime) -> None:
        """Show this time, and stop there."""
        if self._move is None:
            self._start(when)
        else:
            self._move(when)

    def _start(self, when: datetime) -> None:
        if find_spec("time_machine") is not None:
            import time_machine

            travel = time_machine.travel(when, tick=False)
            self._move, self._stop = travel.start().move_to, travel.stop
        else:
            import freezegun

            freezer = freezegun.freeze_time(when)
            self._move, self._stop = freezer.start().move_to, freezer.stop

    def stop(self) -> None:
        self._stop()
        self._move = None
