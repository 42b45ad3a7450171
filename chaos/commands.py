"""The operator's commands, ``flask --app wsgi …``, on a database of a scenario."""

import subprocess
import sys
from pathlib import Path

from config import ROOT

from .servers import environment


def command(url: str, *words: str | Path) -> "subprocess.Popen[str]":
    """Start a command. Its output and errors are one stream."""
    return subprocess.Popen(
        [sys.executable, "-m", "flask", "--app", "wsgi", *map(str, words)],
        cwd=ROOT,
        env=environment(url),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def finished(process: "subprocess.Popen[str]") -> str:
    """What the command has told at its end, with its exit status if that is not 0."""
    told, _ = process.communicate(timeout=1_200)
    return told if process.returncode == 0 else f"exit {process.returncode}: {told}"
