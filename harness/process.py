"""A harness process, started and stopped by a test run."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from . import service
from .client import Watchword

STOP_SECONDS = 5


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
        # Its log goes to a file: nobody reads a pipe while the tests run, and a full one would stop it.
        with tempfile.TemporaryFile("w+") as said:
            self._process = process = subprocess.Popen(  # noqa: S603, the command of this package
                [*self._command, "--parent", str(os.getpid())],
                env=service.environment(),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=said,
                text=True,
                process_group=0,  # Ctrl-C is for the tests, which stop it afterwards
            )
            assert process.stdout is not None, "it is a pipe"
            line = process.stdout.readline()
            if not line:
                process.communicate()
                said.seek(0)
                raise NotStarted(said.read().strip() or "it ended without a word")
        ready = json.loads(line)
        return Watchword(ready["url"], ready["control"])

    def stop(self) -> None:
        """Ends it, by force if it takes longer than five seconds."""
        process, self._process = self._process, None
        if process is None:
            return
        process.terminate()
        try:
            process.communicate(timeout=STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()

    def __enter__(self) -> Watchword:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()
