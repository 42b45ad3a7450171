"""Structured logs: one JSON line per event on stderr, or readable lines in development.

No call logs a secret. As a second safeguard, a value whose name looks like a secret's is not printed.
Logging never breaks an answer and never waits for the reader of the stream.
"""

import logging
import os
import socket
import stat
import sys
from collections.abc import Callable, MutableMapping
from contextlib import suppress
from functools import lru_cache
from typing import Any, TextIO

import structlog

SECRET_NAMES = ("password", "token", "secret", "authorization", "cookie", "assertion", "apikey")
# A write of at most PIPE_BUF bytes to a pipe is atomic (POSIX; 4 KiB on Linux), so the lines of several
# workers do not mix.
MAX_LINE_BYTES = 4096

Event = MutableMapping[str, Any]


def configure(level: str, *, development: bool) -> None:
    renderer: Any = (
        readable(colors=bool(sys.stderr) and sys.stderr.isatty())
        if development
        else structlog.processors.JSONRenderer()
    )
    write = writer(sys.stderr)
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            redact,
            Fitting(renderer),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level.upper())),
        logger_factory=lambda *_: Logger(write),
        cache_logger_on_first_use=True,
    )


def readable(*, colors: bool) -> Callable[[Any, str, Event], str]:
    """A renderer for people. It writes no control character: what a client sent cannot steer a terminal."""
    render = structlog.dev.ConsoleRenderer(colors=colors)

    def escaped(logger: Any, method: str, event: Event) -> str:
        for name, value in event.items():
            if isinstance(value, str) and not value.isprintable():
                event[name] = "".join(map(_escaped, value))
        return render(logger, method, event)

    return escaped


def _escaped(character: str) -> str:
    return character if character.isprintable() else character.encode("unicode_escape").decode()


def redact(_logger: Any, _method: str, event: Event) -> Event:
    for name in event:
        if _is_secret(name):
            event[name] = "[redacted]"
    return event


@lru_cache(maxsize=256)
def _is_secret(name: str) -> bool:
    return any(secret in name.lower() for secret in SECRET_NAMES)


class Fitting:
    """A renderer whose lines are at most MAX_LINE_BYTES: the longest values are cut until they fit."""

    def __init__(self, renderer: Callable[[Any, str, Event], str]) -> None:
        self._renderer = renderer

    def __call__(self, logger: Any, method: str, event: Event) -> bytes:
        while True:
            line = self._renderer(logger, method, dict(event)).encode(errors="backslashreplace")
            if len(line) < MAX_LINE_BYTES:
                return line + b"\n"
            name = max(event, key=lambda name: len(str(event[name])))
            text = str(event[name])
            if len(text) < 16:  # many short values; no call of ours writes such a line
                return line[: MAX_LINE_BYTES - 1] + b"\n"
            event[name] = text[: len(text) // 2] + "…"


class Logger:
    """The logger behind structlog, for every level. Raises nothing."""

    def __init__(self, write: Callable[[bytes], Any]) -> None:
        self._write = write

    def msg(self, line: bytes) -> None:
        # A full disk, a reader that is gone, a stream that was closed or is full: the line is lost.
        with suppress(OSError, ValueError):
            self._write(line)

    log = debug = info = warning = error = critical = msg


def writer(stream: TextIO | None) -> Callable[[bytes], Any]:
    """A function that writes a whole line to ``stream`` in one call and does not wait."""
    if stream is None:
        return len
    try:
        number = stream.fileno()
        about = os.fstat(number)
    except (OSError, ValueError, AttributeError):
        return lambda line: stream.write(line.decode())  # not a file descriptor, as in a test
    if stat.S_ISFIFO(about.st_mode):
        number = _unwaiting(number, about.st_ino)
    elif stat.S_ISSOCK(about.st_mode):
        journal = journal_of(number, about.st_ino)
        return lambda line: journal.send(line, socket.MSG_DONTWAIT | socket.MSG_NOSIGNAL)
    return lambda line: os.write(number, line)


@lru_cache(maxsize=4)
def _unwaiting(pipe: int, _inode: int) -> int:
    """The same pipe, opened again, so that O_NONBLOCK is set for this process only."""
    with suppress(OSError):
        return os.open(f"/proc/self/fd/{pipe}", os.O_WRONLY | os.O_NONBLOCK)
    return pipe


@lru_cache(maxsize=4)
def journal_of(number: int, _inode: int) -> socket.socket:
    """The socket that systemd makes of a unit's stderr."""
    return socket.socket(fileno=os.dup(number))
