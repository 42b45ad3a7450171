"""Log lines are whole and short. A broken stream raises nothing and blocks nobody."""

import json
import logging
import multiprocessing
import os
import socket
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, TextIO

import pytest
import structlog

from app.http import logs

FORK = multiprocessing.get_context("fork")


def logger(stream: TextIO | None) -> Any:
    """What ``configure`` makes, on this stream."""
    return structlog.wrap_logger(
        logs.Logger(logs.writer(stream)),
        processors=[logs.redact, logs.Fitting(structlog.processors.JSONRenderer())],
        # Not the level that an application of an earlier test configured.
        wrapper_class=structlog.make_filtering_bound_logger(logging.NOTSET),
    )


@pytest.fixture
def pipe() -> Iterator[tuple[int, TextIO]]:
    reader, writer = os.pipe()
    stream = os.fdopen(writer, "w")
    yield reader, stream
    with suppress(OSError):
        os.close(reader)
    stream.close()


def test_a_long_path_is_cut_and_the_rest_of_the_line_is_whole(pipe):
    reader, stream = pipe
    logger(stream).info("request", path="/" + "\U0001f511" * 16_000, status=404, token="hidden")
    line = os.read(reader, 65_536)
    assert len(line) <= logs.MAX_LINE_BYTES
    assert line.endswith(b"\n")
    event = json.loads(line)
    assert (event["event"], event["status"], event["token"]) == ("request", 404, "[redacted]")
    assert event["path"].startswith("/\U0001f511")
    assert event["path"].endswith("…")


def test_a_line_of_nothing_but_short_values_is_cut_too(pipe):
    reader, stream = pipe
    logger(stream).info("many", **{f"field_{number}": "x" for number in range(1000)})
    assert len(os.read(reader, 65_536)) == logs.MAX_LINE_BYTES


def test_the_log_for_people_has_no_control_character_of_a_client():
    written = logs.readable(colors=False)(
        None, "info", {"event": "request", "path": "/\0\x1b[31m\n\u202e\udcffZoë", "status": 404}
    )
    assert r"/\x00\x1b[31m\n\u202e\udcffZoë" in written
    assert written.isprintable()


def write_many(stream: TextIO) -> None:
    log = logger(stream)
    for number in range(300):
        log.info("request", path="/" + "x" * 3900, number=number)
    os._exit(0)


def test_lines_of_several_processes_do_not_run_into_one_another(tmp_path: Path):
    with (tmp_path / "log").open("w") as stream:
        writers = [FORK.Process(target=write_many, args=(stream,)) for _ in range(4)]
        for process in writers:
            process.start()
        for process in writers:
            process.join(30)
    lines = (tmp_path / "log").read_text().splitlines()
    assert len(lines) == 1200
    assert {json.loads(line)["event"] for line in lines} == {"request"}


def test_a_pipe_that_nobody_reads_loses_lines_and_holds_up_nobody(pipe):
    reader, stream = pipe
    log = logger(stream)
    for number in range(1000):
        log.info("request", number=number, path="x" * 1000)
    os.set_blocking(reader, False)
    read = b""
    with suppress(BlockingIOError):
        while piece := os.read(reader, 65_536):
            read += piece
    lines = read.splitlines()
    assert 0 < len(lines) < 1000
    assert [json.loads(line)["number"] for line in lines] == list(range(len(lines)))
    log.info("request", number="the next")
    assert json.loads(os.read(reader, 65_536))["number"] == "the next"
    assert os.get_blocking(stream.fileno()), "what others write to the pipe waits as it did"


def test_a_journal_that_nobody_reads_loses_lines_and_holds_up_nobody():
    journal, ours = socket.socketpair()
    with journal, ours, os.fdopen(os.dup(ours.fileno()), "w") as stream:
        log = logger(stream)
        for number in range(2000):
            log.info("request", number=number, path="x" * 1000)
        first = journal.recv(65_536).splitlines()[0]
        assert json.loads(first)["number"] == 0
        journal.close()
        log.info("request")
        logs.journal_of(stream.fileno(), os.fstat(stream.fileno()).st_ino).close()


def test_a_pipe_whose_reader_is_gone_raises_nothing(pipe):
    reader, stream = pipe
    log = logger(stream)
    os.close(reader)
    log.info("request")


def test_a_full_disk_raises_nothing():
    with Path("/dev/full").open("w") as stream:
        logger(stream).error("request")


def test_a_stream_that_is_closed_or_was_never_there_raises_nothing(tmp_path: Path):
    logger(None).warning("request")
    stream = (tmp_path / "log").open("w")
    log = logger(stream)
    stream.close()
    log.info("request")
    logger(stream).info("request")
