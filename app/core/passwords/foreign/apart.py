"""Hashes in pure Python (crypt, phpass) run in a process of their own.

They hold the interpreter's lock, in turns of 5 ms each. In a worker, every token check meanwhile would wait
for such a turn. The process starts with the first hash of this kind, and ends with the worker: it reads
until the end of its input. A thread has a process to itself while it computes, so there are at most as many
as hashing slots.
"""

import atexit
import base64
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

from ...refusals import Refusal, Refused

_COMMAND = (sys.executable, "-I", str(Path(__file__).with_name("apart_process.py")))
_idle: "list[subprocess.Popen[bytes]]" = []


def compute(config: str, password: bytes) -> str:
    """The hash of the password as crypt or phpass writes it: with its configuration in front.

    Raises Refused(BUSY) if the process is killed twice in a row.
    """
    question = base64.b64encode(config.encode()) + b" " + base64.b64encode(password) + b"\n"
    for _ in range(2):
        process = _idle.pop() if _idle else _started()
        answer = b""
        with suppress(OSError):
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdin.write(question)
            process.stdin.flush()
            answer = process.stdout.readline()
        if answer.endswith(b"\n"):
            _idle.append(process)
            return answer.decode().rstrip("\n")
        _end(process)
    raise Refused(Refusal.BUSY, retry_after=2)


def idle() -> "list[subprocess.Popen[bytes]]":
    """The processes that compute nothing now."""
    return list(_idle)


def close() -> None:
    """End the processes that compute nothing now. The next hash starts one again."""
    while _idle:
        _end(_idle.pop())


def _started() -> "subprocess.Popen[bytes]":
    # The command is fixed.
    return subprocess.Popen(_COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE)  # noqa: S603


def _end(process: "subprocess.Popen[bytes]") -> None:
    with suppress(OSError):
        process.communicate(timeout=5)


atexit.register(close)
