"""gunicorn's own log lines, on stderr like ours, and without waiting for a reader.

If nobody reads the stream, a blocking write would stop a worker before it serves, and would stop the
master from replacing workers and from ending.
"""

import logging
from contextlib import suppress
from typing import Any, TextIO

from gunicorn.glogging import Logger

from .logs import MAX_LINE_BYTES, writer


class ServerLog(Logger):  # type: ignore[misc]
    """The ``logger_class`` of ``gunicorn.conf.py``."""

    def setup(self, cfg: Any) -> None:
        super().setup(cfg)
        for handler in self.error_log.handlers:
            # Not a subclass: FileHandler writes to a file that the operator named.
            if type(handler) is logging.StreamHandler:
                handler.setStream(_Unwaiting(handler.stream))


class _Unwaiting:
    """The part of a text stream that a logging handler uses. Raises nothing, waits for nothing."""

    def __init__(self, stream: TextIO | None) -> None:
        self._write = writer(stream)

    def write(self, text: str) -> None:
        lines = text.encode(errors="backslashreplace")
        with suppress(OSError, ValueError):
            for begin in range(0, len(lines), MAX_LINE_BYTES):
                self._write(lines[begin : begin + MAX_LINE_BYTES])

    def flush(self) -> None:
        """Nothing is kept."""
