"""Work in a process of its own."""

import gc
import os
import signal
from collections.abc import Iterator
from concurrent.futures import BrokenExecutor
from multiprocessing.connection import Connection

import psutil
import pytest

from app.cli.ahead import ahead
from app.core.importing import Unreadable


def numbers() -> Iterator[int]:
    yield os.getpid()
    yield from range(1_000)


def broken() -> Iterator[int]:
    yield 1
    raise Unreadable("is no JSON")


def killed() -> Iterator[int]:
    yield 1
    os.kill(os.getpid(), signal.SIGKILL)


def interrupted() -> Iterator[int]:
    os.kill(os.getpid(), signal.SIGINT)
    yield 1


def test_another_process_makes_what_this_one_takes():
    child, *rest = ahead(numbers)
    assert child != os.getpid()
    assert rest == list(range(1_000))
    assert child not in [process.pid for process in psutil.Process().children()]


def test_what_it_raises_is_raised_here():
    items = ahead(broken)
    assert next(items) == 1
    with pytest.raises(Unreadable, match="is no JSON") as raised:
        next(items)
    assert "in broken" in raised.value.__notes__[0], "where it was raised"


def test_a_killed_one_is_no_end_of_the_work():
    items = ahead(killed)
    assert next(items) == 1
    with pytest.raises(BrokenExecutor):
        next(items)


def test_who_takes_no_more_ends_it():
    items = ahead(numbers)
    child = psutil.Process(next(items))
    items.close()
    assert not child.is_running()


def test_an_interrupt_is_left_to_who_takes():
    assert list(ahead(interrupted)) == [1]


def cut_off() -> Iterator[int]:
    yield 1
    (sender,) = (
        found
        for found in gc.get_objects()
        if isinstance(found, Connection) and not found.closed and found.writable
    )
    os.write(sender.fileno(), (1_000).to_bytes(4) + b"a message of a thousand bytes")
    os.kill(os.getpid(), signal.SIGKILL)


def test_one_that_is_killed_in_the_middle_of_a_message_is_no_end_of_the_work():
    items = ahead(cut_off)
    assert next(items) == 1
    with pytest.raises(BrokenExecutor):
        next(items)
