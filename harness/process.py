"""A harness process, started and stopped by a test run."""

import json
import subprocess
import sys
from pathlib import Path

from . import service
from .client import Watchword


class NotStarted(Exception):
    """The harness did not say that it is ready; the text is what it said instead."""


class Harness:
    """``with Harness() as watchword``: the default world of a process of one's own."""

    def __init__(self, *, seed: Path | None = None, arguments: tuple[str, ...] = ()) -> None:
        command = [sys.executable, "-P", "-m", __package__ or "watchword", "harness", *arguments]
        self._command = [*command, *(("--seed", str(seed)) if seed is not None else ())]
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> Watchword:
        """Raises NotStarted."""
        self._process = process = subprocess.Popen(  # noqa: S603, the command of this package
            self._command,
            env=service.environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert process.stdout is not None, "it is a pipe"
        line = process.stdout.readline()
        if not line:
            raise NotStarted(process.communicate()[1].strip() or "it ended without a word")
        ready = json.loads(line)
        return Watchword(ready["url"], ready["control"])

    def stop(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.terminate()
            process.communicate()

    def __enter__(self) -> Watchword:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()
