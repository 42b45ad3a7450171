"""The addresses of a database's host, found within a limit of time.

The resolver of the system cannot be stopped: while no name server answers, it may take ten seconds and more.
So a thread asks it. Whoever has waited long enough goes on with the addresses that were found last.
"""

import os
import socket
import threading
import time
from contextlib import suppress

# The limit where addresses are known, and where there are none yet, in seconds.
AGAIN_SECONDS = 0.8
AT_FIRST_SECONDS = 2.0

_lock = threading.Lock()
_known: dict[str, list[str]] = {}


class _Question:
    """What is being asked. All who want to know wait for the same answer, until the same moment."""

    def __init__(self, limit: float) -> None:
        self.answered = threading.Event()
        self.until = time.monotonic() + limit


_asked: dict[str, _Question] = {}


def addresses(host: str, seconds: float) -> list[str]:
    """The addresses of a host, after ``seconds`` at most; empty if there are none, or none is known.

    The name servers may say that there is no such host; then nothing that was found before counts. That they
    say nothing, or fail, is no reason to leave a database that is there.
    """
    if is_address(host):
        return [host]
    with _lock:
        question = _asked.get(host)
        if question is None:
            question = _Question(AGAIN_SECONDS if host in _known else AT_FIRST_SECONDS)
            _asked[host] = question
            threading.Thread(
                target=_ask, args=(host, question), name="resolver", daemon=True
            ).start()
    question.answered.wait(max(0.0, min(seconds, question.until - time.monotonic())))
    return _known.get(host, [])


def _ask(host: str, question: _Question) -> None:
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
        _known[host] = [str(each[4][0]) for each in found]
    except socket.gaierror as error:
        if error.errno == socket.EAI_NONAME:
            _known.pop(host, None)
    except (OSError, UnicodeError):
        pass
    finally:
        with _lock:
            _asked.pop(host, None)
        question.answered.set()


def is_address(host: str) -> bool:
    for family in (socket.AF_INET, socket.AF_INET6):
        with suppress(OSError):
            socket.inet_pton(family, host)
            return True
    return False


def _forget_questions() -> None:
    """In a child after a fork: the threads that ask are the parent's, and its lock may be held."""
    global _lock  # noqa: PLW0603, a lock that a thread of the parent holds is never released here
    _lock = threading.Lock()
    _asked.clear()


os.register_at_fork(after_in_child=_forget_questions)
