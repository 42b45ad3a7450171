"""The thread that measures the replica: it goes on whatever happens, and logs what changes."""

from collections.abc import Iterator

import pytest
import structlog
from structlog.testing import LogCapture

from app.core.upkeep import replica_watch
from app.core.upkeep.replica_watch import ReplicaWatch
from app.store.positions import Reason


class Scripted:
    """A replica whose measurements are given. After the last one the watch is told to stop."""

    every_seconds = 0.0
    reason = Reason.UNMEASURED
    watch: ReplicaWatch

    def __init__(self, *results: Reason | Exception | None) -> None:
        self._results: Iterator[Reason | Exception | None] = iter(results)
        self._left = len(results)

    def measure(self) -> Reason | None:
        self._left -= 1
        if not self._left:
            self.watch.stop()
        result = next(self._results)
        if isinstance(result, Exception):
            raise result
        return result


@pytest.fixture
def logged(monkeypatch):
    """What a watch logs that is given these results, whatever level another test has configured."""

    def run(*results: Reason | Exception | None) -> list[str]:
        capture = LogCapture()
        monkeypatch.setattr(
            replica_watch, "log", structlog.wrap_logger(None, [capture], structlog.BoundLogger)
        )
        replica = Scripted(*results)
        replica.watch = ReplicaWatch(replica)  # type: ignore[arg-type]
        replica.watch.run()
        return [
            " ".join(str(line[it]) for it in ("event", "reason", "error") if it in line)
            for line in capture.entries
        ]

    return run


@pytest.mark.parametrize(
    ("results", "expected"),
    [
        ([None, None], ["replica_in_use"]),
        ([Reason.UNMEASURED], []),
        (
            [None, Reason.LAGGING, Reason.LAGGING, Reason.UNREACHABLE, None],
            [
                "replica_in_use",
                "replica_passed_over lagging",
                "replica_passed_over unreachable",
                "replica_in_use",
            ],
        ),
    ],
)
def test_only_a_change_is_logged(logged, results, expected):
    assert logged(*results) == expected


def test_a_bug_of_ours_ends_no_measuring(logged):
    assert logged(KeyError(), None) == ["replica_unmeasured KeyError", "replica_in_use"]
