"""Programs of this project, in processes that begin with their libraries loaded.

To load Flask, SQLAlchemy and the other libraries is most of the processor time of a start, and the tests
start some hundred programs. Here each is forked from a process that has done it (``multiprocessing``'s fork
server). All that is the project's own, ``wsgi`` and ``gunicorn.conf.py`` first, is loaded anew, by the
program itself. A test uses ``subprocess`` that is about a start from nothing, an installed package, processes
of ``multiprocessing``, functions of ``atexit``, or Python's own options and variables.
"""

import multiprocessing
import os
import runpy
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from multiprocessing.connection import Connection
from pathlib import Path
from typing import IO

LIBRARIES = (
    "argon2",
    "cryptography.hazmat.primitives.asymmetric.rsa",
    "flask_migrate",
    "flask_sqlalchemy",
    "gunicorn.app.wsgiapp",
    "gunicorn.arbiter",
    "joserfc.jws",
    "joserfc.jwt",
    "marshmallow",
    "psycopg",
    "sqlalchemy.dialects.postgresql.psycopg",
    "sqlalchemy.dialects.sqlite",
    "structlog",
    "werkzeug.serving",
)

_forking = multiprocessing.get_context("forkserver")
_forking.set_forkserver_preload(list(LIBRARIES))


class Forked:
    """A program by the name of its module, as ``python -m`` runs it, or ``-c`` and its text.

    The streams are open files, by default the null device. For ``stdout=subprocess.PIPE`` the attribute
    ``stdout`` is the end to read from, as text. ``environment`` is all that the program gets.
    """

    def __init__(
        self,
        arguments: Sequence[str],
        environment: Mapping[str, str],
        *,
        directory: Path,
        stdin: IO[str] | IO[bytes] | int = subprocess.DEVNULL,
        stdout: IO[str] | IO[bytes] | int = subprocess.DEVNULL,
        stderr: IO[str] | IO[bytes] | int = subprocess.DEVNULL,
    ) -> None:
        self.args = list(arguments)
        self.stdout: IO[str] | None = None
        if stdout == subprocess.PIPE:
            reader, stdout = os.pipe()
            self.stdout = os.fdopen(reader)
            streams = [_duplicate(stream) for stream in (stdin, stdout, stderr)]
            os.close(stdout)
        else:
            streams = [_duplicate(stream) for stream in (stdin, stdout, stderr)]
        self._process = _forking.Process(
            target=_become, args=(self.args, dict(environment), str(directory), streams)
        )
        self._process.start()
        for stream in streams:
            stream.close()
        assert self._process.pid is not None
        self.pid = self._process.pid

    @property
    def returncode(self) -> int | None:
        return self.poll()

    def poll(self) -> int | None:
        """Its exit status, minus the signal that ended it, or None while it runs."""
        return self._process.exitcode

    def wait(self, timeout: float | None = None) -> int:
        """Raises subprocess.TimeoutExpired."""
        self._process.join(timeout)
        status = self.poll()
        if status is None:
            raise subprocess.TimeoutExpired(self.args, timeout or 0)
        return status

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


def run(
    arguments: Sequence[str],
    environment: Mapping[str, str],
    *,
    directory: Path,
    stdin: str = "",
    timeout: float = 60,
) -> subprocess.CompletedProcess[str]:
    """Wait for a program's end, and give what it printed. Raises subprocess.TimeoutExpired."""
    with (
        tempfile.TemporaryFile("w+") as given,
        tempfile.TemporaryFile("w+") as printed,
        tempfile.TemporaryFile("w+") as complained,
    ):
        given.write(stdin)
        given.seek(0)
        program = Forked(
            arguments,
            environment,
            directory=directory,
            stdin=given,
            stdout=printed,
            stderr=complained,
        )
        try:
            status = program.wait(timeout)
        finally:
            program.kill()
        printed.seek(0)
        complained.seek(0)
        return subprocess.CompletedProcess(program.args, status, printed.read(), complained.read())


def _duplicate(stream: IO[str] | IO[bytes] | int) -> Connection:
    """A descriptor in the only kind of object that the fork server takes one in."""
    if stream == subprocess.DEVNULL:
        return Connection(os.open(os.devnull, os.O_RDWR))
    return Connection(os.dup(stream if isinstance(stream, int) else stream.fileno()))


def _become(
    arguments: list[str], environment: dict[str, str], directory: str, streams: list[Connection]
) -> None:
    """Run the program in this process."""
    for number, stream in enumerate(streams):
        os.dup2(stream.fileno(), number)
        stream.close()
    # Those of the fork server know nothing of these files, such as whether they are terminals.
    sys.stdin, sys.stdout, sys.stderr = (
        os.fdopen(n, "w" if n else "r", closefd=False) for n in range(3)
    )
    sys.stderr.reconfigure(line_buffering=True)
    os.setsid()  # no terminal is its own, so it asks for no password there
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(directory)
    sys.path.insert(0, directory)
    tempfile.tempdir = None  # it may have been looked for by what was loaded
    sys.argv = arguments
    if arguments[0] == "-c":
        exec(compile(arguments[1], "<string>", "exec"), {"__name__": "__main__"})
    else:
        runpy.run_module(arguments[0], run_name="__main__", alter_sys=True)
