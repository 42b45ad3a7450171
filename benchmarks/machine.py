"""The machine of the figures, and what the kernel tells of a process."""

import importlib.metadata
import os
import platform
import sqlite3
import time
from datetime import UTC, datetime
from pathlib import Path

ALL_CORES = sorted(os.sched_getaffinity(0))
SERVER_CORES = {ALL_CORES[0]}
LOAD_CORES = {ALL_CORES[-1]}
TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
PACKAGES = ("gunicorn", "flask", "werkzeug", "sqlalchemy", "psycopg", "argon2-cffi")


def facts() -> dict[str, object]:
    """Versions and sizes for the results. Nothing identifies the machine or its owner."""
    processor = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        platform.machine(),
    )
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {
        "taken_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "processor": processor,
        "cores": len(ALL_CORES),
        "memory_gib": round(memory / 2**30, 1),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        **{name: importlib.metadata.version(name) for name in PACKAGES},
    }


def processes(pid: int) -> list[int]:
    """A process and everything it started."""
    found = [pid]
    try:
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in (task / "children").read_text().split():
                found += processes(int(child))
    except OSError:
        pass  # it ended while we looked
    return found


def cpu_seconds(pid: int) -> float:
    """User and system time of a process and its children so far (proc(5), fields 14 and 15)."""
    ticks = 0
    for one in processes(pid):
        try:
            fields = Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        ticks += int(fields[11]) + int(fields[12])
    return ticks / TICKS_PER_SECOND


def pss_mib(pid: int) -> float:
    """Proportional set size in memory: private pages, and a share of the shared ones."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) / 1024
    raise RuntimeError("the kernel tells no PSS")


def stolen_seconds() -> float:
    """Processor time that the hypervisor gave to others, on all cores."""
    return int(Path("/proc/stat").read_text().split()[8]) / TICKS_PER_SECOND


def settle(seconds: float = 0.3) -> None:
    """Wait until the effects of the last run are over."""
    time.sleep(seconds)
