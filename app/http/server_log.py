"""gunicorn's own log lines, on stderr beside ours, and like ours waiting for nobody.

A worker that writes where nobody reads would not begin to serve, and a master would neither replace a
worker nor end.
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
            # A file that gunicorn was told to write is of a class below this.
            if type(handler) is logging.StreamHandler:
                handler.setStream(_Unwaiting(handler.stream))


class _Unwaiting:
    """As much of a text stream as a handler needs. Raises nothing."""

    def __init__(self, stream: TextIO | None) -> None:
        self._write = writer(stream)

    def write(self, text: str) -> None:
        lines = text.encode(errors="backslashreplace")
        with suppress(OSError, ValueError):
            for begin in range(0, len(lines), MAX_LINE_BYTES):
                self._write(lines[begin : begin + MAX_LINE_BYTES])

    def flush(self) -> None:
        """Nothing is kept."""
