"""gunicorn's own lines: whole in a pipe, and whatever became of the stream, master and workers go on."""

import logging
import os
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import TextIO
from unittest.mock import patch

import pytest
from gunicorn.config import Config

from app.http.logs import MAX_LINE_BYTES
from app.http.server_log import ServerLog


@pytest.fixture
def pipe() -> Iterator[tuple[int, TextIO]]:
    reader, writer = os.pipe()
    with os.fdopen(writer, "w") as stream:
        yield reader, stream
        with suppress(OSError):
            os.close(reader)


def log_on(stderr: TextIO | None, errorlog: str = "-", times: int = 1) -> ServerLog:
    """What gunicorn makes when it starts, and sets up again when it is told to reload."""
    config = Config()
    config.set("errorlog", errorlog)
    with patch.object(sys, "stderr", stderr):
        log = ServerLog(config)
        for _ in range(times - 1):
            log.setup(config)
    return log


def test_a_pipe_that_nobody_reads_holds_up_nobody(pipe):
    reader, stream = pipe
    log = log_on(stream)
    for number in range(3000):
        log.info("Booting worker with pid: %s", number)
    lines = os.read(reader, 65_536).splitlines()
    assert 0 < len(lines) < 3000
    assert all(b"Booting worker with pid" in line for line in lines)


def test_a_traceback_is_written_in_pieces_that_stay_whole(pipe):
    reader, stream = pipe
    log_on(stream).error("x" * 3 * MAX_LINE_BYTES)
    assert os.read(reader, 65_536).endswith(b"x" * 3 * MAX_LINE_BYTES + b"\n")


def test_a_reader_that_is_gone_raises_and_prints_nothing(pipe, capsys):
    reader, stream = pipe
    os.close(reader)
    log_on(stream).error("Worker exiting")
    assert capsys.readouterr().err == ""


def test_a_master_without_stderr_goes_on(capsys):
    log_on(None).error("Worker exiting")
    assert capsys.readouterr().err == ""


def test_set_up_again_it_writes_each_line_once(pipe):
    reader, stream = pipe
    log = log_on(stream, times=2)
    log.info("Hang up")
    assert os.read(reader, 65_536).count(b"Hang up") == 1


def test_a_file_that_gunicorn_was_told_to_write_is_written(tmp_path: Path):
    log_on(sys.stderr, str(tmp_path / "log")).info("Starting")
    assert "Starting" in (tmp_path / "log").read_text()
    # gunicorn's loggers are the process's own: the next test would find this file open.
    error_log = logging.getLogger("gunicorn.error")
    for handler in list(error_log.handlers):
        error_log.removeHandler(handler)
        handler.close()
