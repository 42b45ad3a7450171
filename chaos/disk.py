"""A disk that can be filled: a small file system if root may mount one, else a limit on file sizes."""

import resource
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from .servers import Server


@contextmanager
def small_disk() -> Iterator[tuple[Path, Callable[[Server], None], Callable[[Server], None]]]:
    with tempfile.TemporaryDirectory(prefix="watchword-chaos-disk-") as name:
        directory = Path(name)
        mount = ["mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", name]
        if subprocess.run(mount, capture_output=True, check=False).returncode:
            yield (
                directory,
                partial(_limit_files, bytes_=64 * 1024),
                partial(_limit_files, bytes_=-1),
            )
            return
        stone = directory / "stone"

        def fill(_server: Server) -> None:
            with stone.open("wb", buffering=0) as file:
                for size in (65_536, 1024):
                    try:
                        while file.write(b"\1" * size) == size:
                            pass
                    except OSError:
                        continue

        try:
            yield directory, fill, lambda _server: stone.unlink()
        finally:
            subprocess.run(["umount", name], check=True)


def _limit_files(server: Server, *, bytes_: int) -> None:
    for pid in server.workers():
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (bytes_, resource.RLIM_INFINITY))
