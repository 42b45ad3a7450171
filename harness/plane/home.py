"""The directory of a harness process, and those that killed processes left behind."""

import fcntl
import os
import shutil
import tempfile
import time
from pathlib import Path

MEMORY = Path("/dev/shm")  # noqa: S108, a directory of its own is made in it
PREFIX = "watchword-harness-"
# A process makes its lock right after its directory. One that is younger may have no lock yet.
YOUNG_SECONDS = 60
LOCK = "lock"


class Home:
    """A new private directory, in memory where there is some; gone after ``close``, or an orderly end.

    The process holds a lock (flock) in it. The kernel lets go of the lock however the process ends, so
    the next harness can tell which directories are nobody's. A process id would not say that: it may
    be another process's by then, or one of another container.
    """

    def __init__(self, parent: Path | None = None) -> None:
        parent = parent or (MEMORY if MEMORY.is_dir() else Path(tempfile.gettempdir()))
        remove_left_behind(parent)
        self._directory = tempfile.TemporaryDirectory(
            prefix=PREFIX, dir=parent, ignore_cleanup_errors=True
        )
        self.path = Path(self._directory.name)
        self._lock = os.open(self.path / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
        fcntl.flock(self._lock, fcntl.LOCK_EX)

    def close(self) -> None:
        self._directory.cleanup()
        os.close(self._lock)


def remove_left_behind(parent: Path) -> None:
    """Remove this user's directories that no process holds."""
    for path in parent.glob(f"{PREFIX}*"):
        try:
            status = path.lstat()
            if status.st_uid != os.geteuid() or time.time() - status.st_mtime < YOUNG_SECONDS:
                continue
            lock = os.open(path / LOCK, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        except OSError:
            continue  # another harness was faster, or it is no directory
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            continue
        else:
            shutil.rmtree(path, ignore_errors=True)
        finally:
            os.close(lock)
