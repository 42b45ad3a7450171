"""The cores of this machine: how many there are for us, and which one a new worker gets.

Read from Linux's ``/proc`` and ``/sys``; elsewhere every core counts and none is chosen.
"""

import math
import os
import random
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

PROC = Path("/proc")
CGROUP = Path("/sys/fs/cgroup")


def usable_cores(cgroup: Path = CGROUP) -> int:
    """The cores that this process may run on, or fewer if its container may use less time."""
    affinity = getattr(os, "sched_getaffinity", None)
    cores = len(affinity(0)) if affinity else os.cpu_count() or 1
    quota = _quota(cgroup)
    return cores if quota is None else max(1, min(cores, math.ceil(quota)))


def _quota(cgroup: Path) -> float | None:
    """How many cores' worth of time the control group has: version 2, else version 1."""
    with suppress(OSError, ValueError, ZeroDivisionError):
        limit, period = (cgroup / "cpu.max").read_text().split()
        return None if limit == "max" else int(limit) / int(period)
    with suppress(OSError, ValueError, ZeroDivisionError):
        limit = (cgroup / "cpu" / "cpu.cfs_quota_us").read_text()
        period = (cgroup / "cpu" / "cpu.cfs_period_us").read_text()
        return None if int(limit) < 0 else int(limit) / int(period)
    return None


def least_used_core(ours: Iterable[int] = (), proc: Path = PROC) -> int | None:
    """The core that the fewest of our workers are bound to, then the fewest of other instances.

    ``ours`` are this master's. Those of other instances on this machine are found by their names, so
    that several do not all begin on one core. Among equals one is drawn.
    """
    if not hasattr(os, "sched_getaffinity"):
        return None
    taken, elsewhere = Counter(ours), Counter(_bound_elsewhere(proc))
    load = {core: (taken[core], elsewhere[core]) for core in os.sched_getaffinity(0)}
    return random.choice([core for core in load if load[core] == min(load.values())])  # noqa: S311


def _bound_elsewhere(proc: Path) -> Iterator[int]:
    """The core of every gunicorn process that is bound to one and is no child of this process."""
    me = str(os.getpid())
    for status in proc.glob("[0-9]*/status"):
        with suppress(OSError, ValueError, KeyError):
            fields = dict(line.split(":\t", 1) for line in status.read_text().splitlines())
            if fields["PPid"].strip() != me and _is_gunicorn(status.parent):
                yield int(fields["Cpus_allowed_list"])


def _is_gunicorn(process: Path) -> bool:
    return b"gunicorn" in (process / "cmdline").read_bytes()
