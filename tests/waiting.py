"""How tests wait: for a condition, up to a deadline, and never for a fixed time."""

import socket
import subprocess
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .forked import Forked


def wait_until(
    condition: Callable[[], object],
    seconds: float = 20.0,
    *,
    process: "subprocess.Popen[bytes] | Forked | None" = None,
    log: Callable[[], str] = str,
) -> None:
    """Ask until ``condition`` is true.

    Fails with the text of ``log`` at the deadline, or as soon as ``process`` has ended.
    """
    deadline = time.monotonic() + seconds
    while not condition():
        assert process is None or process.poll() is None, f"the process has ended\n{log()}"
        assert time.monotonic() < deadline, f"it does not happen in {seconds} s\n{log()}"
        time.sleep(0.02)


def listens(port: int) -> bool:
    """Whether somebody accepts connections at this port of the loopback address."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
